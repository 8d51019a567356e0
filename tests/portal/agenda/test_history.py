"""Importing a pinned line: sealed, shown and audited as any other, safe to repeat, and of words that are there."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.errors import InvalidInput, NotFound
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.agenda.history import import_line
from afterglow_portal.agenda.schemas import PinBody
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings

from tests.portal.agenda.test_agenda import LINE, lines, of
from tests.portal.arranging import audited
from tests.portal.journal.writing import write

LONG_AGO = datetime.now(UTC) - timedelta(days=3)


async def test_an_imported_line_reads_like_any_other(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    entry = await write(as_client, visibility="only_me")
    line, body = new_id(), PinBody(entry_id=UUID(entry["id"]), text=LINE)
    for new in (True, False):
        told = await import_line(database, key_store(settings), client_person.id, line, body, pinned_at=LONG_AGO)
        assert told is new
    (mine,) = await lines(as_client)
    assert (mine["entry_id"], datetime.fromisoformat(mine["pinned_at"])) == (entry["id"], LONG_AGO)
    (read,) = await lines(as_therapist, **of(client_person))
    assert (read["id"], read["text"]) == (str(line), LINE)
    (event,) = await audited(database, "line.pinned")
    assert (event.actor_id, event.object_id, event.purpose) == (None, line, "import")


async def test_what_is_not_there_is_refused(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, settings: Settings, client_person: Person
):
    entry = await write(as_client)
    keys = key_store(settings)
    for entry_id, words, refusal in ((new_id(), LINE, NotFound), (UUID(entry["id"]), "Other words", InvalidInput)):
        body = PinBody(entry_id=entry_id, text=words)
        with pytest.raises(refusal):
            await import_line(database, keys, client_person.id, new_id(), body, pinned_at=LONG_AGO)
    assert await lines(as_client) == []
