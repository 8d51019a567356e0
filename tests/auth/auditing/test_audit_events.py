"""What the audit keeps, read by admins: metadata only, page by page, and the reading is kept too."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import AuditEvent
from afterglow_foundation.audit.reading import AuditEventOut
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import text

from tests.auth.arranging import Browser, Desk, Program, add_person, audited, problem

EVENTS = "/audit-events"


async def keep(database: RolledBackDatabase, **values: Any) -> UUID:
    """Put an event in place."""
    event = AuditEvent(**({"action": "person:read"} | values))
    async with database.arrange() as session:
        session.add(event)
    return event.id


async def found(desk: Desk, **asked: Any) -> list[UUID]:
    """Of the readings that a test put in place: those of the audit itself are kept too."""
    asked = {"action": "person:read", **asked}
    return [UUID(one["id"]) for one in (await desk.get(EVENTS, **asked))["items"]]


async def test_the_newest_come_first_and_page_by_page(desk: Desk, database: RolledBackDatabase):
    kept = [await keep(database, action="care:assigned") for _ in range(5)]
    first = await desk.get(EVENTS, action="care:assigned", limit=2)
    second = await desk.get(EVENTS, action="care:assigned", limit=2, after=first["next"])
    last = await desk.get(EVENTS, action="care:assigned", limit=2, after=second["next"])
    pages = first["items"] + second["items"] + last["items"]
    assert [UUID(one["id"]) for one in pages] == kept[::-1]
    assert last["next"] is None
    assert set(pages[0]) == set(AuditEventOut.model_fields)


async def test_a_person_is_found_as_whoever_acted_and_as_whom_it_was_about(desk: Desk, database: RolledBackDatabase):
    somebody = new_id()
    acted = await keep(database, actor_id=somebody)
    concerned = await keep(database, subject_id=somebody)
    await keep(database, subject_id=new_id())
    assert await found(desk, person=somebody) == [concerned, acted]
    assert await found(desk, person=somebody, action="care:ended") == []


async def test_outcome_and_time_narrow_it_down(desk: Desk, database: RolledBackDatabase):
    somebody, now = new_id(), datetime.now(UTC)
    kept = [
        await keep(database, subject_id=somebody, outcome=outcome, at=now + timedelta(seconds=seconds))
        for outcome, seconds in (("success", -2), ("refused", -1), ("success", 0))
    ]
    assert await found(desk, person=somebody, outcome="refused") == [kept[1]]
    moments = [(now + timedelta(seconds=seconds)).isoformat() for seconds in (-1, 0)]
    assert await found(desk, person=somebody, since=moments[0]) == [kept[2], kept[1]]
    assert await found(desk, person=somebody, until=moments[0]) == [kept[0]]
    assert await found(desk, person=somebody, since=moments[0], until=moments[1]) == [kept[1]]
    assert await found(desk, person=somebody, since=(now + timedelta(hours=1)).isoformat()) == []
    assert await found(desk, person=somebody, until="1969-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"person": "x"}, "person"),
        ({"action": "x" * 101}, "action"),
        ({"action": "a b"}, "action"),
        ({"outcome": "maybe"}, "outcome"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"until": "9999999999999999"}, "until"),
        ({"after": "x"}, "after"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"verb": "x"}, "verb"),
    ],
)
async def test_what_cannot_be_asked_names_its_field(desk: Desk, asked: dict[str, Any], field: str):
    answer = await desk.ask("GET", EVENTS, **asked)
    assert problem(answer) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_reading_is_kept_too_with_whom_it_was_about(desk: Desk, database: RolledBackDatabase):
    somebody = new_id()
    assert len(await found(desk, person=somebody, action="audit:read")) == 1
    (event,) = await audited(database, "audit:read")
    assert (event.actor_id, event.subject_id, event.outcome) == (desk.person.id, somebody, "success")


@pytest.mark.parametrize("role", ["client", "therapist"])
async def test_nobody_else_reads_it(other_browser: Browser, web: Program, database: RolledBackDatabase, role: str):
    async with database.arrange() as session:
        somebody = await add_person(session, role)
    desk = await Desk.of(other_browser, somebody, web)
    assert problem(await desk.ask("GET", EVENTS)) == (403, "forbidden")
    assert [event.outcome for event in await audited(database, "audit:read")] == ["refused"]


async def test_the_database_shows_everything_to_admins_and_to_others_what_is_about_them(database: RolledBackDatabase):
    somebody = new_id()
    await keep(database, subject_id=somebody)
    await keep(database, subject_id=new_id())
    asked = text("SELECT subject_id FROM audit_events WHERE subject_id IS NOT NULL")
    for context in (RowContext(somebody, Role.client), RowContext(somebody, Role.therapist)):
        async with database.unit_of_work(context) as session:
            assert set(await session.scalars(asked)) == {somebody}
    async with database.unit_of_work(RowContext()) as session:
        assert (await session.scalars(asked)).all() == []
    async with database.unit_of_work(RowContext(new_id(), Role.admin)) as session:
        assert len((await session.scalars(asked)).all()) >= 2


async def test_ids_become_names(desk: Desk, person: Person, database: RolledBackDatabase):
    answer = await desk.ask("GET", "/names", id=[str(person.id), str(new_id())])
    assert answer.json() == {"items": [{"id": str(person.id), "name": person.name}]}
    assert len(await audited(database, "names:read")) == 1
    assert (await desk.ask("GET", "/names")).status_code == 422
    assert (await desk.ask("GET", "/names", id=["x"])).status_code == 422
    assert (await desk.ask("GET", "/names", id=[str(new_id()) for _ in range(201)])).status_code == 422
