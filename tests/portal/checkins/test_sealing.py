"""Sealing: what a person writes is nowhere in the clear, and opens only where it was sealed."""

from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import SealBrokenError
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.sealing import key_store
from afterglow_portal.settings import Settings
from sqlalchemy import text

from tests.portal.arranging import check_in, put
from tests.portal.conftest import Open

WORDS = "the sea was inside the room"
EVERYTHING = "SELECT string_agg(entry::text, ' ') FROM {} AS entry"


async def dump(database: RolledBackDatabase) -> bytes:
    """Every table of portal as text, bytes written out as they are."""
    async with database.arrange() as session:
        await session.execute(text("SET LOCAL bytea_output = 'escape'"))
        tables = ("check_ins", "check_in_versions", "audit_events", "keys.data_keys", "standing_choices")
        found = [await session.scalar(text(EVERYTHING.format(table))) for table in tables]
    return " ".join(part or "" for part in found).encode()


async def test_a_note_is_nowhere_in_the_clear(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await put(as_client, note=WORDS, tags=["findable"])
    edit = check_in(note="and then it was not", version_id=str(new_id()))
    await as_client.post(f"/api/portal/check-ins/{stored['id']}/versions", json=edit)
    everything = await dump(database)
    assert b"findable" in everything
    for words in (WORDS, "and then it was not", "inside"):
        assert words.encode() not in everything


async def test_the_same_words_are_sealed_differently_each_time(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    await put(as_client, note=WORDS)
    await put(as_client, note=WORDS)
    async with database.arrange() as session:
        assert await session.scalar(text("SELECT count(DISTINCT note) FROM check_ins")) == 2


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE check_ins SET note = (SELECT note FROM check_ins WHERE id = :other) WHERE id = :id",
        "UPDATE check_ins SET note = (SELECT note FROM check_ins WHERE client_id <> :client LIMIT 1) WHERE id = :id",
        "UPDATE check_ins SET note = (SELECT note FROM check_in_versions LIMIT 1) WHERE id = :id",
        "UPDATE check_ins SET note = set_byte(note, 40, get_byte(note, 40) # 1) WHERE id = :id",
        "UPDATE check_ins SET note = substring(note FOR 20) WHERE id = :id",
    ],
)
async def test_a_note_that_was_moved_or_altered_does_not_open(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    other_client: Person,
    client_person: Person,
    database: RolledBackDatabase,
    move: str,
):
    stored, other = await put(as_client, note=WORDS), await put(as_client, note="other words")
    edit = check_in(note="edited", version_id=str(new_id()))
    await as_client.post(f"/api/portal/check-ins/{other['id']}/versions", json=edit)
    async with signed_in(other_client) as http:
        await put(http, note="a stranger's words")
    async with database.arrange() as session:
        values = {"id": UUID(stored["id"]), "other": UUID(other["id"]), "client": client_person.id}
        used = {name: value for name, value in values.items() if f":{name}" in move}
        await session.execute(text(move), used)
    answer = await as_client.get(f"/api/portal/check-ins/{stored['id']}")
    assert answer.status_code == 500
    assert "words" not in answer.text


async def test_a_data_key_given_to_another_owner_does_not_open(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, settings: Settings, other_client: Person
):
    await put(as_client, note=WORDS)
    async with database.arrange() as session:
        await session.execute(text("UPDATE keys.data_keys SET owner_id = :owner"), {"owner": other_client.id})
        with pytest.raises(SealBrokenError):
            await key_store(settings).find(session, other_client.id)


async def test_a_restarted_service_opens_what_another_sealed(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, settings: Settings, client_person: Person
):
    await put(as_client, note=WORDS)
    async with database.arrange() as session:
        key = await key_store(settings).find(session, client_person.id)
    assert key is not None
    assert key.owner == client_person.id
