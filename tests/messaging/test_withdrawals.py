"""Withdrawing a message: its trace stays for both, its words are nobody's any more."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tests.messaging.practice import Pair, Practice
from tests.messaging.test_corrections import correction, set_back, updates, versions

IN_PARALLEL = 20


def withdrawal(pair: Pair, message: dict[str, Any]) -> str:
    return f"{pair.messages}/{message['id']}/withdrawal"


async def test_its_place_stays_and_its_words_go(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        await http.post(versions(pair, sent), json=correction("two"))
        answer = await http.put(withdrawal(pair, sent))
    assert answer.status_code == 201
    assert answer.json()["text"] is None
    assert answer.json()["withdrawn_at"]
    for reader in (pair.client, pair.therapist):
        assert await practice.read(pair, reader) == [answer.json()]
        async with practice.signed_in(reader) as http:
            refused = await http.get(versions(pair, sent))
            assert refused.status_code == 403
            assert "two" not in refused.text


async def test_its_words_stay_sealed_for_the_record(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.arrange() as session:
        before = (await session.execute(text("SELECT sealed_text FROM messages"))).scalar_one()
    async with practice.signed_in(pair.client) as http:
        await http.put(withdrawal(pair, sent))
    async with practice.arrange() as session:
        assert (await session.execute(text("SELECT sealed_text FROM messages"))).scalar_one() == before


async def test_again_changes_nothing(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        first = await http.put(withdrawal(pair, sent))
        await practice.end_care(pair)
        again = await http.put(withdrawal(pair, sent))
        sent_again = await http.put(f"{pair.messages}/{sent['id']}", json={"text": "one"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == sent_again.json()
    assert len(await practice.audited(action="message.withdrawn")) == 1


async def test_it_cannot_be_corrected_any_more(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    async with practice.signed_in(pair.client) as http:
        await http.put(withdrawal(pair, sent))
        answer = await http.post(versions(pair, sent), json=correction("two"))
    assert (answer.status_code, answer.json()["code"]) == (409, "withdrawn")


async def test_after_a_day_it_stays_in_the_record(practice: Practice, pair: Pair) -> None:
    old = await practice.send(pair, pair.client, "one")
    young = await practice.send(pair, pair.client, "two")
    await set_back(practice, old, timedelta(hours=24, seconds=1))
    await set_back(practice, young, timedelta(hours=23, minutes=59))
    async with practice.signed_in(pair.client) as http:
        late = await http.put(withdrawal(pair, old))
        in_time = await http.put(withdrawal(pair, young))
    assert (late.status_code, late.json()["code"], in_time.status_code) == (409, "too_late", 201)
    assert [one["text"] for one in await practice.read(pair, pair.therapist)] == ["one", None]


async def test_only_who_wrote_it_in_an_open_conversation(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "one")
    for person, status in ((pair.therapist, 403), (other_pair.client, 404), (other_pair.therapist, 404)):
        async with practice.signed_in(person) as http:
            assert (await http.put(withdrawal(pair, sent))).status_code == status
    await practice.end_care(pair)
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(withdrawal(pair, sent))).status_code == 403
    assert len(await practice.audited(action="message.withdrawn", outcome="refused")) == 4


async def test_it_is_unread_for_nobody(practice: Practice, pair: Pair) -> None:
    """Before and after the mark; what comes after it is counted as before."""
    first = await practice.send(pair, pair.client, "one")
    await practice.mark(pair, pair.therapist, 1)
    second = await practice.send(pair, pair.client, "two")
    await practice.send(pair, pair.client, "three")
    counts = []
    async with practice.signed_in(pair.therapist) as reader, practice.signed_in(pair.client) as http:
        for message in (first, second):
            await http.put(withdrawal(pair, message))
            counts.append((await reader.get("/api/messaging/unread")).json()["total"])
        assert (await reader.get(pair.path)).json()["unread"] == 1
    assert counts == [2, 1]


async def test_it_comes_to_whoever_follows(committed_practice: Practice, committed_pair: Pair) -> None:
    sent = await committed_practice.send(committed_pair, committed_pair.client, "one")
    async with (
        committed_practice.signed_in(committed_pair.therapist) as http,
        committed_practice.signed_in(committed_pair.client) as client,
    ):
        here = (await updates(http))["next"]
        withdrawn = await client.put(withdrawal(committed_pair, sent))
        page = await updates(http, here)
        assert page["items"] == [withdrawn.json()]
        assert (await updates(http, page["next"]))["items"] == []
        # who has not read it yet never gets its words
        assert (await updates(http, "1:1:"))["items"] == [withdrawn.json()]


async def test_many_times_at_once_is_one(committed_practice: Practice, committed_pair: Pair) -> None:
    sent = await committed_practice.send(committed_pair, committed_pair.client, "one")
    async with committed_practice.signed_in(committed_pair.client) as http:
        path = withdrawal(committed_pair, sent)
        answers = await asyncio.gather(*(http.put(path) for _ in range(IN_PARALLEL)))
    assert Counter(each.status_code for each in answers) == {201: 1, 200: IN_PARALLEL - 1}
    assert len({each.text for each in answers}) == 1
    assert len(await committed_practice.audited(action="message.withdrawn", object_id=UUID(sent["id"]))) == 1


async def test_correcting_and_withdrawing_at_once_leaves_it_withdrawn(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    async with committed_practice.signed_in(committed_pair.client) as http:
        for _ in range(5):
            sent = await committed_practice.send(committed_pair, committed_pair.client, "one")
            corrected, withdrawn = await asyncio.gather(
                http.post(versions(committed_pair, sent), json=correction("two")),
                http.put(withdrawal(committed_pair, sent)),
            )
            assert corrected.status_code in {201, 409}
            assert withdrawn.status_code == 201
            assert (await committed_practice.read(committed_pair, committed_pair.therapist))[-1]["text"] is None
