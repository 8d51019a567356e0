"""Row-level security itself: plain SQL as each role of the service, without a line of its code in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import SET_CONTEXT, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import RolledBackDatabase, unsecured_tables
from afterglow_foundation.testing.people import Person
from afterglow_messaging.people.models import Grant
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.messaging.practice import Pair, Practice

TABLES = (
    *("people", "care_relationships", "conversations", "messages", "message_versions"),
    *("read_marks", "seen_choices", "answer_targets", "no_answers_needed", "keys.data_keys"),
)
POLICIES = text("""
    SELECT DISTINCT schemaname || '.' || tablename, cmd, roles::text FROM pg_policies ORDER BY 1, 2, 3
""")
INSERT_MESSAGE = text("""
    INSERT INTO messages (conversation_id, id, sequence, sender_id, sealed_text, digest, sent_at)
    VALUES (:conversation_id, :id, :sequence, :sender_id, 'x', 'x', now())
""")


class Rows:
    """Counts what a role sees of each table, and tries statements without harm to what follows."""

    def __init__(self, database: RolledBackDatabase) -> None:
        self.connection = database.connection

    async def act_as(self, person: UUID | None, role: Role | None) -> None:
        await self.connection.execute(SET_CONTEXT, RowContext(person, role).parameters())

    async def seen(self) -> dict[str, int]:
        return {table: len((await self.connection.execute(text(f"TABLE {table}"))).all()) for table in TABLES}

    async def attempt(self, statement: Any, **values: object) -> int:
        """How many rows a statement touched. Raises DBAPIError when it is refused."""
        async with self.connection.begin_nested():
            return (await self.connection.execute(statement, values)).rowcount


@pytest.fixture
def rows(database: RolledBackDatabase) -> Rows:
    return Rows(database)


@asynccontextmanager
async def refused() -> AsyncIterator[None]:
    with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
        yield


async def test_every_table_is_secured(practice: Practice) -> None:
    async with practice.arrange() as session:
        assert await unsecured_tables(session) == {"public.alembic_version"}


async def test_the_policies_are_these_and_no_more(practice: Practice) -> None:
    async with practice.arrange() as session:
        found = {(table, command, roles) for table, command, roles in await session.execute(POLICIES)}
    app, worker, auditor = "{messaging_app}", "{messaging_worker}", "{messaging_auditor}"
    worked_on = {(f"public.{table}", app) for table in ("people", "care_relationships", "grants")}
    noted = {
        "received_events": ("SELECT", "INSERT", "DELETE"),
        "event_feeds": ("SELECT", "INSERT", "UPDATE"),
        "revoked_sessions": ("SELECT", "INSERT", "DELETE"),
    }
    assert found == {
        *((table, "SELECT", role) for table, role in worked_on),
        *((table, command, worker) for table, _ in worked_on for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.conversations", command, app) for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.messages", command, app) for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.message_versions", command, app) for command in ("SELECT", "INSERT")),
        *(("keys.data_keys", command, app) for command in ("SELECT", "INSERT")),
        *((f"public.{table}", command, worker) for table, commands in noted.items() for command in commands),
        ("public.revoked_sessions", "SELECT", app),
        ("public.conversations", "INSERT", worker),
        *(("public.attachments", command, app) for command in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        *(("public.attachments", command, worker) for command in ("SELECT", "DELETE")),
        *(("public.attachment_chunks", command, app) for command in ("SELECT", "INSERT", "DELETE")),
        *(("public.read_marks", command, app) for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.notice_choices", command, app) for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.seen_choices", command, app) for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.answer_targets", command, app) for command in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        *(("public.saved_answers", command, app) for command in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        *(("public.scheduled_messages", command, app) for command in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        ("public.scheduled_messages", "SELECT", worker),
        *(("public.no_answers_needed", command, app) for command in ("SELECT", "INSERT", "UPDATE")),
        *(("public.message_notices", command, worker) for command in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        *(
            (f"public.{table}", "SELECT", worker)
            for table in ("conversations", "messages", "read_marks", "notice_choices")
        ),
        ("public.audit_events", "INSERT", app),
        ("public.audit_events", "SELECT", app),
        ("public.audit_events", "INSERT", worker),
        ("public.audit_events", "SELECT", auditor),
        ("public.audit_events", "SELECT", "{messaging_owner}"),  # for the view of the access log, read as its owner
        ("public.people", "SELECT", "{messaging_owner}"),
        *(  # for the answering times and for care teams, which are worked out as their owner
            (f"public.{table}", "SELECT", "{messaging_owner}")
            for table in ("care_relationships", "conversations", "grants", "messages")
        ),
        ("public.practice", "SELECT", app),
        *(("public.practice", command, worker) for command in ("SELECT", "INSERT", "UPDATE", "DELETE")),
    }


async def test_without_a_context_there_are_no_rows(practice: Practice, pair: Pair, rows: Rows) -> None:
    await practice.send(pair, pair.client, "hello")
    await rows.act_as(None, None)
    assert set((await rows.seen()).values()) == {0}
    for statement in (
        "UPDATE conversations SET last_sequence = 99",
        "UPDATE conversations SET last_message_at = now()",
    ):
        assert await rows.attempt(text(statement)) == 0


@pytest.mark.parametrize("party", ["client", "therapist"])
async def test_a_party_sees_their_own_alone(
    practice: Practice, pair: Pair, other_pair: Pair, rows: Rows, party: str
) -> None:
    for each in (pair, other_pair):
        sent = await practice.send(each, each.client, "hello")
        await practice.correct(each, each.client, sent, "Hello")
        for reader in (each.client, each.therapist):
            await practice.mark(each, reader, 1)
    person: Person = getattr(pair, party)
    await rows.act_as(person.id, person.role)
    assert await rows.seen() == {
        "people": 2,
        "care_relationships": 1,
        "conversations": 1,
        "messages": 1,
        "message_versions": 1,
        "read_marks": 1,
        "seen_choices": 0,
        "answer_targets": 0,
        "no_answers_needed": 0,
        "keys.data_keys": 1,
    }


@pytest.mark.parametrize("role", [Role.admin, Role.service, None])
async def test_no_other_role_sees_a_conversation(practice: Practice, pair: Pair, rows: Rows, role: Role | None) -> None:
    """Not even with a party's own id."""
    await practice.send(pair, pair.client, "hello")
    for person in (pair.client, pair.therapist):
        await rows.act_as(person.id, role)
        seen = await rows.seen()
        assert (seen["conversations"], seen["messages"], seen["keys.data_keys"]) == (0, 0, 0)


