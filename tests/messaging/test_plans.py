"""With years of messages in the tables, what is asked on every page and after every wake-up uses indexes."""

from datetime import UTC, datetime
from typing import Any

import pytest_asyncio
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.service import described
from afterglow_messaging.messages.cursor import Cursor, Place, Snapshot
from afterglow_messaging.messages.fetching import FETCH, parameters
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.storing import STORE
from afterglow_messaging.messages.storing import parameters as storing_parameters
from afterglow_messaging.read_marks.unread import unfinished
from sqlalchemy import Executable, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlmodel import col

from tests.messaging.practice import Pair, Practice

# Two hundred other conversations with a hundred messages each, and five thousand messages in the pair's own.
OTHERS = text("""
    INSERT INTO conversations (id, client_id, therapist_id, created_at, last_sequence)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(), 100 FROM generate_series(1, 200)
""")
YEARS = text("""
    INSERT INTO messages (conversation_id, id, sequence, sender_id, sealed_text, digest, sent_at, stored_in)
    SELECT conversations.id, gen_random_uuid(), number, client_id, 'x', 'x', now(), CAST(CAST(number AS text) AS xid8)
    FROM conversations, generate_series(1, 5000) AS number
    WHERE conversations.id = :own OR number <= 100
""")

MARKS = text("""
    INSERT INTO read_marks SELECT id, gen_random_uuid(), 1, now() FROM conversations, generate_series(1, 20)
    UNION ALL SELECT :own, CAST(:reader AS uuid), 4990, now()
""")


@pytest_asyncio.fixture(loop_scope="session")
async def full(practice: Practice, pair: Pair) -> Pair:
    async with practice.arrange() as session:
        await session.execute(OTHERS)
        await session.execute(YEARS, {"own": pair.conversation_id})
        await session.execute(
            text("UPDATE conversations SET last_sequence = 5000 WHERE id = :own"), {"own": pair.conversation_id}
        )
        await session.execute(MARKS, {"own": pair.conversation_id, "reader": pair.therapist.id})
        await session.execute(text("ANALYZE"))
    return pair


async def plan(database: RolledBackDatabase, caller: Caller, statement: Executable) -> str:
    compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]  # every statement has it
    async with database.unit_of_work(RowContext.of(caller)) as session:
        explained = await session.connection()
        rows = await explained.exec_driver_sql(f"EXPLAIN {compiled}".replace("%%", "%"))
        return "\n".join(rows.scalars())


async def plan_of(database: RolledBackDatabase, statement: TextClause, values: dict[str, Any]) -> str:
    """Of a statement that sets its own context: explained, it does not run. Generic, as the service has it planned."""
    rows = await database.single_statement(text(f"EXPLAIN (GENERIC_PLAN) {statement.text}"), values)
    return "\n".join(row[0] for row in rows)


def callers(pair: Pair) -> list[Caller]:
    return [Caller(id=pair.client.id, role=Role.client), Caller(id=pair.therapist.id, role=Role.therapist)]


async def test_updates_begin_where_the_cursor_does(database: RolledBackDatabase, full: Pair) -> None:
    cursors = [
        Cursor(Snapshot.parse("4990:4990:")),
        Cursor(Snapshot.parse("4990:4990:"), Snapshot.parse("5001:5001:"), Place(full.conversation_id, 4995)),
    ]
    for caller in callers(full):
        for cursor in cursors:
            explained = await plan_of(database, FETCH, parameters(caller, cursor, 200))
            assert "Seq Scan on messages" not in explained, explained
            assert "(stored_in >= " in explained[explained.index("ix_messages_conversation_id_stored_in") :], explained


TEAMS = text("""
    INSERT INTO conversations (id, client_id, created_at, last_sequence)
    SELECT gen_random_uuid(), gen_random_uuid(), now(), 10 FROM generate_series(1, 2000)
""")


async def test_care_teams_of_others_are_not_looked_at(practice: Practice, full: Pair) -> None:
    """Neither in delivering nor in a list: what was looked at shows in the counters."""
    async with practice.arrange() as session:
        await session.execute(TEAMS)
        await session.execute(text("ANALYZE conversations"))
    read = text("SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'conversations'")
    for caller in callers(full):
        async with practice.database.unit_of_work(RowContext.of(caller)) as session:
            scans, rows = (await session.execute(read)).one()
            await session.execute(FETCH, parameters(caller, Cursor(Snapshot.parse("4990:4990:")), 200))
            after = (await session.execute(read)).one()
        assert (after[0] - scans, after[1] - rows < 100) == (0, True)


async def test_unread_messages_are_counted_from_the_mark_on(database: RolledBackDatabase, full: Pair) -> None:
    for caller in callers(full):
        for statement in (
            unfinished(caller),
            described(caller).order_by(col(Conversation.id)).limit(51),
            described(caller).where(col(Conversation.id) == full.conversation_id),
        ):
            explained = await plan(database, caller, statement)
            assert "Seq Scan on messages" not in explained, explained
            assert "uq_messages_conversation_id_sequence" in explained, explained
            assert "Seq Scan on read_marks" not in explained, explained


READ_SO_FAR = text("SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'messages'")
SIXTY_MORE = text("""
    WITH made AS (
        INSERT INTO conversations (id, client_id, therapist_id, created_at, last_sequence, last_message_at)
        SELECT gen_random_uuid(), gen_random_uuid(), :therapist, now(), 200, now() FROM generate_series(1, 60)
        RETURNING id, client_id
    )
    INSERT INTO messages (conversation_id, id, sequence, sender_id, sealed_text, digest, sent_at)
    SELECT id, gen_random_uuid(), number, CASE number % 2 WHEN 1 THEN client_id ELSE :therapist END, 'x', 'x',
           now() - interval '20 days' + number * interval '1 hour'
    FROM made, generate_series(1, 200) AS number
""")


async def test_answering_times_read_the_end_of_fifty_conversations(practice: Practice, full: Pair) -> None:
    """However many there are, and however long each is. What runs inside the function shows in the counters alone."""
    async with practice.arrange() as session:
        await session.execute(SIXTY_MORE, {"therapist": full.therapist.id})
        await session.execute(text("ANALYZE messages, conversations"))
    async with practice.database.unit_of_work(RowContext(full.client.id, Role.client)) as session:
        scans, rows = (await session.execute(READ_SO_FAR)).one()
        asked = {"conversation": full.conversation_id}
        found = (await session.execute(text("SELECT * FROM answering_times(:conversation)"), asked)).one()
        after = (await session.execute(READ_SO_FAR)).one()
    assert tuple(found) == (1, 1)
    assert after[0] == scans
    assert 1_000 < after[1] - rows <= 50 * 101  # each look-up may touch one beyond its end


async def test_sending_reads_no_table_whole(database: RolledBackDatabase, full: Pair) -> None:
    for caller in callers(full):
        message = Message(
            conversation_id=full.conversation_id,
            id=new_id(),
            sequence=0,
            sender_id=caller.person,
            sealed_text=b"",
            digest=b"",
            sent_at=datetime.now(UTC),
        )
        explained = await plan_of(database, STORE, storing_parameters(caller, message))
        assert "Seq Scan on messages" not in explained, explained
        assert "Seq Scan on conversations" not in explained, explained
