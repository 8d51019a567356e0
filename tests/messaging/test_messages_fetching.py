"""The one statement of delivery, looked at from the database's side."""

import pytest
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.people import Person
from afterglow_messaging.messages.cursor import Cursor, Snapshot
from afterglow_messaging.messages.fetching import FETCH, parameters
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.messaging.practice import Pair, Practice
from tests.messaging.test_messages_storing import PLANS

BEGINNING = Cursor(Snapshot.parse("1:1:"))


def callers(pair: Pair) -> list[Caller]:
    return [Caller(id=pair.client.id, role=Role.client), Caller(id=pair.therapist.id, role=Role.therapist)]


@pytest.mark.parametrize("switched_off", PLANS)
async def test_the_context_is_set_first_whatever_the_planner_chooses(
    committed_practice: Practice,
    committed_pair: Pair,
    other_client: Person,
    other_therapist: Person,
    switched_off: str,
) -> None:
    other_pair = await committed_practice.pair_up(other_client, other_therapist)
    for pair in (committed_pair, other_pair):
        await committed_practice.send(pair, pair.client, "hello")
    for pair in (committed_pair, other_pair):
        for caller in callers(pair):
            async with committed_practice.database.unit_of_work(RowContext()) as session:
                for name in switched_off.split(", "):
                    await session.execute(text(f"SET LOCAL {name} = off"))
                rows = (await session.execute(FETCH, parameters(caller, BEGINNING, 200))).all()
            assert [row.conversation_id for row in rows] == [pair.conversation_id]
        assert len(await committed_practice.audited(action="messages.read", object_id=pair.conversation_id)) == 2


@pytest.mark.parametrize("role", [Role.admin, Role.service, Role.client, Role.therapist])
async def test_a_role_that_is_not_ones_own_gets_no_row_at_all(
    committed_practice: Practice, committed_pair: Pair, role: Role
) -> None:
    await committed_practice.send(committed_pair, committed_pair.client, "hello")
    for person in (committed_pair.client, committed_pair.therapist):
        if person.role != role:
            values = parameters(Caller(id=person.id, role=role), BEGINNING, 200)
            assert await committed_practice.database.single_statement(FETCH, values) == []


async def test_what_cannot_be_audited_is_not_read(committed_practice: Practice, committed_pair: Pair) -> None:
    await committed_practice.send(committed_pair, committed_pair.client, "hello")
    (caller, _) = callers(committed_pair)
    broken = parameters(caller, BEGINNING, 200) | {"event_action": None}
    with pytest.raises(IntegrityError, match="action"):
        await committed_practice.database.single_statement(FETCH, broken)


async def test_a_row_too_many_is_not_told_of(
    committed_practice: Practice, committed_pair: Pair, other_client: Person
) -> None:
    """It only says that there is more; its conversation may have no other message in the batch."""
    second = await committed_practice.pair_up(other_client, committed_pair.therapist)
    for pair in (committed_pair, second):
        await committed_practice.send(pair, pair.client, "hello")
    (_, therapist) = callers(committed_pair)
    rows = await committed_practice.database.single_statement(FETCH, parameters(therapist, BEGINNING, 1))
    assert len(rows) == 2
    events = await committed_practice.audited(action="messages.read", actor_id=therapist.id)
    assert [event.object_id for event in events] == [rows[0].conversation_id]