async def test_a_role_that_is_not_the_persons_own_sees_nothing(practice: Practice, pair: Pair, rows: Rows) -> None:
    await practice.send(pair, pair.client, "hello")
    for person, role in ((pair.client, Role.therapist), (pair.therapist, Role.client)):
        await rows.act_as(person.id, role)
        seen = await rows.seen()
        assert (seen["conversations"], seen["messages"], seen["keys.data_keys"]) == (0, 0, 0)


async def test_a_therapists_rows_end_fourteen_days_after_care(practice: Practice, pair: Pair, rows: Rows) -> None:
    await practice.send(pair, pair.client, "hello")
    for ago, count in ((timedelta(days=13, hours=23), 1), (timedelta(days=14, seconds=5), 0)):
        await practice.end_care(pair, ago=ago)
        await rows.act_as(pair.therapist.id, Role.therapist)
        seen = await rows.seen()
        assert [seen[table] for table in ("conversations", "messages", "keys.data_keys")] == [count] * 3
        await rows.act_as(pair.client.id, Role.client)
        assert (await rows.seen())["messages"] == 1


@pytest.mark.parametrize("kind", ["break_glass", "cover"])
async def test_neither_cover_nor_an_emergency_opens_a_conversation(
    *, practice: Practice, pair: Pair, other_therapist: Person, rows: Rows, kind: Literal["break_glass", "cover"]
) -> None:
    """It is between the two whom it names (decision 0048)."""
    await practice.know(other_therapist)
    await practice.send(pair, pair.client, "hello")
    now = datetime.now(UTC)
    fact = GrantFact(
        id=new_id(),
        kind=kind,
        client_id=pair.client.id,
        therapist_id=other_therapist.id,
        reason_code="danger" if kind == "break_glass" else None,
        starts_at=now - timedelta(minutes=30),
        ends_at=now + timedelta(minutes=30),
        as_of=now,
    )
    async with practice.arrange() as session:
        await upsert(session, Grant, [fact])
    await rows.act_as(other_therapist.id, Role.therapist)
    seen = await rows.seen()
    assert [seen[table] for table in ("conversations", "messages", "read_marks", "keys.data_keys")] == [0] * 4


