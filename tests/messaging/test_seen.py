"""Who learns that what they wrote was read: only where both tell it, and nothing of what was read before that."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_messaging.live.waking import CHANNEL
from asyncpg import Connection

from tests.messaging.practice import API, CONVERSATIONS, Pair, Practice

CHOICE = f"{API}/seen-choice"
JSON = dict[str, Any]


async def choose(practice: Practice, *people: Person, tells: object = True) -> None:
    for person in people:
        async with practice.signed_in(person) as http:
            answer = await http.put(CHOICE, json={"tells": tells})
        assert (answer.status_code, answer.json()) == (200, {"tells": tells})


async def seen(practice: Practice, pair: Pair, person: Person) -> JSON:
    async with practice.signed_in(person) as http:
        answer = await http.get(f"{pair.path}/seen-mark")
    assert answer.status_code == 200
    mark: JSON = answer.json()
    return mark


@pytest.mark.parametrize("writer_tells", [True, False])
@pytest.mark.parametrize("reader_tells", [True, False])
@pytest.mark.parametrize("writer", ["client", "therapist"])
async def test_nothing_is_told_unless_both_tell(
    *, practice: Practice, pair: Pair, writer: str, writer_tells: bool, reader_tells: bool
) -> None:
    sender, reader = (pair.client, pair.therapist) if writer == "client" else (pair.therapist, pair.client)
    for person, tells in ((sender, writer_tells), (reader, reader_tells)):
        if tells:
            await choose(practice, person)
    await practice.send(pair, sender, "Hello")
    assert await seen(practice, pair, sender) == {"tells": writer_tells, "sequence": None}
    await practice.mark(pair, reader, 1)
    both = writer_tells and reader_tells
    assert await seen(practice, pair, sender) == {"tells": writer_tells, "sequence": 1 if both else None}


async def test_taking_it_back_hides_at_once_what_was_told(practice: Practice, pair: Pair) -> None:
    for revoking in (pair.client, pair.therapist):
        await choose(practice, pair.client, pair.therapist)
        sent = await practice.send(pair, pair.therapist, "Hello")
        await practice.mark(pair, pair.client, sent["sequence"])
        assert (await seen(practice, pair, pair.therapist))["sequence"] == sent["sequence"]
        await choose(practice, revoking, tells=False)
        assert (await seen(practice, pair, pair.therapist))["sequence"] is None
        assert (await seen(practice, pair, pair.client))["sequence"] is None


async def test_what_was_read_before_one_told_stays_untold(practice: Practice, pair: Pair) -> None:
    await choose(practice, pair.therapist)
    await practice.send(pair, pair.therapist, "Hello")
    await practice.mark(pair, pair.client, 1)
    await choose(practice, pair.client)
    assert (await seen(practice, pair, pair.therapist))["sequence"] is None
    await practice.send(pair, pair.therapist, "Hello")
    await practice.mark(pair, pair.client, 2)
    assert (await seen(practice, pair, pair.therapist))["sequence"] == 2
    await choose(practice, pair.client, tells=False)
    await choose(practice, pair.client)
    assert (await seen(practice, pair, pair.therapist))["sequence"] is None


async def test_choosing_the_same_again_takes_nothing_away(practice: Practice, pair: Pair) -> None:
    await choose(practice, pair.client, pair.therapist)
    await practice.send(pair, pair.therapist, "Hello")
    await practice.mark(pair, pair.client, 1)
    await choose(practice, pair.client, pair.therapist)
    assert (await seen(practice, pair, pair.therapist))["sequence"] == 1


async def test_in_a_closed_conversation_nothing_is_told(practice: Practice, pair: Pair) -> None:
    await choose(practice, pair.client, pair.therapist)
    await practice.send(pair, pair.therapist, "Hello")
    await practice.mark(pair, pair.client, 1)
    await practice.end_care(pair)
    assert (await seen(practice, pair, pair.therapist))["sequence"] is None


async def test_a_foreign_conversation_tells_nothing(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await choose(practice, pair.client, pair.therapist, other_pair.client, other_pair.therapist)
    await practice.send(pair, pair.therapist, "Hello")
    await practice.mark(pair, pair.client, 1)
    for stranger in (other_pair.client, other_pair.therapist):
        async with practice.signed_in(stranger) as http:
            for path in (pair.path, f"{CONVERSATIONS}/{new_id()}"):
                assert (await http.get(f"{path}/seen-mark")).status_code == 404
        assert await practice.audited(
            action="seen.read", outcome="refused", actor_id=stranger.id, object_id=pair.conversation_id
        )


async def test_a_choice_is_ones_own_and_audited_once(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(CHOICE)).json() == {"tells": False}
    await choose(practice, pair.client)
    await choose(practice, pair.client)
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(CHOICE)).json() == {"tells": False}
    [event] = await practice.audited(action="seen.chosen")
    assert (event.actor_id, event.subject_id, event.outcome) == (pair.client.id, pair.client.id, "success")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "tells"),
        ({"tells": None}, "tells"),
        ({"tells": "yes"}, "tells"),
        ({"tells": 1}, "tells"),
        ({"tells": [True]}, "tells"),
        ({"tells": True, "person_id": str(new_id())}, "person_id"),
        (None, "body"),
    ],
)
async def test_what_is_no_choice_names_its_field(practice: Practice, pair: Pair, body: object, field: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(CHOICE, json=body)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_an_account_that_is_closed_chooses_nothing(practice: Practice, pair: Pair) -> None:
    await practice.know(pair.client, disabled_at=datetime.now(UTC))
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(CHOICE, json={"tells": True})).status_code == 403


@pytest.fixture
async def woken(committed_practice: Practice) -> AsyncIterator["asyncio.Queue[str]"]:
    """What the database announces, as every process of the service hears it."""
    heard: asyncio.Queue[str] = asyncio.Queue()

    def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        heard.put_nowait(payload)

    async with committed_practice.rows.engine.connect() as connection:
        driver: Connection[Any] = (await connection.get_raw_connection()).driver_connection  # type: ignore[assignment]  # it is asyncpg's
        await driver.add_listener(CHANNEL, hear)
        yield heard
        await driver.remove_listener(CHANNEL, hear)


async def announced(woken: "asyncio.Queue[str]") -> str:
    async with asyncio.timeout(30):
        return await woken.get()


async def test_open_pages_are_told_to_look_when_it_moves_and_when_it_is_taken_back(
    committed_practice: Practice, committed_pair: Pair, woken: "asyncio.Queue[str]"
) -> None:
    practice, pair = committed_practice, committed_pair
    both = {str(pair.client.id), str(pair.therapist.id)}

    def everybody(payload: str) -> bool:
        return str(pair.conversation_id) in payload and all(person in payload for person in both)

    await practice.send(pair, pair.therapist, "Hello")
    assert everybody(await announced(woken))
    await practice.mark(pair, pair.client, 1)
    assert str(pair.therapist.id) not in await announced(woken)
    await choose(practice, pair.client, pair.therapist)
    assert [everybody(await announced(woken)) for _ in range(2)] == [True, True]
    await practice.send(pair, pair.therapist, "Hello")
    assert everybody(await announced(woken))
    await practice.mark(pair, pair.client, 2)
    assert everybody(await announced(woken))
    await choose(practice, pair.client, tells=False)
    assert everybody(await announced(woken))
    assert (await seen(practice, pair, pair.therapist))["sequence"] is None


async def test_choosing_and_reading_at_once_tell_nothing_wrong(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    practice, pair = committed_practice, committed_pair
    await choose(practice, pair.therapist)
    for number in range(1, 6):
        await practice.send(pair, pair.therapist, "Hello")
        await asyncio.gather(
            choose(practice, pair.client, tells=bool(number % 2)),
            choose(practice, pair.client, tells=bool(number % 2)),
            practice.mark(pair, pair.client, number),
        )
        told = (await seen(practice, pair, pair.therapist))["sequence"]
        assert told in ({None, number} if number % 2 else {None})
