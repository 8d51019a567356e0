"""Importing a course: sealed, audited and read as any other, and safe to repeat."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.course.history import ImportedCourse, import_course
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from tests.portal.arranging import audited, number_of
from tests.portal.course.treating import courses, dose, plan

pytestmark = pytest.mark.usefixtures("known")
THEN = datetime.now(UTC) - timedelta(days=60)
LATER = THEN + timedelta(days=9)


def a_course(**changes: Any) -> ImportedCourse:
    session = {
        "id": new_id(),
        "kind": "dosing",
        "time_zone": "Europe/London",
        "stages": [
            {"at": THEN, "state": "planned", "planned_at": LATER - timedelta(hours=2)},
            {"at": THEN + timedelta(days=1), "state": "planned", "planned_at": LATER},
            {"at": LATER, "state": "open", "planned_at": LATER},
            {"at": LATER + timedelta(hours=3), "state": "ended", "planned_at": LATER},
        ],
    }
    given = dose(given_at=LATER + timedelta(minutes=20)) | {
        "id": new_id(),
        "session_id": session["id"],
        "made_at": LATER + timedelta(minutes=21),
    }
    values = {"id": new_id(), "made_at": THEN, "sessions": [session], "administrations": [given]}
    return ImportedCourse.model_validate(plan() | {"started_on": THEN.date()} | values | changes)


async def test_an_imported_course_reads_like_any_other(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase,
    settings: Settings, client_person: Person, therapist: Person,
):  # fmt: skip
    course = a_course()
    assert await import_course(database, key_store(settings), client_person.id, therapist.id, course) is True
    (read,) = await courses(as_client)
    assert read == (await courses(as_therapist, client_person))[0]
    assert (read["id"], read["goals"], read["version"]) == (str(course.id), plan()["goals"], 1)
    (session,) = read["sessions"]
    assert (session["state"], session["version"]) == ("ended", 4)
    assert datetime.fromisoformat(session["opened_at"]) == LATER
    assert [one["state"] for one in session["before"]] == ["planned", "planned", "open"]
    assert datetime.fromisoformat(session["before"][0]["planned_at"]) == LATER - timedelta(hours=2)
    (given,) = read["administrations"]
    assert (given["session_id"], given["mg_per_kg"]) == (session["id"], 0.8)
    curve = (await as_client.get("/api/portal/check-ins/curve", params={"days": 90})).json()
    assert [mark["kind"] for mark in curve["marks"]] == ["dose"]
    (event,) = await audited(database, "course.imported")
    assert (event.actor_id, event.subject_id, event.object_id) == (None, client_person.id, course.id)


async def test_importing_again_adds_nothing(
    database: RolledBackDatabase, settings: Settings, client_person: Person, therapist: Person
):
    course, keys = a_course(), key_store(settings)
    assert await import_course(database, keys, client_person.id, therapist.id, course) is True
    assert await import_course(database, keys, client_person.id, therapist.id, course) is False
    assert [await number_of(database, table) for table in ("courses", "course_sessions", "administrations")] == [1] * 3


async def test_its_words_are_sealed(
    database: RolledBackDatabase, settings: Settings, client_person: Person, therapist: Person
):
    await import_course(database, key_store(settings), client_person.id, therapist.id, a_course())
    async with database.arrange() as session:
        kept = await session.scalar(text("SELECT string_agg(c::text || a::text, '') FROM courses c, administrations a"))
    assert kept is not None
    for words in ("morning", "Sertraline", "music", "Falk"):
        assert words.encode().hex() not in kept
        assert words not in kept


async def test_only_whoever_treats_the_client_brings_it_in(
    database: RolledBackDatabase, settings: Settings, client_person: Person
):
    with pytest.raises(ProgrammingError, match="row-level security"):
        await import_course(database, key_store(settings), client_person.id, UUID(int=7), a_course())
    assert await number_of(database, "courses") == 0


@pytest.mark.parametrize("wrong", [{"id": "none"}, {"sessions": [{"kind": "dosing"}]}, {"planned_doses": 0}])
def test_what_no_therapist_could_have_written_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        a_course(**wrong)