async def test_a_closed_account_has_no_rows_at_once(practice: Practice, pair: Pair, rows: Rows) -> None:
    await practice.send(pair, pair.client, "hello")
    for person in (pair.therapist, pair.client):
        await practice.know(person, disabled_at=datetime.now(UTC))
        await rows.act_as(person.id, person.role)
        seen = await rows.seen()
        assert [seen[table] for table in ("conversations", "messages", "keys.data_keys")] == [0, 0, 0]


async def test_a_message_is_inserted_by_its_sender_in_an_open_conversation_of_theirs(
    practice: Practice, pair: Pair, other_pair: Pair, rows: Rows
) -> None:
    own = {"conversation_id": pair.conversation_id, "sender_id": pair.client.id, "sequence": 1, "id": new_id()}
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(INSERT_MESSAGE, **own) == 1
    for change in ({"sender_id": pair.therapist.id}, {"conversation_id": other_pair.conversation_id}):
        async with refused():
            await rows.attempt(INSERT_MESSAGE, **own | {"id": new_id(), "sequence": 2} | change)
    await practice.end_care(pair)
    await rows.act_as(pair.client.id, Role.client)
    async with refused():
        await rows.attempt(INSERT_MESSAGE, **own | {"id": new_id(), "sequence": 2})


async def test_a_conversation_is_inserted_by_a_party_in_live_care(
    practice: Practice, pair: Pair, other_client: Person, rows: Rows
) -> None:
    await practice.know(other_client)
    insert = text("INSERT INTO conversations (id, client_id, therapist_id, created_at, last_sequence) "
                  "VALUES (:id, :client, :therapist, now(), 0)")  # fmt: skip
    await rows.act_as(pair.therapist.id, Role.therapist)
    async with refused():
        await rows.attempt(insert, id=new_id(), client=other_client.id, therapist=pair.therapist.id)
    await practice.care(other_client, pair.therapist)
    async with practice.arrange() as session:  # the one that came with care
        await session.execute(text("DELETE FROM conversations WHERE client_id = :id"), {"id": other_client.id})
    await rows.act_as(pair.therapist.id, Role.therapist)
    assert await rows.attempt(insert, id=new_id(), client=other_client.id, therapist=pair.therapist.id) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE conversations SET client_id = therapist_id",
        "UPDATE conversations SET therapist_id = client_id",
        "UPDATE conversations SET id = id",
        "DELETE FROM conversations",
        "UPDATE messages SET sealed_text = 'x'",
        "UPDATE messages SET sequence = 7",
        "DELETE FROM messages",
        "TRUNCATE messages",
        "UPDATE keys.data_keys SET wrapped = 'x'",
        "DELETE FROM keys.data_keys",
        "INSERT INTO people SELECT * FROM people",
        "UPDATE people SET role = 'therapist'",
        "UPDATE care_relationships SET ended_at = NULL",
        "DELETE FROM care_relationships",
        "UPDATE alembic_version SET version_num = 'x'",
        "UPDATE messages SET stored_in = '1'",
        "UPDATE messages SET sender_id = sender_id",
        "UPDATE messages SET sent_at = now()",
        "UPDATE message_versions SET sealed_text = 'x'",
        "DELETE FROM message_versions",
        "UPDATE read_marks SET person_id = conversation_id",
        "UPDATE read_marks SET conversation_id = conversation_id",
        "DELETE FROM read_marks",
    ],
)
async def test_the_app_role_may_not(pair: Pair, rows: Rows, statement: str) -> None:
    await rows.act_as(pair.client.id, Role.client)
    async with refused():
        await rows.attempt(text(statement))


