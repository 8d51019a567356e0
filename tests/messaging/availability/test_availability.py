"""Whether somebody is there: from the practice's hours as auth tells them, and never from made-up ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.security_events.facts import PracticeFact
from afterglow_foundation.security_events.polling import Snapshot
from afterglow_foundation.security_events.tokens import Event
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_messaging.availability import service
from afterglow_messaging.availability.office_hours import WEEK, OfficeHours
from afterglow_messaging.people.receiving import COPY
from afterglow_messaging.settings import Settings
from sqlalchemy.ext.asyncio import AsyncSession

from tests.messaging.practice import Pair, Practice

ID = new_id()
ALWAYS = {"time_zone": "UTC", "week": {day: [{"opens": "00:00", "closes": "24:00"}] for day in WEEK}}
MONDAYS = {"time_zone": "UTC", "week": {"monday": [{"opens": "09:00", "closes": "17:00"}]}}
NO_HOURS = {"open": None, "closes_at": None, "opens_at": None, "answers": None}
SUNDAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


@asynccontextmanager
async def worker(database: RolledBackDatabase) -> AsyncIterator[AsyncSession]:
    async with database.as_role("messaging_worker"), database.sessions() as session, session.begin():
        yield session


async def tell(database: RolledBackDatabase, office_hours: Any, *, at: datetime | None = None) -> None:
    """As auth does when an admin saves the practice's settings."""
    at = at or datetime.now(UTC)
    fact = PracticeFact(id=ID, as_of=at, version=1, document={"name": "Harbour", "office_hours": office_hours})
    async with worker(database) as session:
        await COPY.apply(session, Event(new_id(), EventType.practice, ID, None, at, fact))


async def read(practice: Practice, pair: Pair) -> dict[str, Any]:
    async with practice.signed_in(pair.client) as http:
        answer = await http.get(f"{pair.path}/availability")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_until_somebody_has_entered_hours_nothing_is_said(
    practice: Practice, pair: Pair, database: RolledBackDatabase
) -> None:
    assert await read(practice, pair) == NO_HOURS
    await tell(database, None)
    assert await read(practice, pair) == NO_HOURS


async def test_what_is_told_holds_at_once_and_the_newest_wins(
    practice: Practice, pair: Pair, database: RolledBackDatabase
) -> None:
    await tell(database, ALWAYS)
    assert (await read(practice, pair))["open"] is True
    await tell(database, None, at=datetime.now(UTC) - timedelta(minutes=1))
    assert (await read(practice, pair))["open"] is True
    await tell(database, None)
    assert await read(practice, pair) == NO_HOURS


@pytest.mark.parametrize("nonsense", ["always", {"week": {}}, {**MONDAYS, "time_zone": "Mars/Base"}])
async def test_hours_that_cannot_be_read_are_none(
    practice: Practice, pair: Pair, database: RolledBackDatabase, nonsense: Any
) -> None:
    await tell(database, nonsense)
    assert await read(practice, pair) == NO_HOURS


async def test_a_snapshot_brings_them_and_one_without_takes_them_away(
    practice: Practice, pair: Pair, database: RolledBackDatabase
) -> None:
    nothing: dict[str, Any] = {"people": [], "care_relationships": [], "grants": [], "revoked_sessions": []}
    now = datetime.now(UTC)
    fact = PracticeFact(id=ID, as_of=now, version=1, document={"office_hours": ALWAYS})
    empty = Snapshot(taken_at=now - timedelta(days=999), **nothing)  # before everybody in this test was known
    async with worker(database) as session:
        await COPY.take_over(session, empty.model_copy(update={"practice": fact}))
    assert (await read(practice, pair))["open"] is True
    async with worker(database) as session:
        await COPY.take_over(session, empty)
    assert (await read(practice, pair))["open"] is True  # what is newer than a snapshot stays


async def test_the_installations_hours_hold_until_others_are_saved(
    practice: Practice, pair: Pair, database: RolledBackDatabase, settings: Settings
) -> None:
    installed = Settings(
        **settings.model_dump() | {"practice": {"name": "Harbour", "office_hours": MONDAYS}}
    ).practice.office_hours
    assert installed

    async def now_in(conversation: Pair) -> service.AvailabilityOut:
        async with practice.arrange() as session:
            return await service.availability(session, conversation.conversation_id, installed, SUNDAY)

    found = await now_in(pair)
    assert (found.open, found.opens_at) == (False, SUNDAY + timedelta(hours=21))
    await tell(database, ALWAYS)
    assert (await now_in(pair)).open is True
    await tell(database, None)  # an admin has taken them out: then there are none
    assert (await now_in(pair)).open is None


def test_settings_with_hours_that_make_no_sense_do_not_start(settings: Settings) -> None:
    with pytest.raises(ValueError, match="office_hours"):
        Settings(**settings.model_dump() | {"practice": {"office_hours": {"time_zone": "Mars/Base", "week": {}}}})


async def test_a_conversation_of_others_is_not_found_and_that_is_kept(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    async with practice.signed_in(other_pair.client) as http:
        answer = await http.get(f"{pair.path}/availability")
    assert answer.status_code == 404
    (event,) = await practice.audited(outcome="refused", object_id=pair.conversation_id)
    assert (event.action, event.actor_id) == ("conversation.read", other_pair.client.id)


async def test_looking_is_not_audited(practice: Practice, pair: Pair) -> None:
    before = await practice.audited()
    await read(practice, pair)
    assert await practice.audited() == before


def test_hours_read_here_are_those_that_auth_tells() -> None:
    """A day without hours, and whatever a newer auth says besides."""
    assert OfficeHours.read({**MONDAYS, "motto": "x"}) == OfficeHours.read({**MONDAYS, "closed": []})
