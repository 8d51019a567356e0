"""Importing: the same sealing and audit, fast enough for years, and safe to repeat."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.checkins.history import ImportedCheckIn, import_history
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.portal.arranging import audited, counted, number_of

pytestmark = pytest.mark.usefixtures("known")


def entry(hours: float = 1, **changes: object) -> ImportedCheckIn:
    entered_at = datetime.now(UTC) - timedelta(hours=hours)
    values = {"id": new_id(), "entered_at": entered_at, "felt_at": entered_at - timedelta(minutes=1)}
    values |= {"mood": 1, "time_zone": "Europe/London", "visibility": "therapist", "note": "imported words"}
    return ImportedCheckIn.model_validate(values | changes)


async def test_imported_check_ins_read_like_any_other(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, settings: Settings, client_person: Person
):
    old = entry(hours=24 * 100)
    assert await import_history(database, key_store(settings), client_person.id, [old]) == 1
    read = (await as_client.get(f"/api/portal/check-ins/{old.id}")).json()
    assert (read["note"], read["mood"], read["version"]) == ("imported words", 1, 1)
    assert datetime.fromisoformat(read["entered_at"]) == old.entered_at
    (event,) = await audited(database, "check_in.imported")
    assert (event.actor_id, event.subject_id, event.object_id) == (None, client_person.id, old.id)
    assert event.purpose == "import"


async def test_importing_again_adds_nothing(database: RolledBackDatabase, settings: Settings, client_person: Person):
    entries = [entry(hours=hours) for hours in range(1, 6)]
    keys = key_store(settings)
    assert await import_history(database, keys, client_person.id, entries) == 5
    assert await import_history(database, keys, client_person.id, [*entries, entry()]) == 1
    assert await import_history(database, keys, client_person.id, []) == 0
    assert await number_of(database, "audit_events") == 6


async def test_the_number_of_statements_does_not_grow_with_the_history(
    database: RolledBackDatabase,
    superuser_engine: AsyncEngine,
    settings: Settings,
    client_person: Person,
):
    """Four years go in one batch (about a second on two idle cores)."""
    sent = []
    for days in (range(1, 3), range(3, 1_503)):
        entries = [entry(hours=24 * day) for day in days]
        with counted(superuser_engine) as statements:
            assert await import_history(database, key_store(settings), client_person.id, entries) == len(days)
        sent.append([statement for statement in statements if "data_keys" not in statement])
    assert len(sent[0]) == len(sent[1]) < 10


async def test_only_live_clients_have_a_history(database: RolledBackDatabase, settings: Settings, therapist: Person):
    for person in (therapist.id, new_id()):
        with pytest.raises(LookupError):
            await import_history(database, key_store(settings), person, [entry()])
    assert await number_of(database, "check_ins") == 0


async def test_an_impossible_entry_stops_all_of_it(
    database: RolledBackDatabase, settings: Settings, client_person: Person
):
    late = entry().model_copy(update={"felt_at": datetime.now(UTC) - timedelta(hours=60)})
    with pytest.raises(ValueError, match="felt_at too_long_ago"):
        await import_history(database, key_store(settings), client_person.id, [entry(), late])
    assert await number_of(database, "check_ins") == 0
    with pytest.raises(ValidationError):
        entry(mood=7)