async def test_a_message_is_changed_by_its_sender_alone_and_never_once_withdrawn(
    practice: Practice, pair: Pair, other_pair: Pair, rows: Rows
) -> None:
    await practice.send(pair, pair.client, "hello")
    withdraw = text("UPDATE messages SET withdrawn_at = now()")
    for person, role in (
        (pair.therapist, Role.therapist),
        (other_pair.client, Role.client),
        (pair.client, Role.therapist),
        (pair.client, Role.admin),
    ):
        await rows.act_as(person.id, role)
        assert await rows.attempt(withdraw) == 0
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(withdraw) == 1
    assert await rows.attempt(text("UPDATE messages SET withdrawn_at = NULL")) == 0


async def test_in_a_closed_conversation_nothing_is_changed(practice: Practice, pair: Pair, rows: Rows) -> None:
    await practice.send(pair, pair.client, "hello")
    await practice.end_care(pair)
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(text("UPDATE messages SET withdrawn_at = now()")) == 0


async def test_a_change_counts_as_stored_now(practice: Practice, pair: Pair, rows: Rows) -> None:
    """Whatever it was before: the trigger says so, since the app role may not write that column."""
    await practice.send(pair, pair.client, "hello")
    async with practice.arrange() as session:
        await session.execute(text("UPDATE messages SET stored_in = '3'"))
    await rows.act_as(pair.client.id, Role.client)
    await rows.attempt(text("UPDATE messages SET corrections = 1, corrected_at = now()"))
    assert await rows.connection.scalar(text("SELECT stored_in = pg_current_xact_id() FROM messages"))


INSERT_VERSION = text("""
    INSERT INTO message_versions (conversation_id, message_id, number, id, sealed_text, digest, written_at)
    VALUES (:conversation_id, :message_id, :number, :id, 'x', 'x', now() + :later)
""")


async def test_a_version_is_inserted_by_the_sender_within_a_quarter_of_an_hour(
    practice: Practice, pair: Pair, other_pair: Pair, rows: Rows
) -> None:
    sent = await practice.send(pair, pair.client, "hello")
    foreign = await practice.send(other_pair, other_pair.client, "hello")
    own = {
        "conversation_id": pair.conversation_id,
        "message_id": UUID(sent["id"]),
        "number": 1,
        "later": timedelta(minutes=14),
    }
    others = {"conversation_id": other_pair.conversation_id, "message_id": UUID(foreign["id"])}
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(INSERT_VERSION, **own, id=new_id()) == 1
    for change in (others, {"later": timedelta(minutes=16)}):
        async with refused():
            await rows.attempt(INSERT_VERSION, **own | {"number": 2} | change, id=new_id())
    await rows.act_as(pair.therapist.id, Role.therapist)
    assert (await rows.seen())["message_versions"] == 1
    async with refused():
        await rows.attempt(INSERT_VERSION, **own | {"number": 2}, id=new_id())
    await rows.act_as(pair.client.id, Role.client)
    await rows.attempt(text("UPDATE messages SET withdrawn_at = now()"))
    assert (await rows.seen())["message_versions"] == 0
    async with refused():
        await rows.attempt(INSERT_VERSION, **own | {"number": 2}, id=new_id())
    await practice.end_care(other_pair)
    await rows.act_as(other_pair.client.id, Role.client)
    async with refused():
        await rows.attempt(INSERT_VERSION, **own | others, id=new_id())


async def test_a_read_mark_is_its_persons_own(practice: Practice, pair: Pair, other_pair: Pair, rows: Rows) -> None:
    """Neither the other party nor anybody else sees, makes or moves it."""
    insert = text("INSERT INTO read_marks VALUES (:conversation, :person, 1, now())")
    move = text("UPDATE read_marks SET sequence = 7")
    await rows.act_as(pair.client.id, Role.client)
    own = {"conversation": pair.conversation_id, "person": pair.client.id}
    assert await rows.attempt(insert, **own) == 1
    for change in ({"person": pair.therapist.id}, {"conversation": other_pair.conversation_id}):
        async with refused():
            await rows.attempt(insert, **own | change)
    for person, role in (
        (pair.therapist, Role.therapist),
        (other_pair.client, Role.client),
        (pair.client, Role.therapist),
        (pair.client, Role.admin),
    ):
        await rows.act_as(person.id, role)
        assert (await rows.seen())["read_marks"] == 0
        assert await rows.attempt(move) == 0
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(move) == 1
    await practice.know(pair.client, disabled_at=datetime.now(UTC))
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(move) == 0


