"""What is new since a cursor: nothing missed and nothing twice, in whatever order transactions commit."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_messaging.base import DataKeyRow
from afterglow_messaging.main import create
from afterglow_messaging.messages.schemas import MessageIn
from afterglow_messaging.messages.service import find_key, seal
from afterglow_messaging.messages.storing import STORE, parameters
from afterglow_messaging.settings import Settings
from sqlalchemy import delete, select
from sqlmodel import col

from tests.messaging.practice import API, Pair, Practice

ROUNDS = int(os.environ.get("AFTERGLOW_ROUNDS", "5"))


@pytest_asyncio.fixture(loop_scope="session")
async def pairs(committed_practice: Practice, committed_pair: Pair, other_client: Person) -> list[Pair]:
    """One therapist with two clients."""
    return [committed_pair, await committed_practice.pair_up(other_client, committed_pair.therapist)]


@asynccontextmanager
async def being_sent(practice: Practice, pair: Pair, sender: Person, words: str) -> AsyncIterator[None]:
    """A message that is stored, and committed only at the end of the block."""
    caller = Caller(id=sender.id, role=sender.role, session_id=sender.session_id)
    key = await find_key(practice.database, practice.app.state.keys, caller, pair.conversation_id)
    message = seal(key, caller, new_id(), MessageIn(text=words), sent_at=datetime.now(UTC))
    async with practice.database.unit_of_work(RowContext.of(caller)) as session:
        assert (await session.execute(STORE, parameters(caller, message))).all()
        yield


async def updates(practice: Practice, reader: Person, cursor: str | None = None, **query: Any) -> dict[str, Any]:
    async with practice.signed_in(reader) as http:
        answer = await http.get(f"{API}/updates", params=query | ({"after": cursor} if cursor else {}))
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def everything(
    practice: Practice, reader: Person, cursor: str, limit: int = 200
) -> tuple[list[dict[str, Any]], str]:
    """All that is new, page by page, and the cursor after it."""
    found: list[dict[str, Any]] = []
    while True:
        page = await updates(practice, reader, cursor, limit=limit)
        assert len(page["items"]) <= limit
        found, cursor = found + page["items"], page["next"]
        if not page["more"]:
            return found, cursor


def words(items: list[dict[str, Any]]) -> list[str]:
    return [item["text"] for item in items]


async def test_a_first_question_answers_where_one_stands(committed_practice: Practice, committed_pair: Pair) -> None:
    await committed_practice.send(committed_pair, committed_pair.client, "before")
    page = await updates(committed_practice, committed_pair.therapist)
    assert (page["items"], page["more"]) == ([], False)
    sent = await committed_practice.send(committed_pair, committed_pair.client, "after")
    for reader in (committed_pair.client, committed_pair.therapist):
        items, cursor = await everything(committed_practice, reader, page["next"])
        assert items == [sent]
        assert (await everything(committed_practice, reader, cursor))[0] == []


async def test_what_commits_late_is_new_then_and_only_then(committed_practice: Practice, pairs: list[Pair]) -> None:
    """A stores first, B stores and commits; the reader's cursor is between them, whatever A's numbers say."""
    late, quick = pairs
    therapist = late.therapist
    start = (await updates(committed_practice, therapist))["next"]
    async with being_sent(committed_practice, late, late.client, "A"):
        await committed_practice.send(quick, quick.client, "B")
        items, between = await everything(committed_practice, therapist, start)
        assert words(items) == ["B"]
        assert words((await everything(committed_practice, therapist, between))[0]) == []
    items, after = await everything(committed_practice, therapist, between)
    assert words(items) == ["A"]
    assert (await everything(committed_practice, therapist, after))[0] == []
    assert sorted(words((await everything(committed_practice, therapist, start))[0])) == ["A", "B"]


async def test_what_is_rolled_back_was_never_there(committed_practice: Practice, pairs: list[Pair]) -> None:
    start = (await updates(committed_practice, pairs[0].therapist))["next"]
    with suppress(ZeroDivisionError):
        async with being_sent(committed_practice, pairs[0], pairs[0].client, "never"):
            between = (await updates(committed_practice, pairs[0].therapist, start))["next"]
            raise ZeroDivisionError
    for cursor in (start, between):
        assert (await everything(committed_practice, pairs[0].therapist, cursor))[0] == []


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_any_order_of_stores_commits_and_readings_misses_nothing_and_repeats_nothing(
    committed_practice: Practice, pairs: list[Pair], seed: int
) -> None:
    """Transactions that stay open over each other, read in parts of one to three."""
    chance = random.Random(seed)  # noqa: S311  # a reproducible choice, no secret
    reader, found, expected = pairs[0].therapist, [], Counter[str]()
    cursor = (await updates(committed_practice, reader))["next"]
    is_open: dict[int, AsyncExitStack] = {}
    for step in range(40):
        which = chance.randrange(2)
        if which in is_open and chance.random() < 0.6:
            await is_open.pop(which).aclose()
        elif which not in is_open:
            is_open[which] = AsyncExitStack()
            text = f"{seed}.{step}"
            await is_open[which].enter_async_context(
                being_sent(committed_practice, pairs[which], pairs[which].client, text)
            )
            expected[text] += 1
        if chance.random() < 0.5:
            page = await updates(committed_practice, reader, cursor, limit=chance.randint(1, 3))
            found, cursor = found + words(page["items"]), page["next"]
    for stack in is_open.values():
        await stack.aclose()
    found += words((await everything(committed_practice, reader, cursor, chance.randint(1, 3)))[0])
    assert Counter(found) == expected


async def test_many_senders_and_a_reader_at_once(committed_practice: Practice, pairs: list[Pair]) -> None:
    """The reader asks all the time while twenty messages a round are sent side by side."""
    therapist = pairs[0].therapist
    found, cursor = [], (await updates(committed_practice, therapist))["next"]
    total = 20 * ROUNDS

    async def send_all() -> None:
        for start in range(0, total, 20):
            await asyncio.gather(
                *(
                    committed_practice.send(pairs[number % 2], pairs[number % 2].client, f"{number}")
                    for number in range(start, start + 20)
                )
            )

    sending = asyncio.create_task(send_all())
    while not sending.done():
        items, cursor = await everything(committed_practice, therapist, cursor, limit=7)
        found += words(items)
    await sending
    items, cursor = await everything(committed_practice, therapist, cursor)
    found += words(items)
    assert Counter(found) == Counter(str(number) for number in range(total))


async def test_a_large_catch_up_comes_in_parts_in_the_order_of_each_conversation(
    committed_practice: Practice, pairs: list[Pair]
) -> None:
    therapist = pairs[0].therapist
    cursor = (await updates(committed_practice, therapist))["next"]
    for number in range(6):
        for pair in pairs:
            await committed_practice.send(pair, pair.client, f"{number}")
    first = await updates(committed_practice, therapist, cursor, limit=5)
    assert (len(first["items"]), first["more"]) == (5, True)
    await committed_practice.send(pairs[0], pairs[0].client, "meanwhile")
    rest, _ = await everything(committed_practice, therapist, first["next"], limit=5)
    *parts, meanwhile = first["items"] + rest
    numbered = [(item["conversation_id"], item["sequence"]) for item in parts]
    assert numbered == sorted(numbered)
    assert len(numbered) == 12
    assert words([meanwhile]) == ["meanwhile"]  # no wake-up tells of it again


async def test_an_old_cursor_is_as_good_as_a_new_one(committed_practice: Practice, committed_pair: Pair) -> None:
    """All messages stay in the table: the beginning of the database is a cursor, too."""
    for number in range(3):
        await committed_practice.send(committed_pair, committed_pair.client, f"{number}")
    items, _ = await everything(committed_practice, committed_pair.client, "1:1:", limit=2)
    assert words(items) == ["0", "1", "2"]


async def test_others_messages_are_never_among_them(
    committed_practice: Practice, committed_pair: Pair, other_client: Person, other_therapist: Person
) -> None:
    others = await committed_practice.pair_up(other_client, other_therapist)
    await committed_practice.send(committed_pair, committed_pair.client, "ours")
    for stranger in (others.client, others.therapist):
        assert (await everything(committed_practice, stranger, "1:1:"))[0] == []
        assert await committed_practice.audited(action="messages.read", actor_id=stranger.id) == []


async def test_updates_follow_the_rules_of_care(committed_practice: Practice, committed_pair: Pair) -> None:
    await committed_practice.send(committed_pair, committed_pair.client, "hello")
    for ago, count in ((timedelta(days=13, hours=23), 1), (timedelta(days=14, seconds=5), 0)):
        await committed_practice.end_care(committed_pair, ago=ago)
        assert len((await everything(committed_practice, committed_pair.therapist, "1:1:"))[0]) == count
        assert len((await everything(committed_practice, committed_pair.client, "1:1:"))[0]) == 1


async def test_reading_updates_is_told_once_for_each_conversation(
    committed_practice: Practice, pairs: list[Pair]
) -> None:
    therapist = pairs[0].therapist
    for pair in pairs:
        for number in range(2):
            await committed_practice.send(pair, pair.client, f"{number}")
    await updates(committed_practice, therapist)
    assert await committed_practice.audited(action="messages.read", actor_id=therapist.id) == []
    await everything(committed_practice, therapist, "1:1:")
    events = await committed_practice.audited(action="messages.read", actor_id=therapist.id)
    told = sorted((event.object_id, event.subject_id, event.purpose, event.session_id) for event in events)
    assert told == sorted((pair.conversation_id, pair.client.id, "live", therapist.session_id) for pair in pairs)


async def test_updates_that_cannot_be_audited_are_not_read(
    committed_practice: Practice, committed_pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await committed_practice.send(committed_pair, committed_pair.client, "hello")
    monkeypatch.setattr("afterglow_messaging.messages.fetching.PURPOSE", 7)
    async with committed_practice.signed_in(committed_pair.client) as http:
        answer = await http.get(f"{API}/updates", params={"after": "1:1:"})
    assert answer.status_code == 500
    assert "hello" not in answer.text


@pytest.mark.parametrize("query", [{"limit": "0"}, {"limit": "201"}, {"after": "x" * 10_000}])
async def test_bad_paging_is_named(practice: Practice, pair: Pair, query: dict[str, str]) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(f"{API}/updates", params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(query)


async def test_a_closed_account_reads_no_update(practice: Practice, pair: Pair) -> None:
    await practice.know(pair.client, disabled_at=datetime.now(UTC))
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(f"{API}/updates", params={"after": "1:1:"})).status_code == 403


async def test_a_role_that_is_not_ones_own_reads_nothing(committed_practice: Practice, committed_pair: Pair) -> None:
    await committed_practice.send(committed_pair, committed_pair.client, "hello")
    pretender = replace(committed_pair.client, role=committed_pair.therapist.role)
    async with committed_practice.signed_in(pretender) as http:
        assert (await http.get(f"{API}/updates", params={"after": "1:1:"})).status_code == 403


async def test_a_key_that_is_gone_is_not_made_anew_by_reading(
    settings: Settings, committed_practice: Practice, committed_pair: Pair, issuer: TestIssuer
) -> None:
    """Its messages cannot be opened again; another key would only hide that."""
    pair = committed_pair
    await committed_practice.send(pair, pair.client, "hello")
    async with committed_practice.arrange() as session:
        await session.execute(delete(DataKeyRow).where(col(DataKeyRow.owner_id) == pair.conversation_id))
    fresh = replace(committed_practice, app=create(settings, database=committed_practice.database, keys=issuer.keys()))
    async with fresh.signed_in(pair.therapist) as http:
        assert (await http.get(f"{API}/updates", params={"after": "1:1:"})).status_code == 500
        assert (await http.get(pair.messages)).status_code == 500
    async with committed_practice.arrange() as session:
        kept = select(DataKeyRow).where(col(DataKeyRow.owner_id) == pair.conversation_id)
        assert (await session.execute(kept)).first() is None
