"""Who is told by mail that a message waits: once, after a while, and nobody who does not want it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.base import AuditEvent
from afterglow_messaging.notices.planning import AGAIN, AWAY, plan
from sqlalchemy import Row, text
from sqlmodel import select

from tests.messaging.practice import API, Pair, Practice

PATH = f"{API}/notice-choices"
MINUTE = timedelta(minutes=1)


def later(span: timedelta) -> datetime:
    """Messages of a test are of now; so it is the planning that comes later."""
    return datetime.now(UTC) + span


async def planned(practice: Practice, now: datetime) -> int:
    database = practice.database
    assert isinstance(database, RolledBackDatabase)
    async with database.as_role("messaging_worker"):
        return await plan(database, now)


async def notices(practice: Practice) -> list[Row[Any]]:
    async with practice.arrange() as session:
        return list(await session.execute(text("SELECT * FROM message_notices ORDER BY due_at, person_id")))


async def choose(practice: Practice, person: Person, *, messages: object) -> int:
    async with practice.signed_in(person) as http:
        return (await http.put(PATH, json={"messages": messages})).status_code


async def test_the_other_is_told_once_of_all_that_waits(practice: Practice, pair: Pair) -> None:
    for _ in range(3):
        await practice.send(pair, pair.client, "Hello")
    assert await planned(practice, later(AWAY - MINUTE)) == 0
    now = later(AWAY + MINUTE)
    assert [await planned(practice, now + MINUTE * more) for more in range(3)] == [1, 0, 0]
    [notice] = await notices(practice)
    assert (notice.person_id, notice.state, notice.due_at) == (pair.therapist.id, "planned", now)


async def test_whoever_has_read_it_is_not_told(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    await practice.mark(pair, pair.therapist, 1)
    assert await planned(practice, later(AWAY + MINUTE)) == 0


async def test_after_they_have_looked_they_are_told_of_the_next(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    assert await planned(practice, later(AWAY + MINUTE)) == 1
    await move(practice, "message_notices", "due_at = due_at - interval '1 hour'")
    await practice.send(pair, pair.client, "Hello")
    assert await planned(practice, later(AWAY + 2 * MINUTE)) == 0
    await practice.mark(pair, pair.therapist, 1)
    assert await planned(practice, later(AWAY + 3 * MINUTE)) == 1


async def test_whoever_never_looks_is_told_again_after_a_day_and_only_of_what_is_new(
    practice: Practice, pair: Pair
) -> None:
    await practice.send(pair, pair.client, "Hello")
    assert await planned(practice, later(AWAY + MINUTE)) == 1
    assert await planned(practice, later(AGAIN * 2)) == 0
    await move(practice, "message_notices", "due_at = due_at - interval '25 hours'")
    await move(practice, "messages", "sent_at = sent_at - interval '26 hours'")
    assert await planned(practice, later(AWAY + MINUTE)) == 0
    await practice.send(pair, pair.client, "Hello")
    assert await planned(practice, later(AWAY + MINUTE)) == 1


async def move(practice: Practice, table: str, change: str) -> None:
    async with practice.arrange() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608  # words of this file


async def test_who_switched_it_off_is_not_told(practice: Practice, pair: Pair) -> None:
    assert await choose(practice, pair.client, messages=False) == 200
    for sender in (pair.client, pair.therapist):
        await practice.send(pair, sender, "Hello")
    assert await planned(practice, later(AWAY + MINUTE)) == 1
    assert [notice.person_id for notice in await notices(practice)] == [pair.therapist.id]
    assert await choose(practice, pair.client, messages=True) == 200
    assert await planned(practice, later(AWAY + 2 * MINUTE)) == 1


async def test_a_withdrawn_message_waits_for_nobody(practice: Practice, pair: Pair) -> None:
    sent = await practice.send(pair, pair.client, "Hello")
    async with practice.signed_in(pair.client) as http:
        assert (await http.put(f"{pair.messages}/{sent['id']}/withdrawal")).status_code == 201
    assert await planned(practice, later(AWAY + MINUTE)) == 0


async def test_an_account_that_is_closed_is_told_nothing(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    await practice.know(pair.therapist, disabled_at=datetime.now(UTC))
    assert await planned(practice, later(AWAY + MINUTE)) == 0


async def test_after_care_only_the_client_hears_of_what_waits(practice: Practice, pair: Pair) -> None:
    for sender in (pair.client, pair.therapist):
        await practice.send(pair, sender, "Hello")
    await practice.end_care(pair)
    assert await planned(practice, later(AWAY + MINUTE)) == 1
    assert [notice.person_id for notice in await notices(practice)] == [pair.client.id]


async def test_the_worker_learns_nothing_of_what_was_written(practice: Practice, pair: Pair) -> None:
    await practice.send(pair, pair.client, "Hello")
    database = practice.database
    assert isinstance(database, RolledBackDatabase)
    async with database.as_role("messaging_worker"), practice.rows.sessions() as session:
        granted = await session.execute(
            text("SELECT column_name FROM information_schema.column_privileges WHERE table_name = 'messages' "
                 "AND grantee = 'messaging_worker' AND privilege_type = 'SELECT' ORDER BY 1")
        )  # fmt: skip
        assert list(granted.scalars()) == ["conversation_id", "sender_id", "sent_at", "sequence", "withdrawn_at"]


async def test_a_choice_is_ones_own_and_audited_once(practice: Practice, pair: Pair) -> None:
    for person in (pair.client, pair.therapist):
        async with practice.signed_in(person) as http:
            assert (await http.get(PATH)).json() == {"messages": True}
    for _ in range(2):
        assert await choose(practice, pair.client, messages=False) == 200
    async with practice.signed_in(pair.therapist) as http:
        assert (await http.get(PATH)).json() == {"messages": True}
    async with practice.arrange() as session:
        chosen = select(AuditEvent).where(AuditEvent.action == "notices.chosen")
        events = (await session.scalars(chosen)).all()
    assert [(event.actor_id, event.subject_id) for event in events] == [(pair.client.id, pair.client.id)]


@pytest.mark.parametrize("value", ["yes", 1, None, [True]])
async def test_what_is_no_choice_names_its_field(practice: Practice, pair: Pair, value: object) -> None:
    async with practice.signed_in(pair.client) as http:
        answer = await http.put(PATH, json={"messages": value})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["messages"]


async def test_an_admin_has_no_messages_to_be_told_of(practice: Practice, admin: Person) -> None:
    await practice.know(admin)
    assert admin.role == Role.admin
    async with practice.signed_in(admin) as http:
        assert (await http.get(PATH)).status_code == 403