async def test_the_worker_opens_conversations_from_care_alone(
    practice: Practice, database: RolledBackDatabase, pair: Pair, other_pair: Pair, rows: Rows
) -> None:
    async with practice.arrange() as session:
        await session.execute(text("DELETE FROM conversations"))
    await practice.end_care(other_pair)
    insert = text("INSERT INTO conversations (id, client_id, therapist_id, created_at, last_sequence) "
                  "VALUES (:id, :client, :therapist, now(), :sequence)")  # fmt: skip
    values = {"client": pair.client.id, "therapist": pair.therapist.id, "sequence": 0}
    async with database.as_role("messaging_worker"):
        for change in (
            {"therapist": other_pair.therapist.id},
            {"client": other_pair.client.id, "therapist": other_pair.therapist.id},
            {"sequence": 1},
        ):
            async with refused():
                await rows.attempt(insert, **values | change, id=new_id())
        assert await rows.attempt(insert, **values, id=new_id()) == 1


async def test_the_worker_knows_people_care_and_who_wrote_when_and_no_conversation(
    database: RolledBackDatabase, pair: Pair, rows: Rows
) -> None:
    async with database.as_role("messaging_worker"):
        await rows.act_as(pair.client.id, Role.client)
        for table in ("conversations", "messages", "message_versions", "keys.data_keys", "audit_events"):  # not whole
            async with refused():
                await rows.attempt(text(f"TABLE {table}"))
        for table in ("people", "care_relationships"):
            async with refused():
                await rows.attempt(text(f"DELETE FROM {table}"))  # noqa: S608  # one of two names above
        assert await rows.attempt(text("UPDATE people SET name = name")) >= 2


async def test_the_owner_is_under_the_policies_too(
    practice: Practice, database: RolledBackDatabase, pair: Pair, rows: Rows
) -> None:
    """FORCE: the role that migrates reads nothing but what the access log and answering times need, without a key."""
    await practice.send(pair, pair.client, "hello")
    async with database.as_role("messaging_owner"):
        await rows.act_as(pair.client.id, Role.client)
        seen = await rows.seen()
        await rows.act_as(None, None)
        nobodys = await rows.seen()
    assert {table: number for table, number in seen.items() if number} == {
        "people": 1,  # the therapist's name
        "care_relationships": 1,
        "conversations": 1,
        "messages": 1,
    }
    assert {table for table, number in nobodys.items() if number} == {"people"}  # therapists' names


async def test_a_mark_is_seen_where_both_tell_and_is_still_only_its_persons_to_move(
    practice: Practice, pair: Pair, other_pair: Pair, rows: Rows
) -> None:
    await practice.send(pair, pair.therapist, "hello")
    choose = text("INSERT INTO seen_choices VALUES (:person, :tells, now() - interval '1 hour')")
    again = text("UPDATE seen_choices SET tells = :tells")
    move = text("UPDATE read_marks SET sequence = 7 WHERE person_id = :person")
    await practice.mark(pair, pair.client, 1)

    async def marks_seen() -> int:
        await rows.act_as(pair.therapist.id, Role.therapist)
        return (await rows.seen())["read_marks"]

    for person, expected in ((pair.therapist, 0), (pair.client, 1), (other_pair.therapist, 1)):
        await rows.act_as(person.id, person.role)
        assert await rows.attempt(choose, person=person.id, tells=True) == 1
        assert await marks_seen() == expected
    assert await rows.attempt(move, person=pair.client.id) == 0
    async with refused():
        await rows.attempt(choose, person=pair.client.id, tells=False)
    await rows.act_as(other_pair.therapist.id, Role.therapist)
    assert ((await rows.seen())["read_marks"], (await rows.seen())["seen_choices"]) == (0, 1)
    await rows.act_as(pair.client.id, Role.client)
    assert await rows.attempt(again, tells=False) == 1
    assert await marks_seen() == 0
