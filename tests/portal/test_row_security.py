"""Row-level security by itself: what each role reaches with SQL of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase, unsecured_tables
from afterglow_foundation.testing.people import Person
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.portal.arranging import LONG_AGO, assign, check_in, put, stand_in
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, act, begin, correct, give, of, plan, schedule
from tests.portal.dosing_day.observing import add, adverse, observed, reading
from tests.portal.journal.writing import JOURNAL as ENTRIES
from tests.portal.journal.writing import draft, edit, write
from tests.portal.long_term.watching import watch
from tests.portal.notes.summing_up import edit as edit_summary
from tests.portal.notes.summing_up import write as sum_up
from tests.portal.preferences.preferring import prefer
from tests.portal.process_notes.noting import edit as edit_note
from tests.portal.process_notes.noting import note
from tests.portal.quiet_mode.being_quiet import leave_quiet_mode
from tests.portal.tasks.assigning import assign as assign_task
from tests.portal.voice_notes.recording import record, sound

JOURNAL = [f"journal_{name}" for name in ("entries", "versions", "shares", "readings", "erasures", "drafts")]
AGENDA = ["pinned_lines", "pinned_line_readings"]
VOICE_NOTES = ["voice_notes", "voice_note_chunks", "voice_note_readings"]
DOSING_DAY = ["adverse_events", "dosing_checklists", "observations", "vital_signs"]
COURSE = ["courses", "course_versions", "course_sessions", "course_session_versions", "administrations"]
COURSE += ["administration_versions", "course_session_reasons"]
TREATED = [1, 1, 2, 2, *[1] * 7]  # rows in the tables of course and day: two sessions, each changed once
CHECK_INS = ["check_ins", "check_in_versions", "check_in_readings", "check_in_marks"]
CHOICES = ["check_in_limits", "standing_choices"]
NOTES = ["session_summaries", "session_summary_versions"]
PROCESS_NOTES = ["note_books", "process_notes", "process_note_versions"]
CLINICAL = [*CHOICES, *CHECK_INS, *JOURNAL, *AGENDA, *VOICE_NOTES, *COURSE, *DOSING_DAY, *NOTES, *PROCESS_NOTES]
TASKS = ["integration_tasks", "integration_task_marks"]
BREAK_GLASS = ["break_glass_reasons", "earlier_shares"]
PREFERENCES = ["support_preferences"]
LONG_TERM = ["long_term_checks"]
QUIET_MODE = ["quiet_mode_leavings"]
CLINICAL += [*TASKS, *BREAK_GLASS, *PREFERENCES, *LONG_TERM, *QUIET_MODE, "keys.data_keys"]
REPLACED = ["courses", "session_summaries"]
RECORD = [*COURSE, *DOSING_DAY, *NOTES, *TASKS, *PREFERENCES, *LONG_TERM]  # by all in care to read
REMINDERS = ["reminder_choices", "prompts"]
TABLES = ["people", "care_relationships", *CLINICAL, *REMINDERS]
RELEASING = {("r", "portal_owner"), ("w", "portal_owner")}  # the function that a session which begins calls
POLICIES = {
    "administration_versions": {("r", "portal_app"), ("a", "portal_app")},
    "administrations": {*[(command, "portal_app") for command in "raw"], ("r", "portal_worker")},  # when doses were
    "adverse_events": {("r", "portal_app"), ("a", "portal_app")},
    "audit_events": {
        ("r", "portal_app"),
        ("a", "portal_app"),
        ("a", "portal_worker"),
        ("r", "portal_auditor"),
        ("r", "portal_owner"),  # for the view of the access log, which reads as its owner
    },
    "break_glass_reasons": {("r", "portal_app"), ("a", "portal_app"), ("r", "portal_owner")},  # for who may read
    "care_relationships": {
        *[("r", role) for role in ("portal_app", "portal_worker", "portal_owner")],  # the owner releases for a session
        ("a", "portal_worker"),
        ("w", "portal_worker"),
    },
    "check_in_marks": {("r", "portal_app"), *[(command, "portal_owner") for command in "raw"]},  # by triggers
    "check_in_readings": {("r", "portal_app"), ("a", "portal_app"), ("r", "portal_owner")},  # what was opened stays
    "check_in_versions": {("r", "portal_app"), ("a", "portal_app"), ("d", "portal_app")},
    "check_ins": {*[(command, "portal_app") for command in "raw"], *RELEASING, ("r", "portal_worker")},  # how many
    "course_session_reasons": {("r", "portal_app"), ("a", "portal_app")},
    "course_session_versions": {("r", "portal_app"), ("a", "portal_app")},
    "course_sessions": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app")},
    "course_versions": {("r", "portal_app"), ("a", "portal_app")},
    "courses": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app")},
    "data_keys": {("r", "portal_app"), ("a", "portal_app")},
    "dosing_checklists": {("r", "portal_app"), ("a", "portal_app")},
    "earlier_shares": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app")},
    "event_feeds": {("r", "portal_worker"), ("a", "portal_worker"), ("w", "portal_worker")},
    "grants": {
        *[("r", role) for role in ("portal_app", "portal_worker", "portal_owner")],
        ("a", "portal_worker"),
        ("w", "portal_worker"),
    },
    "integration_task_marks": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app")},
    "integration_tasks": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app")},
    "journal_drafts": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app"), ("d", "portal_app")},
    "journal_entries": {*[(command, "portal_app") for command in "rawd"], *RELEASING},
    "journal_erasures": {("r", "portal_app"), ("a", "portal_app")},
    "journal_readings": {("r", "portal_app"), ("a", "portal_app")},
    "journal_shares": {*[(command, "portal_app") for command in "rad"], ("a", "portal_owner")},
    "journal_versions": {("r", "portal_app"), ("a", "portal_app")},
    "long_term_checks": {("r", "portal_app"), ("a", "portal_app")},
    "note_books": {("r", "portal_app"), ("a", "portal_app"), ("r", "portal_owner")},  # that there is one
    "note_openings": {*[(command, "portal_app") for command in "raw"]},
    "observations": {("r", "portal_app"), ("a", "portal_app")},
    "people": {
        ("r", "portal_app"),
        ("r", "portal_worker"),
        ("a", "portal_worker"),
        ("w", "portal_worker"),
        ("r", "portal_owner"),  # names of staff, for the same view
    },
    "pinned_line_readings": {("r", "portal_app"), ("a", "portal_app"), ("r", "portal_owner")},  # what was read stays
    "pinned_lines": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app"), ("d", "portal_app")},
    "process_note_versions": {*[(command, "portal_app") for command in "rad"]},
    "process_notes": {*[(command, "portal_app") for command in "raw"]},
    "prompts": {*[(command, "portal_app") for command in "rw"], *[(command, "portal_worker") for command in "rawd"]},
    "quiet_mode_leavings": {("r", "portal_app"), ("a", "portal_app")},
    "received_events": {("r", "portal_worker"), ("a", "portal_worker"), ("d", "portal_worker")},
    "reminder_choices": {*[(command, "portal_app") for command in "raw"], ("r", "portal_worker")},
    "revoked_sessions": {
        ("r", "portal_app"),
        ("r", "portal_worker"),
        ("a", "portal_worker"),
        ("d", "portal_worker"),
    },
    "check_in_limits": {*[(command, "portal_app") for command in "raw"], ("r", "portal_worker")},
    "session_summaries": {("r", "portal_app"), ("a", "portal_app"), ("w", "portal_app")},
    "session_summary_versions": {("r", "portal_app"), ("a", "portal_app")},
    "standing_choices": {("r", "portal_app"), ("a", "portal_app")},
    "support_preferences": {("r", "portal_app"), ("a", "portal_app")},
    "vital_signs": {("r", "portal_app"), ("a", "portal_app")},
    "voice_note_chunks": {("r", "portal_app"), ("a", "portal_app")},
    "voice_note_readings": {("r", "portal_app"), ("a", "portal_app")},
    "voice_notes": {
        *[(command, "portal_app") for command in "rawd"],
        *[(command, "portal_worker") for command in "rd"],
    },
}
NOBODY = RowContext()
INSUFFICIENT_PRIVILEGE = "42501"
SHARED_BEFORE = """
    UPDATE check_ins SET entered_at = entered_at - interval '20 days', shared_at = shared_at - interval '20 days'
