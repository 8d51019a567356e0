"""The one statement of sending, looked at from the database's side."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from afterglow_foundation.callers import Caller
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.storing import STORE, parameters
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from tests.messaging.practice import Pair, Practice

PLANS = [
    "enable_indexscan, enable_bitmapscan, enable_indexonlyscan",
    "enable_seqscan",
    "enable_nestloop",
    "enable_hashjoin, enable_mergejoin",
    "enable_nestloop, enable_indexscan, enable_bitmapscan",
    "enable_material, enable_memoize",
]


def row(pair: Pair, sender: UUID, **values: object) -> Message:
    return Message(
        conversation_id=pair.conversation_id,
        id=new_id(),
        sequence=0,
        sender_id=sender,
        sealed_text=b"sealed",
        digest=b"digest",
        sent_at=datetime.now(UTC),
        **values,
    )


def caller(pair: Pair, party: str = "client") -> Caller:
    person = getattr(pair, party)
    return Caller(id=person.id, role=person.role)


@pytest.mark.parametrize("switched_off", PLANS)
async def test_the_context_is_set_first_whatever_the_planner_chooses(
    database: RolledBackDatabase, pair: Pair, other_pair: Pair, switched_off: str
) -> None:
    for name in switched_off.split(", "):
        await database.connection.execute(text(f"SET LOCAL {name} = off"))
    for party in ("client", "therapist"):
        mine = row(pair, caller(pair, party).person)
        assert len(await database.single_statement(STORE, parameters(caller(pair, party), mine))) == 1
        theirs = row(other_pair, caller(pair, party).person)
        assert await database.single_statement(STORE, parameters(caller(pair, party), theirs)) == []


async def test_the_row_policy_refuses_another_sender(database: RolledBackDatabase, pair: Pair) -> None:
    """Even a statement that was given somebody else as sender stores nothing."""
    forged = parameters(caller(pair), row(pair, pair.client.id)) | {"event_actor_id": pair.therapist.id}
    with pytest.raises(ProgrammingError, match="row-level security"):
        await database.single_statement(STORE, forged)


async def test_a_message_that_cannot_be_audited_is_not_stored(
    practice: Practice, database: RolledBackDatabase, pair: Pair
) -> None:
    broken = parameters(caller(pair), row(pair, pair.client.id)) | {"event_action": None}
    with pytest.raises(IntegrityError, match="action"):
        await database.single_statement(STORE, broken)
    assert await practice.read(pair, pair.client) == []
    assert (await practice.send(pair, pair.client, "after all"))["sequence"] == 1
