"""How far somebody has read, and what is unread by it: one's own business, counted from the messages themselves."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from afterglow_messaging.read_marks.models import ReadMark

from tests.messaging.practice import API, CONVERSATIONS, Pair, Practice

JSON = {"content-type": "application/json"}


async def unread(practice: Practice, reader: Person) -> dict[str, Any]:
    async with practice.signed_in(reader) as http:
        answer = await http.get(f"{API}/unread")
    assert answer.status_code == 200, answer.text
    counted: dict[str, Any] = answer.json()
    assert counted.pop("covers_as_of") is None
    return counted


async def shown(practice: Practice, pair: Pair, reader: Person) -> tuple[int, int, int]:
    """A conversation's last number, the reader's mark and what is unread, as listed and as read alone."""
    async with practice.signed_in(reader) as http:
        alone = (await http.get(pair.path)).json()
        listed = [item for item in (await http.get(CONVERSATIONS)).json()["items"] if item["id"] == alone["id"]]
    assert listed == [alone]
    return alone["last_sequence"], alone["read_sequence"], alone["unread"]


async def test_what_the_other_wrote_is_unread_until_it_is_marked(practice: Practice, pair: Pair) -> None:
    for sender in (pair.client, pair.therapist, pair.client, pair.client):
        await practice.send(pair, sender, "hello")
    assert await shown(practice, pair, pair.therapist) == (4, 0, 3)
    assert await shown(practice, pair, pair.client) == (4, 0, 1)
    assert await practice.mark(pair, pair.therapist, 3) == {"sequence": 3, "unread": 1}
    assert await shown(practice, pair, pair.therapist) == (4, 3, 1)
    assert await shown(practice, pair, pair.client) == (4, 0, 1)
    await practice.send(pair, pair.client, "one more")
    assert await shown(practice, pair, pair.therapist) == (5, 3, 2)


async def test_a_mark_only_grows_and_never_beyond_what_was_written(practice: Practice, pair: Pair) -> None:
    for _ in range(3):
        await practice.send(pair, pair.client, "hello")
    for asked, kept in ((2, 2), (2, 2), (1, 2), (0, 2), (2**63 - 1, 3), (1, 3)):
        assert (await practice.mark(pair, pair.therapist, asked))["sequence"] == kept
    await practice.send(pair, pair.client, "not seen yet")
    assert await shown(practice, pair, pair.therapist) == (4, 3, 1)


async def test_an_empty_conversation_is_marked_in_vain(practice: Practice, pair: Pair) -> None:
    assert await practice.mark(pair, pair.client, 5) == {"sequence": 0, "unread": 0}
    await practice.send(pair, pair.therapist, "hello")
    assert await shown(practice, pair, pair.client) == (1, 0, 1)


async def test_unread_counts_come_in_one_answer(practice: Practice, pair: Pair, other_client: Person) -> None:
    second = await practice.pair_up(other_client, pair.therapist)
    assert await unread(practice, pair.therapist) == {"total": 0, "conversations": []}
    for each, count in ((pair, 2), (second, 1)):
        for _ in range(count):
            await practice.send(each, each.client, "hello")
    counted = [
        {"id": str(each.conversation_id), "client_id": str(each.client.id), "unread": count}
        for each, count in ((pair, 2), (second, 1))
    ]
    assert await unread(practice, pair.therapist) == {
        "total": 3,
        "conversations": sorted(counted, key=lambda one: str(one["id"])),
    }
    await practice.mark(pair, pair.therapist, 2)
    assert await unread(practice, pair.therapist) == {
        "total": 1,
        "conversations": [counted[1]],
    }
    for client in (pair.client, other_client):
        assert await unread(practice, client) == {"total": 0, "conversations": []}


async def test_unread_counts_follow_the_rules_of_care(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "hello")
    await practice.send(pair, pair.therapist, "hello")
    await practice.end_care(pair, ago=timedelta(days=13))
    for person in (pair.client, pair.therapist):
        assert (await unread(practice, person))["total"] == 1
        assert (await practice.mark(pair, person, 1))["sequence"] == 1
    await practice.end_care(pair, ago=timedelta(days=15))
    assert (await unread(practice, pair.therapist))["total"] == 0
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.put(f"{pair.path}/read-mark", json={"sequence": 2})).status_code == 404
    assert (await practice.mark(pair, pair.client, 2))["unread"] == 0


async def test_a_foreign_conversation_is_not_marked(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await practice.send(pair, pair.client, "hello")
    for stranger in (other_pair.client, other_pair.therapist):
        async with practice.signed_in(stranger) as http:
            for path in (pair.path, f"{CONVERSATIONS}/{new_id()}"):
                assert (await http.put(f"{path}/read-mark", json={"sequence": 1})).status_code == 404
        assert await practice.audited(
            action="conversation.marked", outcome="refused", actor_id=stranger.id, object_id=pair.conversation_id
        )
    async with practice.arrange() as session:
        assert await session.get(ReadMark, (pair.conversation_id, other_pair.client.id)) is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "sequence"),
        ({"sequence": None}, "sequence"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**63}, "sequence"),
        ({"sequence": 10**400}, "sequence"),
        ({"sequence": 1.5}, "sequence"),
        ({"sequence": "1"}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": [1]}, "sequence"),
        ({"sequence": 1, "person_id": str(new_id())}, "person_id"),
        (None, "body"),
    ],
)
async def test_unusable_marks_are_named(practice: Practice, pair: Pair, body: Any, field: str) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(f"{pair.path}/read-mark", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_marks_that_cross_leave_the_largest(committed_practice: Practice, committed_pair: Pair) -> None:
    pair, total = committed_pair, 20
    for _ in range(total):
        await committed_practice.send(pair, pair.client, "hello")
    numbers = [number for number in range(1, total + 1) for _ in range(2)]
    marks = await asyncio.gather(*(committed_practice.mark(pair, pair.therapist, number) for number in numbers))
    assert all(mark["sequence"] >= number for mark, number in zip(marks, numbers, strict=True))
    assert await shown(committed_practice, pair, pair.therapist) == (total, total, 0)
