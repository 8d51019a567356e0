"""Who opened what of mine, and when: everything others opened, nothing of anybody else's, however much there is."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.audit import Outcome
from afterglow_foundation.audit.access_log import ACCESS_LOG
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.access_log.reading import described
from afterglow_portal.access_log.schemas import KINDS, Kind, Opening
from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.models import AuditEvent
from afterglow_portal.people.models import Grant
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from tests.portal.arranging import put
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, write

LOG = "/api/portal/access-log"
LATEST = UUID(int=2**128 - 1)
OPENED = set().union(*KINDS.values())
MANY = text("""
    INSERT INTO audit_events (id, at, actor_id, actor_role, subject_id, action, outcome)
    SELECT gen_random_uuid(), now(), CASE n % 50 WHEN 0 THEN CAST(:staff AS uuid) ELSE whose END, 'therapist',
           whose, 'check_ins.read', 'success'
    FROM generate_series(1, 100000) AS n,
         LATERAL (SELECT CASE n % 2 WHEN 0 THEN CAST(:client AS uuid) ELSE gen_random_uuid() END AS whose) AS picked
""")


# The client's own; what a therapist wrote for themselves alone, also once two people opened it; and of what a message
# refers to the kind and the day.
NOT_TOLD = {
    AuditAction.check_in_readings_read,
    AuditAction.journal_versions_read,
    AuditAction.process_note_read,
    AuditAction.process_notes_read,
    AuditAction.references_read,
    AuditAction.sealed_notes_read,
}


def test_whatever_others_can_open_is_of_a_kind():
    readings = {action for action in AuditAction if action.endswith(("read", "opened"))}
    assert readings - OPENED == NOT_TOLD


async def keep(database: RolledBackDatabase, *events: dict[str, Any]) -> list[UUID]:
    kept = [
        AuditEvent(**({"action": AuditAction.client_opened, "actor_role": "therapist"} | event)) for event in events
    ]
    async with database.arrange() as session:
        session.add_all(kept)
    return [event.id for event in kept]


async def log(http: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await http.get(LOG, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_client_sees_what_their_therapist_opened_and_nothing_of_their_own(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person
):
    check_in, entry = await put(as_client), await write(as_client)
    mine = {"client": str(client_person.id)}
    for path in (f"/api/portal/check-ins/{check_in['id']}", f"{JOURNAL}/{entry['id']}"):
        assert (await as_therapist.get(path, params=mine)).is_success
        assert (await as_client.get(path)).is_success
    assert (await as_therapist.get("/api/portal/caseload")).is_success
    found = (await log(as_client))["items"]
    assert [one["action"] for one in found] == ["caseload.read", "journal_entry.read", "check_in.read"]
    assert {(one["actor_id"], one["actor_name"], one["actor_role"]) for one in found} == {
        (str(therapist.id), therapist.name, "therapist")
    }
    assert [one["object_id"] for one in found] == [None, entry["id"], check_in["id"]]
    assert [one["day"] for one in found] == [None, entry["local_date"], check_in["local_date"]]
    assert (
        set(found[0]) == set(Opening.model_fields) == {*ACCESS_LOG.c.keys(), "day", "in_emergency", "stood_in"}
    )  # no session, device or place
    for kind, count in ((Kind.check_ins, 1), (Kind.journal, 1), (Kind.record, 1)):
        assert len((await log(as_client, kind=kind))["items"]) == count
    assert (await as_client.get(LOG, params={"kind": "all"})).status_code == 422


async def test_nobody_but_the_client_has_a_log_of_theirs(
    *,
    signed_in: Open,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    admin: Person,
    database: RolledBackDatabase,
):
    await keep(database, {"actor_id": therapist.id, "subject_id": client_person.id})
    for person in (therapist, admin):
        async with signed_in(person) as http:
            answer = await http.get(LOG, params={"client": str(client_person.id)})
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    async with signed_in(other_client) as http:
        assert await log(http) == {"items": [], "next": None}


async def test_pages_go_on_where_the_last_ended(
    as_client: httpx.AsyncClient, client_person: Person, therapist: Person, database: RolledBackDatabase
):
    kept = await keep(database, *[{"actor_id": therapist.id, "subject_id": client_person.id}] * 5)
    seen, after = [], None
    while after or not seen:
        page = await log(as_client, limit=2, **({"after": after} if after else {}))
        seen += [UUID(one["id"]) for one in page["items"]]
        after = page["next"]
    assert seen == kept[::-1]
    for bad in ({"limit": 0}, {"limit": 101}, {"after": "yesterday"}):
        assert (await as_client.get(LOG, params=bad)).status_code == 422


async def test_who_left_is_still_named_and_who_stood_in_is_told_apart(
    as_client: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    now = datetime.now(UTC)
    cover = GrantFact(
        id=new_id(),
        kind="cover",
        client_id=client_person.id,
        therapist_id=other_therapist.id,
        starts_at=now - timedelta(days=40),
        ends_at=now - timedelta(days=30),
        as_of=now,
    )
    async with database.arrange() as session:
        await upsert(session, Grant, [cover])
        await session.execute(text("UPDATE care_relationships SET ended_at = now() - interval '20 days'"))
        await session.execute(text("UPDATE people SET disabled_at = now() WHERE role = 'therapist'"))
    about_them = {"subject_id": client_person.id, "at": now - timedelta(days=35)}
    stranger = new_id()
    await keep(database, *[{"actor_id": who} | about_them for who in (stranger, other_therapist.id, therapist.id)])
    found = (await log(as_client))["items"]
    assert [(one["actor_name"], one["stood_in"]) for one in found] == [
        (therapist.name, False),
        (other_therapist.name, True),
        (None, False),
    ]


async def test_of_every_event_that_there_can_be_each_sees_exactly_their_own(
    database: RolledBackDatabase,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    admin: Person,
):
    """Every actor, subject, verb and outcome together; asked of the database itself, whoever asks as whatever."""
    people = (client_person, other_client, therapist, admin)
    actions = (*AuditAction, "audit:read", "of:tomorrow")
    each = list(product((None, *people), (None, *people), actions, Outcome))
    events = [
        {
            "actor_id": actor and actor.id,
            "actor_role": actor and str(actor.role),
            "subject_id": subject and subject.id,
            "action": str(action),
            "outcome": str(outcome),
            "session_id": new_id(),
        }
        for actor, subject, action, outcome in each
    ]
    kept = await keep(database, *events)
    for reader, role in product((None, *people), (None, *Role)):
        expected = {
            event_id
            for event_id, (actor, subject, action, outcome) in zip(kept, each, strict=True)
            if role == Role.client and subject is not None and subject is reader and actor not in {None, subject}
            if action in OPENED and outcome == Outcome.success
        }
        async with database.unit_of_work(RowContext(reader and reader.id, role)) as session:
            seen = set(await session.scalars(text("SELECT id FROM access_log")))
            if role != Role.admin:
                assert await session.scalar(text("SELECT count(*) FROM audit_events")) == 0
        assert seen == expected, (reader, role)
        assert bool(seen) == (role == Role.client and reader is not None)


@pytest.mark.parametrize("column", ["session_id", "request_id", "purpose"])
async def test_the_view_has_no_session_and_is_not_written(
    database: RolledBackDatabase, client_person: Person, column: str
):
    for statement in (
        f"SELECT {column} FROM access_log",  # noqa: S608  # names of ours
        "DELETE FROM access_log",
        "UPDATE access_log SET action = ''",
    ):
        with pytest.raises(DBAPIError, match=r"does not exist|permission denied|cannot"):
            async with database.unit_of_work(RowContext(client_person.id, Role.client)) as session:
                await session.execute(text(statement))


async def test_a_page_walks_its_index_through_a_hundred_thousand_events(
    database: RolledBackDatabase, client_person: Person, therapist: Person
):
    async with database.arrange() as session:
        await session.execute(MANY, {"staff": therapist.id, "client": client_person.id})
        await session.execute(text("ANALYZE audit_events"))
    for actions in (None, KINDS[Kind.check_ins]):
        asked = described(client_person.id, actions, LATEST, 50).compile(
            dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}
        )
        async with database.unit_of_work(RowContext(client_person.id, Role.client)) as session:
            # A table of one row is read whole, however good its index: what counts is that each has one that fits.
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            plan = "\n".join(await session.scalars(text(f"EXPLAIN {asked}".replace(":", r"\:"))))
        assert "Index Scan Backward using ix_audit_events_access_log" in plan, plan
        assert "Sort" not in plan, plan
        for table in ("audit_events", "journal_entries"):
            assert f"Seq Scan on {table}" not in plan, plan
