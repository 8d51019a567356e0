"""Two replicas behind the gateway: what one takes the other delivers; the death of either loses and doubles nothing.

The compose file's own are asked in tests/compose, where an engine answers.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person, TestIssuer

from tests.faults.following import Follower
from tests.faults.reading import every_item
from tests.faults.writing import Ledger, putting, until_written
from tests.messaging.practice import API, KEY, Pair, Practice
from tests.messaging.processes import SOON, Stream
from tests.messaging.replicas import Behind, two_behind_caddy

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def behind(
    settings_values: dict[str, Any], committed: MigratedDatabase, issuer: TestIssuer, tmp_path_factory: Any
) -> Iterator[Behind]:
    folder: Path = tmp_path_factory.mktemp("replicas")
    own = {"database_url": committed.app_url, "client_private_key": KEY, "client_id": "messaging"}
    with two_behind_caddy(settings_values | own, issuer, folder) as running:
        yield running


@asynccontextmanager
async def signed_in(practice: Practice, url: str, person: Person) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {practice.issuer.token(person, 'messaging')}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=SOON) as http:
        yield http


async def test_what_one_replica_takes_the_other_delivers(
    behind: Behind, committed_practice: Practice, committed_pair: Pair
) -> None:
    """Whichever the gateway chooses for the stream, and whichever for the message."""
    pair, people = committed_pair, (committed_pair.client, committed_pair.therapist)
    urls = [behind.url, *(replica.url for replica in behind.replicas)]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(signed_in(committed_practice, url, people[0])) for url in urls]
        therapist = await stack.enter_async_context(signed_in(committed_practice, behind.url, people[1]))
        answers = [await stack.enter_async_context(http.stream("GET", f"{API}/events")) for http in clients]
        streams = [Stream(answer) for answer in answers]
        assert [(await stream.next()).name for stream in streams] == ["hello"] * len(streams)
        texts = [f"{number}" for number in range(12)]
        for text in texts:
            sent = await therapist.put(f"{pair.messages}/{new_id()}", json={"text": text})
            assert sent.status_code == 201
        for stream in streams:
            assert await stream.texts(len(texts)) == texts
    for replica in behind.replicas:
        assert await answered(replica.url) > 0, "the gateway left one out"


async def answered(url: str) -> int:
    """How many messages a replica has stored, by its own count."""
    async with httpx.AsyncClient(base_url=url) as http:
        lines = (await http.get("/metrics")).text.splitlines()
    stored = [line for line in lines if line.startswith("http_requests_total") and 'status="201"' in line]
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in stored)


async def test_the_death_of_either_replica_loses_and_doubles_nothing(
    behind: Behind, committed_practice: Practice, committed_pair: Pair, record_property: Any
) -> None:
    """Killed in the middle of streams and sends; whoever was served by it goes on at the other."""
    pair = committed_pair
    async with (
        signed_in(committed_practice, behind.url, pair.client) as client,
        signed_in(committed_practice, behind.url, pair.therapist) as therapist,
    ):
        # Three of each: all of them at the replica that is not killed would prove nothing.
        followers = [Follower("somebody", http, f"{API}/events") for http in (client, therapist) for _ in range(3)]
        following = [asyncio.create_task(each.follow()) for each in followers]
        await asyncio.gather(*(each.begun.wait() for each in followers))
        ledgers = [Ledger("client"), Ledger("therapist")]
        stop = asyncio.Event()
        sends = [putting(http, f"{pair.messages}/{{}}", lambda text: {"text": text}) for http in (client, therapist)]
        writing = [
            asyncio.create_task(ledger.keep_writing(send, stop)) for ledger, send in zip(ledgers, sends, strict=True)
        ]
        for replica in behind.replicas:
            await until_written(ledgers, 5)
            await asyncio.to_thread(replica.kill)
            await until_written(ledgers, 5)
            await asyncio.to_thread(replica.start_again)
        stop.set()
        await asyncio.gather(*writing)
        sent = {str(written) for ledger in ledgers for written in ledger.acknowledged}
        async with asyncio.timeout(SOON):
            while not all(each.has_heard(sent) for each in followers):  # noqa: ASYNC110  # streams have no event for it
                await asyncio.sleep(0.05)
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        stored = await every_item(client, pair.messages)

    breaks = sum(each.breaks for each in followers)
    record_property(
        "counted", f"two replicas, each killed once: {len(sent)} messages to 6 streams over {breaks} breaks"
    )
    assert breaks > 0, "no stream was at a replica that died"
    assert [ledger.refused for ledger in ledgers] == [[], []]
    assert "500" not in ledgers[0].repeated | ledgers[1].repeated
    assert Counter(item["id"] for item in stored) == Counter(sent)
    assert [item["sequence"] for item in stored] == list(range(1, len(stored) + 1))
    for each in followers:
        assert Counter(message for message, _ in each.heard) == Counter(sent)
        assert all(one < other for (_, one), (_, other) in pairwise(each.heard))
        assert each.refused.total() == 0
