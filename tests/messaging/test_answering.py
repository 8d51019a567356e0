"""What waits for a therapist's answer: counted from the messages themselves, longest first."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person
from sqlalchemy import event, text

from tests.messaging.practice import API, CONVERSATIONS, Pair, Practice

WAITING, TARGET = f"{API}/waiting", f"{API}/answer-target"


async def waiting(practice: Practice, therapist: Person) -> list[dict[str, Any]]:
    async with practice.signed_in(therapist) as http:
        answer = await http.get(WAITING)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def set_target(practice: Practice, therapist: Person, hours: object) -> int:
    async with practice.signed_in(therapist) as http:
        return (await http.put(TARGET, json={"hours": hours})).status_code


async def settle(practice: Practice, pair: Pair, sequence: object, person: Person | None = None) -> int:
    async with practice.signed_in(person or pair.therapist) as http:
        return (await http.put(f"{pair.path}/no-answer-needed", json={"sequence": sequence})).status_code


async def test_what_a_client_wrote_waits_until_it_is_answered(practice: Practice, pair: Pair) -> None:
    assert await waiting(practice, pair.therapist) == []
    await practice.send(pair, pair.therapist, "Hello")
    assert await waiting(practice, pair.therapist) == []
    first = await practice.send(pair, pair.client, "Hello")
    await practice.send(pair, pair.client, "And?")
    await practice.mark(pair, pair.therapist, 3)  # reading is no answer
    assert await waiting(practice, pair.therapist) == [
        {
            "id": str(pair.conversation_id),
            "client": {"id": str(pair.client.id), "name": pair.client.name},
            "care_team": False,
            "since": first["sent_at"],
            "messages": 2,
            "last_sequence": 3,
            "answer_by": None,
        }
    ]
    await practice.send(pair, pair.therapist, "Here I am")
    assert await waiting(practice, pair.therapist) == []


async def test_who_waits_longest_comes_first(practice: Practice, pair: Pair, other_client: Person) -> None:
    second = await practice.pair_up(other_client, pair.therapist)
    for each in (second, pair, second):
        await practice.send(each, each.client, "Hello")
    assert [one["id"] for one in await waiting(practice, pair.therapist)] == [
        str(second.conversation_id),
        str(pair.conversation_id),
    ]


async def test_a_withdrawn_message_neither_waits_nor_answers(practice: Practice, pair: Pair) -> None:
    asked = await practice.send(pair, pair.client, "Hello")
    answered = await practice.send(pair, pair.therapist, "Hello")
    for sender, sent, expected in ((pair.therapist, answered, 1), (pair.client, asked, 0)):
        async with practice.signed_in(sender) as http:
            assert (await http.put(f"{pair.messages}/{sent['id']}/withdrawal")).status_code == 201
        assert len(await waiting(practice, pair.therapist)) == expected


async def test_what_needs_no_answer_waits_no_more_until_there_is_more(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Thank you")
    for _ in range(2):
        assert await settle(practice, pair, 1) == 204
    assert await waiting(practice, pair.therapist) == []
    later = await practice.send(pair, pair.client, "One more thing")
    [one] = await waiting(practice, pair.therapist)
    assert (one["since"], one["messages"]) == (later["sent_at"], 1)
    assert await settle(practice, pair, 1) == 204  # it does not go back
    assert len(await waiting(practice, pair.therapist)) == 1
    assert await settle(practice, pair, 2**63 - 1) == 204  # nor beyond what was written
    await practice.send(pair, pair.client, "And another")
    assert len(await waiting(practice, pair.therapist)) == 1
    events = await practice.audited(action="answer.not_needed", outcome="success")
    assert [(one.actor_id, one.subject_id) for one in events] == [(pair.therapist.id, pair.client.id)] * 2


async def test_a_target_says_by_when_and_without_one_nothing_does(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "Hello")
    for hours in (24, 24, 2, None):
        assert await set_target(practice, pair.therapist, hours) == 200
        [one] = await waiting(practice, pair.therapist)
        due = datetime.fromisoformat(sent["sent_at"]) + timedelta(hours=hours) if hours else None
        assert (datetime.fromisoformat(one["answer_by"]) if one["answer_by"] else None) == due
        async with practice.signed_in(pair.therapist) as http:
            assert (await http.get(TARGET)).json() == {"hours": hours}
    assert len(await practice.audited(action="answer_target.set", actor_id=pair.therapist.id)) == 3


async def test_a_target_is_ones_own(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    assert await set_target(practice, other_pair.therapist, 1) == 200
    await practice.send(pair, pair.client, "Hello")
    [one] = await waiting(practice, pair.therapist)
    assert one["answer_by"] is None
    assert await waiting(practice, other_pair.therapist) == []


async def test_what_is_closed_waits_for_nobody(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    await practice.end_care(pair)
    assert await waiting(practice, pair.therapist) == []


async def test_it_is_for_therapists(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    async with practice.signed_in(pair.client) as http:
        assert (await http.get(WAITING)).status_code == 403
        assert (await http.get(TARGET)).status_code == 403
    assert await settle(practice, pair, 1, pair.client) == 403
    assert await set_target(practice, pair.client, 5) == 403


async def test_a_foreign_conversation_is_not_settled(practice: Practice, pair: Pair, other_pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    assert await settle(practice, pair, 1, other_pair.therapist) == 404
    async with practice.signed_in(pair.therapist) as http:
        nowhere = f"{CONVERSATIONS}/{new_id()}/no-answer-needed"
        assert (await http.put(nowhere, json={"sequence": 1})).status_code == 404
    assert len(await waiting(practice, pair.therapist)) == 1
    assert await practice.audited(action="answer.not_needed", outcome="refused", actor_id=other_pair.therapist.id)


@pytest.mark.parametrize("hours", [0, -1, 337, 1.5, "24", True, [24]])
async def test_what_is_no_target_names_its_field(practice: Practice, pair: Pair, hours: object) -> None:
    async with practice.signed_in(pair.therapist) as http:
        answer = await http.put(TARGET, json={"hours": hours})
    assert answer.status_code == 422
    assert {error["field"].split(".")[0] for error in answer.json()["errors"]} == {"hours"}


@pytest.mark.parametrize("sequence", [0, -1, 2**63, 1.5, "1", None, True])
async def test_what_is_no_number_settles_nothing(practice: Practice, pair: Pair, sequence: object) -> None:
    await practice.send(pair, pair.client, "Hello")
    assert await settle(practice, pair, sequence) == 422
    assert len(await waiting(practice, pair.therapist)) == 1


async def test_however_many_wait_it_is_one_statement(practice: Practice, pair: Pair, other_client: Person) -> None:
    async def statements() -> int:
        asked: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        engine = practice.database.engine.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        await waiting(practice, pair.therapist)
        event.remove(engine, "before_cursor_execute", note)
        return len([one for one in asked if "FROM conversations" in one])

    await practice.send(pair, pair.client, "Hello")
    one = await statements()
    for client in (other_client, Person(Role.client, "Kim Lund")):
        more = await practice.pair_up(client, pair.therapist)
        await practice.send(more, more.client, "Hello")
    assert (one, await statements()) == (1, 1)


async def test_answering_and_asking_at_once_leave_the_last_word_right(
    committed_practice: Practice, committed_pair: Pair
) -> None:
    practice, pair = committed_practice, committed_pair
    both = (pair.client, pair.therapist)
    await asyncio.gather(*(practice.send(pair, sender, "Hello") for _ in range(5) for sender in both))
    async with practice.arrange() as session:
        rows = (
            await session.execute(
                text("SELECT sender_id, sequence FROM messages WHERE conversation_id = :id ORDER BY sequence"),
                {"id": pair.conversation_id},
            )
        ).all()
    senders: list[UUID] = [row.sender_id for row in rows]
    unanswered = len(senders) - 1 - max(i for i, one in enumerate(senders) if one == pair.therapist.id)
    found = [one["messages"] for one in await waiting(practice, pair.therapist)]
    assert found == ([unanswered] if unanswered else [])


async def test_an_account_that_is_closed_sees_nothing(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    await practice.know(pair.therapist, disabled_at=datetime.now(UTC))
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(WAITING)).status_code == 403
