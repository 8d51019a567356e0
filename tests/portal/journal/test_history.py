"""Importing a journal: sealed, shared and audited as any other entry, and safe to repeat."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.journal.history import ImportedEntry, import_journal
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings
from pydantic import ValidationError
from sqlalchemy import text

from tests.portal.arranging import audited, number_of
from tests.portal.journal.writing import JOURNAL

pytestmark = pytest.mark.usefixtures("known")
LONG_AGO = datetime.now(UTC) - timedelta(days=100)


def entry(**changes: object) -> ImportedEntry:
    values = {"id": new_id(), "entered_at": LONG_AGO, "felt_at": LONG_AGO, "time_zone": "Europe/London"}
    values |= {"title": "A page", "text": "words from elsewhere", "visibility": "therapist"}
    return ImportedEntry.model_validate(values | changes)


async def test_an_imported_entry_reads_like_any_other(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    first = entry()
    second = entry(follows=first.id, visibility="only_me")
    assert await import_journal(database, key_store(settings), client_person.id, [first, second]) == 2
    read = (await as_client.get(f"{JOURNAL}/{first.id}")).json()
    assert (read["text"], read["version"], read["continued_by"]) == ("words from elsewhere", 1, [str(second.id)])
    assert datetime.fromisoformat(read["entered_at"]) == first.entered_at
    mine = {"client": str(client_person.id)}
    statuses = [(await as_therapist.get(f"{JOURNAL}/{one.id}", params=mine)).status_code for one in (first, second)]
    assert statuses == [200, 404]
    events = await audited(database, "journal_entry.imported")
    assert {(one.actor_id, one.subject_id, one.object_id) for one in events} == {
        (None, client_person.id, one.id) for one in (first, second)
    }


async def test_its_words_are_sealed(database: RolledBackDatabase, settings: Settings, client_person: Person):
    await import_journal(database, key_store(settings), client_person.id, [entry()])
    async with database.arrange() as session:
        (title, words) = (await session.execute(text("SELECT title, text FROM journal_entries"))).one()
    assert b"A page" not in title
    assert b"words from elsewhere" not in words


async def test_importing_again_adds_nothing(database: RolledBackDatabase, settings: Settings, client_person: Person):
    keys, entries = key_store(settings), [entry(), entry()]
    assert await import_journal(database, keys, client_person.id, entries) == 2
    assert await import_journal(database, keys, client_person.id, [*entries, entry()]) == 1
    assert await import_journal(database, keys, client_person.id, []) == 0
    assert await number_of(database, "journal_entries") == 3


@pytest.mark.parametrize("wrong", [{"id": "none"}, {"time_zone": "Mars/Olympus"}, {"visibility": "all"}, {"text": 1}])
def test_what_a_client_could_not_have_written_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        entry(**wrong)


async def test_it_was_shared_when_it_was_entered(
    database: RolledBackDatabase, settings: Settings, client_person: Person
):
    await import_journal(database, key_store(settings), client_person.id, [entry()])
    async with database.arrange() as session:
        assert await session.scalar(text("SELECT shared_at FROM journal_shares")) == LONG_AGO