"""
MADE_BEFORE = "UPDATE {table} SET made_at = made_at - interval '20 days'"
CHANGED_BEFORE = "UPDATE {table} SET edited_at = edited_at - interval '20 days'"
OWNERS = "SELECT owner_id FROM keys.data_keys"
PROMPT = """
    INSERT INTO prompts (client_id, id, slot, kind, local_date, due_at, expires_at, state, ask_at)
    VALUES (:client, :id, 'x', 'daily', now(), now(), now() + interval '3 hours', 'planned', now())
"""
MARK = """
    INSERT INTO integration_task_marks (client_id, id, task_id, done_on, occasion, made_at, body_digest)
    SELECT client_id, :id, id, now(), 1, now(), '' FROM integration_tasks WHERE client_id = :client
"""
COPY = """
    INSERT INTO check_ins
    SELECT (jsonb_populate_record(
        entry, jsonb_build_object('client_id', CAST(:owner AS text), 'id', CAST(:id AS text))
    )).*
    FROM check_ins AS entry WHERE entry.id = :source
"""


@asynccontextmanager
async def acting(database: RolledBackDatabase, context: RowContext) -> AsyncIterator[AsyncSession]:
    async with database.unit_of_work(context) as session:
        yield session


async def rows(session: AsyncSession, sql: str, **values: Any) -> list[Any]:
    return list((await session.execute(text(sql), values)).all())


async def refused(session: AsyncSession, sql: str, **values: Any) -> bool:
    """True when the database refuses the statement for want of a right, and not for anything else."""
    try:
        async with session.begin_nested():
            await session.execute(text(sql), values)
    except DBAPIError as error:
        return getattr(error.orig, "sqlstate", "") == INSUFFICIENT_PRIVILEGE
    return False


@pytest.fixture
async def written(
    *,
    database: RolledBackDatabase,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_client: Person,
) -> dict[str, str]:
    """Check-ins of the client by visibility, `hidden_before` shared only since its edit, one of another client.

    And a journal.
    """
    ids = {visibility: (await put(as_client, visibility=visibility))["id"] for visibility in ("only_me", "therapist")}
    for name, before, after in (("hidden_before", "only_me", "therapist"), ("hidden_now", "therapist", "only_me")):
        ids[name] = (await put(as_client, visibility=before, note=name))["id"]
        change = check_in(visibility=after, version_id=str(new_id()))
        assert (await as_client.post(f"/api/portal/check-ins/{ids[name]}/versions", json=change)).status_code == 201
    ids["twice_shared"] = (await put(as_client, visibility="therapist"))["id"]
    change = check_in(visibility="therapist", version_id=str(new_id()))
    assert (await as_client.post(f"/api/portal/check-ins/{ids['twice_shared']}/versions", json=change)).is_success
    assert (await as_client.put("/api/portal/choices", json={"journal": "only_me", "check_ins_a_day": 4})).is_success
    async with signed_in(other_client) as http:
        ids["others"] = (await put(http, visibility="therapist"))["id"]
    await write_journal(as_client, as_therapist, str(client_person.id))
    assert (await prefer(as_client)).status_code == 201
    await treat(as_therapist, client_person)
    await leave_quiet_mode(as_client)
    reminders = {"daily": True, "daily_at": "19:00", "after_dose": True}
    assert (await as_client.put("/api/portal/reminders", json=reminders)).is_success
    async with database.arrange() as session:
        await session.execute(text(PROMPT), {"id": new_id(), "client": client_person.id})
        await session.execute(text(MARK), {"id": new_id(), "client": client_person.id})
    ids["next_session"] = (await put(as_client, visibility="next_session"))["id"]  # later than the session that began
    return ids


async def write_journal(as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client: str) -> None:
    """A row in every table of the journal: a read entry of two versions with a pinned line, one erased, a draft."""
    read, gone = [(await write(as_client))["id"] for _ in range(2)]
    assert (await as_client.post(f"{ENTRIES}/{read}/versions", json=edit(text="Changed"))).is_success
    assert (await as_therapist.get(f"{ENTRIES}/{read}", params={"client": client})).is_success
    line = {"entry_id": read, "text": "Changed"}
    assert (await as_client.put(f"/api/portal/agenda/{new_id()}", json=line)).is_success
    assert (await as_therapist.get("/api/portal/agenda", params={"client": client})).is_success
    note = await record(as_client, read, sound(500))
    assert (await as_therapist.get(f"{note}/content", params={"client": client})).is_success
    assert (await as_client.delete(f"{ENTRIES}/{gone}")).is_success
    assert (await as_client.put(f"{ENTRIES}/drafts/{new_id()}", json=draft())).is_success


async def treat(as_therapist: httpx.AsyncClient, client: Person) -> None:
    """A row in every table of the course and of the day: a changed plan, a session that was opened, a dose."""
    """A row in every table of course and notes: a changed plan, a session opened, a dose, a changed summary."""
    course = await begin(as_therapist, client)
    change = plan(version_id=str(new_id()), base_version=1)
    assert (await as_therapist.post(f"{COURSES}/{course}/versions", params=of(client), json=change)).is_success
    session = await schedule(as_therapist, client, course)
    assert (await act(as_therapist, client, session, "opening")).is_success
    given = new_id()
    assert (await give(as_therapist, client, session, given)).is_success
    assert (await correct(as_therapist, client, session, given)).is_success
    other = await schedule(as_therapist, client, course)
    why = {"reason": "Ill"}
    answer = await as_therapist.put(f"{COURSES}/sessions/{other}/cancellation", params=of(client), json=why)
    assert answer.is_success
    for kind, body in (("vital-signs", reading()), ("adverse-events", adverse()), ("observations", observed())):
        assert (await add(as_therapist, client, session, kind, body)).status_code == 201
    assert (await assign_task(as_therapist, client, session)).status_code == 201
    assert (await watch(as_therapist, client)).status_code == 201
    summary = str(new_id())
    assert (await sum_up(as_therapist, client, session, summary)).is_success
    assert (await edit_summary(as_therapist, client, summary, withholding_reason="Not yet.")).is_success
    assert (await edit_note(as_therapist, client, await note(as_therapist, client))).is_success


async def test_every_table_is_secured(database: RolledBackDatabase):
    async with database.arrange() as session:
        assert await unsecured_tables(session) == {"public.alembic_version"}
        found = await rows(
            session,
            "SELECT c.relname, p.polcmd::text, r.rolname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
            " JOIN pg_roles r ON r.oid = ANY (p.polroles)",
        )
        by_table: dict[str, set[tuple[str, str]]] = {}
        for table, command, role in found:
            by_table.setdefault(table, set()).add((command, role))
        assert by_table == POLICIES
        bypassing = await rows(
            session, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'portal%' AND (rolbypassrls OR rolsuper)"
        )
        assert bypassing == []


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("table", TABLES)
async def test_without_a_context_there_are_no_rows(database: RolledBackDatabase, table: str):
    async with acting(database, NOBODY) as session:
        assert await rows(session, f"SELECT * FROM {table}") == []  # noqa: S608  # names of ours


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("table", TABLES)
async def test_an_admin_reaches_no_client(database: RolledBackDatabase, admin: Person, table: str):
    async with acting(database, RowContext(admin.id, "admin")) as session:
        found = await rows(session, f"SELECT * FROM {table}")  # noqa: S608  # names of ours
    assert [row.id for row in found] == ([admin.id] if table == "people" else [])


async def test_a_client_sees_only_what_is_theirs(
    database: RolledBackDatabase, client_person: Person, therapist: Person, written: dict[str, str]
):
    mine = {UUID(value) for name, value in written.items() if name != "others"}
    async with acting(database, RowContext(client_person.id, "client")) as session:
        assert {row.id for row in await rows(session, "SELECT id FROM check_ins")} == mine
        assert {row.id for row in await rows(session, "SELECT id FROM people")} == {client_person.id, therapist.id}
        assert [row.owner_id for row in await rows(session, OWNERS)] == [client_person.id]
        assert len(await rows(session, "SELECT * FROM check_in_versions")) == 3
        assert len(await rows(session, "SELECT * FROM care_relationships")) == 1
        mine_too = [*JOURNAL, *AGENDA, *VOICE_NOTES, *COURSE, *DOSING_DAY, *TASKS, *PREFERENCES, *QUIET_MODE]
        mine_too += REMINDERS
        counted = [len(await rows(session, f"SELECT * FROM {table}")) for table in mine_too]  # noqa: S608  # names of ours
        assert counted == [*[1] * 11, *TREATED, 1, 1, 1, 1, 1, 1]


async def test_a_therapist_sees_what_is_shared_now_by_clients_in_care(
    database: RolledBackDatabase, client_person: Person, therapist: Person, written: dict[str, str]
):
    async with acting(database, RowContext(therapist.id, "therapist")) as session:
        shared = {UUID(written[name]) for name in ("therapist", "hidden_before", "twice_shared")}
        assert {row.id for row in await rows(session, "SELECT id FROM check_ins")} == shared
        versions = await rows(session, "SELECT check_in_id, visibility FROM check_in_versions")
        assert [tuple(row) for row in versions] == [(UUID(written["twice_shared"]), "therapist")]
        assert await rows(session, "SELECT * FROM standing_choices") == []
        (book,) = await rows(session, "SELECT id FROM note_books")
        assert {row.owner_id for row in await rows(session, OWNERS)} == {client_person.id, book.id}
        people = await rows(session, "SELECT id FROM people")
        assert {row.id for row in people} == {client_person.id, therapist.id}
        tables = [*JOURNAL, *AGENDA, *VOICE_NOTES, *COURSE, *DOSING_DAY]
        counted = [len(await rows(session, f"SELECT * FROM {table}")) for table in tables]  # noqa: S608  # names of ours
        assert counted == [1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, *TREATED]


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("table", TABLES)
async def test_an_unassigned_therapist_sees_nobody(database: RolledBackDatabase, other_therapist: Person, table: str):
    async with acting(database, RowContext(other_therapist.id, "therapist")) as session:
        found = await rows(session, f"SELECT * FROM {table}")  # noqa: S608  # names of ours
    assert [row.id for row in found] == ([other_therapist.id] if table == "people" else [])


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    "table",
    [
        *("check_ins", "check_in_versions", "journal_entries", "journal_shares", "journal_readings"),
        *(*AGENDA, *VOICE_NOTES),
        *(*COURSE, *DOSING_DAY, *NOTES, *PROCESS_NOTES, *TASKS, *PREFERENCES, "keys.data_keys"),
    ],
)
@pytest.mark.parametrize(
    ("change", "sees"),
    [
        ("UPDATE care_relationships SET ended_at = now() - interval '13 days'", True),
        ("UPDATE care_relationships SET ended_at = now() - interval '15 days'", False),
        ("UPDATE care_relationships SET started_at = now() + interval '1 day'", False),
        ("UPDATE people SET disabled_at = now() WHERE role = 'therapist'", False),
        ("UPDATE people SET role = 'admin' WHERE role = 'therapist'", False),
    ],
)
async def test_reading_ends_with_care(
    database: RolledBackDatabase, therapist: Person, table: str, change: str, sees: bool
):
    async with database.arrange() as session:
        await session.execute(text(SHARED_BEFORE))
        for made in RECORD:
            await session.execute(text(MADE_BEFORE.format(table=made)))
        for changed in REPLACED:
            await session.execute(text(CHANGED_BEFORE.format(table=changed)))
        await session.execute(text(change))
    async with acting(database, RowContext(therapist.id, "therapist")) as session:
        found = await rows(session, f"SELECT * FROM {table}")  # noqa: S608  # names of ours
    assert bool(found) == sees


async def test_nobody_writes_as_somebody_else(
    database: RolledBackDatabase,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    written: dict[str, str],
):
    intruders = (
        RowContext(other_client.id, "client"),
        RowContext(therapist.id, "therapist"),
        RowContext(client_person.id),
    )
    untreated = {intruders[0]: client_person.id, intruders[1]: other_client.id}
    for context in intruders:
        async with acting(database, context) as session:
            source = await rows(session, "SELECT id FROM check_ins LIMIT 1")
            values = {"owner": str(client_person.id), "id": str(new_id()), "source": source[0].id}
            assert await refused(session, COPY, **values), context
            changed = await session.execute(
                text("UPDATE check_ins SET mood = 5 WHERE id = :id"), {"id": UUID(written["therapist"])}
            )
            assert changed.rowcount == 0  # type: ignore[attr-defined]  # an UPDATE answers with a cursor result
            assert await refused(
                session,
                "INSERT INTO keys.data_keys (id, owner_id, key_version, wrapped, created_at)"
                " VALUES (:id, :owner, 1, '', now())",
                id=new_id(),
                owner=untreated[context] if context.role else new_id(),
            )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM check_ins",
        "DELETE FROM check_in_marks",
        "UPDATE check_in_marks SET mark = 1",
        "INSERT INTO check_in_marks VALUES (gen_random_uuid(), gen_random_uuid(), 1)",
        "DELETE FROM check_in_readings",
        "UPDATE check_in_readings SET version = 2",
        "UPDATE check_in_versions SET visibility = 'therapist'",
        "UPDATE standing_choices SET visibility = 'therapist'",
        "DELETE FROM standing_choices",
        "DELETE FROM journal_readings",
        "UPDATE journal_readings SET version = 2",
        "TRUNCATE voice_notes CASCADE",
        "UPDATE journal_versions SET visibility = 'therapist'",
        "DELETE FROM journal_versions",
        "UPDATE journal_shares SET therapist_id = client_id",
        "DELETE FROM journal_erasures",
        "DELETE FROM earlier_shares",
        "UPDATE earlier_shares SET therapist_id = client_id",
        "TRUNCATE journal_entries CASCADE",
        "UPDATE pinned_lines SET shown_to = '{}'",
        "DELETE FROM pinned_line_readings",
        "UPDATE pinned_line_readings SET read_at = now()",
        "DELETE FROM courses",
        "DELETE FROM administrations",
        "DELETE FROM integration_task_marks",
        "UPDATE support_preferences SET version = 9",
        "UPDATE quiet_mode_leavings SET left_at = now()",
        "DELETE FROM quiet_mode_leavings",
        "DELETE FROM support_preferences",
        "DELETE FROM integration_tasks",
        "UPDATE administration_versions SET dose_mg = 1",
        "DELETE FROM course_session_reasons",
        "UPDATE vital_signs SET pulse = 60",
        "DELETE FROM adverse_events",
        "UPDATE observations SET ended_at = now()",
        "DELETE FROM dosing_checklists",
        "UPDATE note_books SET client_id = therapist_id",
        "DELETE FROM note_books",
        "DELETE FROM process_notes",
        "UPDATE process_note_versions SET version = 9",
        "UPDATE course_session_versions SET state = 'ended'",
        "INSERT INTO prompts SELECT * FROM prompts",
        "UPDATE prompts SET sent_at = now()",
        "DELETE FROM prompts",
        "DELETE FROM reminder_choices",
        "DELETE FROM keys.data_keys",
        "UPDATE keys.data_keys SET wrapped = ''",
        "INSERT INTO people SELECT * FROM people",
        "UPDATE people SET role = 'therapist'",
        "UPDATE care_relationships SET ended_at = NULL",
        "UPDATE audit_events SET outcome = 'success'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "TRUNCATE check_ins CASCADE",
    ],
)
@pytest.mark.usefixtures("written")
async def test_the_app_role_cannot(database: RolledBackDatabase, client_person: Person, statement: str):
    async with acting(database, RowContext(client_person.id, "client")) as session:
        assert await refused(session, statement)


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("table", ["audit_events", *CLINICAL])
async def test_the_worker_reads_nothing_clinical(database: RolledBackDatabase, table: str):
    async with database.as_role("portal_worker"), database.sessions() as session:
        assert await refused(session, f"SELECT * FROM {table}")  # noqa: S608  # names of ours
        assert len(await rows(session, "SELECT * FROM people")) == 5


@pytest.mark.usefixtures("written")
async def test_the_worker_learns_of_a_client_only_when_doses_were_and_how_much_was_noted(database: RolledBackDatabase):
    async with database.as_role("portal_worker"), database.sessions() as session:
        assert len(await rows(session, "SELECT client_id, given_at FROM administrations")) == 1
        assert await rows(session, "SELECT client_id, felt_at, local_date, erased_at FROM check_ins")
        for column, table in (("dose_mg", "administrations"), ("mood", "check_ins"), ("visibility", "check_ins")):
            assert await refused(session, f"SELECT {column} FROM {table}")  # noqa: S608  # names of ours


@pytest.mark.usefixtures("written")
async def test_a_client_reads_no_event(database: RolledBackDatabase, client_person: Person):
    async with acting(database, RowContext(client_person.id, "client")) as session:
        assert await rows(session, "SELECT * FROM audit_events") == []


@pytest.mark.usefixtures("written")
async def test_the_auditor_reads_the_trail_and_nothing_else(database: RolledBackDatabase):
    async with database.as_role("portal_auditor"), database.sessions() as session:
        assert await rows(session, "SELECT * FROM audit_events")
        for table in TABLES:
            assert await refused(session, f"SELECT * FROM {table}")  # noqa: S608  # names of ours
        assert await refused(session, "INSERT INTO audit_events SELECT * FROM audit_events")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET action = ''", "DELETE FROM audit_events", "TRUNCATE audit_events"]
)
async def test_even_a_superuser_meets_the_trigger(database: RolledBackDatabase, statement: str):
    async with database.arrange() as session:
        assert await refused(session, statement)


async def test_an_ended_relationship_of_a_former_therapist_opens_nothing(
    database: RolledBackDatabase, client_person: Person, other_therapist: Person, written: dict[str, str]
):
    async with database.arrange() as session:
        ended = datetime.now(UTC) - timedelta(days=20)
        await assign(session, client_person, other_therapist, ended_at=ended, as_of=LONG_AGO)
    async with acting(database, RowContext(other_therapist.id, "therapist")) as session:
        assert await rows(session, "SELECT * FROM check_ins") == []
    assert written


async def counts(database: RolledBackDatabase, person: Person) -> dict[str, int]:
    async with acting(database, RowContext(person.id, "therapist")) as session:
        return {table: len(await rows(session, f"SELECT * FROM {table}")) for table in RECORD}  # noqa: S608  # names of ours


@pytest.mark.usefixtures("written")
async def test_the_record_stands_still_for_whoever_treats_no_longer(
    database: RolledBackDatabase, client_person: Person, therapist: Person, other_therapist: Person
):
    """What was written before their care ended is theirs to read for fourteen days, and nothing from then on."""
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
        ended = "UPDATE care_relationships SET ended_at = now() - interval '1 day' WHERE therapist_id = :former"
        await session.execute(text(ended), {"former": therapist.id})
        for table in RECORD:
            await session.execute(text(f"UPDATE {table} SET made_at = now() - interval '2 days'"))  # noqa: S608  # names of ours
        for table in REPLACED:
            await session.execute(text(f"UPDATE {table} SET edited_at = now() - interval '25 hours'"))  # noqa: S608  # names of ours
    everything = await counts(database, other_therapist)
    assert 0 not in everything.values()
    assert await counts(database, therapist) == everything
    async with database.arrange() as session:  # a plan and a summary are replaced at the very moment
        for table in REPLACED:
            await session.execute(text(f"UPDATE {table} SET edited_at = now() - interval '1 day'"))  # noqa: S608  # names of ours
    assert await counts(database, therapist) == everything | dict.fromkeys(REPLACED, 0)
    async with database.arrange() as session:
        for table in RECORD:
            await session.execute(text(f"UPDATE {table} SET made_at = now() - interval '1 day'"))  # noqa: S608  # names of ours
    assert await counts(database, therapist) == dict.fromkeys(RECORD, 0)
    assert await counts(database, other_therapist) == everything
    async with database.arrange() as session:
        await stand_in(session, client_person, therapist, other_therapist)
    assert await counts(database, therapist) == everything


@pytest.mark.usefixtures("written")
async def test_nobody_empties_another_persons_history(
    database: RolledBackDatabase, other_client: Person, therapist: Person, client_person: Person
):
    for context in (
        RowContext(other_client.id, "client"),
        RowContext(therapist.id, "therapist"),
        RowContext(client_person.id),
    ):
        async with acting(database, context) as session:
            gone = await session.execute(text("DELETE FROM check_in_versions"))
            assert gone.rowcount == 0  # type: ignore[attr-defined]  # a DELETE answers with a cursor result


async def test_a_reading_is_the_readers_own_to_add(
    *,
    database: RolledBackDatabase,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    other_therapist: Person,
    written: dict[str, str],
):
    """Of a client in care, by a therapist, under their own name; the client sees it, no colleague does."""
    add = (
        "INSERT INTO check_in_readings (client_id, check_in_id, reader_id, version, first_read_at)"
        " VALUES (:client, :check_in, :reader, 1, now())"
    )
    mine = {"client": client_person.id, "check_in": UUID(written["therapist"])}
    others = {"client": other_client.id, "check_in": UUID(written["others"])}
    for actor, role, values in (
        (client_person, "client", mine | {"reader": client_person.id}),
        (client_person, "client", mine | {"reader": therapist.id}),
        (therapist, "therapist", mine | {"reader": other_therapist.id}),
        (therapist, "therapist", others | {"reader": therapist.id}),
        (other_therapist, "therapist", mine | {"reader": other_therapist.id}),
    ):
        async with acting(database, RowContext(actor.id, role)) as session:
            assert await refused(session, add, **values), (role, values)
    async with acting(database, RowContext(therapist.id, "therapist")) as session:
        await session.execute(text(add), mine | {"reader": therapist.id})
    for actor, role, seen in (
        (client_person, "client", 1),
        (therapist, "therapist", 1),
        (other_therapist, "therapist", 0),
        (other_client, "client", 0),
    ):
        async with acting(database, RowContext(actor.id, role)) as session:
            assert len(await rows(session, "SELECT * FROM check_in_readings")) == seen


async def seen(database: RolledBackDatabase, person: Person, role: str) -> list[int]:
    """How many rows of process notes, and how many data keys of books, somebody reaches."""
    async with database.arrange() as session:
        books = [row.id for row in await rows(session, "SELECT id FROM note_books")]
    async with acting(database, RowContext(person.id, role)) as session:
        counted = [len(await rows(session, f"SELECT * FROM {table}")) for table in PROCESS_NOTES]  # noqa: S608  # names of ours
        return [*counted, len(await rows(session, f"{OWNERS} WHERE owner_id = ANY (:books)", books=books))]


@pytest.mark.usefixtures("written")
async def test_process_notes_are_their_writers_alone(
    *,
    database: RolledBackDatabase,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    other_client: Person,
    admin: Person,
) -> None:
    """Not their client's, a stand-in's, another therapist's in care, or an admin's; and only with the role of one."""
    everybody = [(client_person, "client"), (other_client, "client"), (other_therapist, "therapist"), (admin, "admin")]
    assert await seen(database, therapist, "therapist") == [1, 1, 1, 1]
    assert await seen(database, therapist, "admin") == await seen(database, therapist, "client") == [0] * 4
    for person, role in everybody:
        assert await seen(database, person, role) == [0] * 4
    async with database.arrange() as session:
        await stand_in(session, client_person, other_therapist, therapist)
    assert await seen(database, other_therapist, "therapist") == [0] * 4
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
    assert await seen(database, other_therapist, "therapist") == [0] * 4


@pytest.mark.usefixtures("written")
async def test_nobody_writes_in_the_book_of_another(
    database: RolledBackDatabase, client_person: Person, therapist: Person, other_therapist: Person
) -> None:
    """Not in another's name, and not in one's own where the client is not in one's own care."""
    book = "INSERT INTO note_books (id, therapist_id, client_id, opened_at) VALUES (:id, :therapist, :client, now())"
    async with database.arrange() as session:
        await stand_in(session, client_person, other_therapist, therapist)
    for person, role, owner in (
        (client_person, "client", therapist),
        (client_person, "client", client_person),
        (other_therapist, "therapist", therapist),
        (other_therapist, "therapist", other_therapist),
    ):
        async with acting(database, RowContext(person.id, role)) as session:
            values = {"id": new_id(), "therapist": owner.id, "client": client_person.id}
            assert await refused(session, book, **values)
            for change in ("UPDATE process_notes SET version = 9", "DELETE FROM process_note_versions"):
                changed = await session.execute(text(change))
                assert changed.rowcount == 0  # type: ignore[attr-defined]  # it answers with a cursor result
