"""Doses through the API, and check-ins of weeks ago, for tests that ask portal for the curve."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins.history import ImportedCheckIn, import_history
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings

from tests.portal.course.treating import act, begin, give, schedule

FIRST_DOSE = (datetime.now(UTC) - timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
Note = Callable[..., Awaitable[None]]
Dose = Callable[..., Awaitable[str]]


@pytest.fixture
def note(database: RolledBackDatabase, settings: Settings, client_person: Person, known: None) -> Note:  # noqa: ARG001  # asked for what it puts in place
    """Store check-ins, by hours since the first dose, as they would have been made then."""

    async def noted(values: dict[float, float], *, late: timedelta = timedelta(), **changes: object) -> None:
        entries = [
            ImportedCheckIn.model_validate(
                {
                    "id": new_id(),
                    "mood": value,
                    "time_zone": "Europe/London",
                    "visibility": "therapist",
                    "felt_at": FIRST_DOSE + timedelta(hours=hours),
                    "entered_at": FIRST_DOSE + timedelta(hours=hours) + late,
                    **changes,
                }
            )
            for hours, value in values.items()
        ]
        assert await import_history(database, key_store(settings), client_person.id, entries) == len(entries)

    return noted


@pytest.fixture
def dosed(as_therapist: httpx.AsyncClient, client_person: Person) -> Dose:
    """Record doses of a new course at so many hours since the first, and answer with the course's id."""

    async def given(*hours: float, **changes: object) -> str:
        course = await begin(as_therapist, client_person)
        for one in hours:
            session = await schedule(as_therapist, client_person, course)
            await act(as_therapist, client_person, session, "opening")
            moment = (FIRST_DOSE + timedelta(hours=one)).isoformat()
            answer = await give(as_therapist, client_person, session, given_at=moment, **changes)
            assert answer.status_code == 201, answer.text
        return course

    return given
