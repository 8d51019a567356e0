"""Uploads: declared once, sent by offset, resumed where they were, bounded, and a recording by their content."""

import asyncio

import httpx
import pytest
from afterglow_foundation.audio_kinds import kind_of
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.settings import Settings
from afterglow_portal.voice_notes.erasing import forget_unfinished
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, draft, entry, write
from tests.portal.voice_notes.recording import BEGINNINGS, CHUNK, PART, declared, record, send, sound, where

REFUSED = [
    *[("size", {"size": value}) for value in (0, -1, 10 * 1024 * 1024 + 1, "9", 1.5, None, 2**40)],
    *[("media_type", {"media_type": value}) for value in ("text/html", "audio/midi", "", None, 3)],
    *[("seconds", {"seconds": value}) for value in (0, 601, 1.5, "2")],
    ("name", {"name": "mine.webm"}),
]
NOTHING_TAKEN = [
    b"<!doctype html><script>alert(1)</script>",
    b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + b"\0" * 20 + b"A_OPUS V_VP9",
    b"\x1a\x45\xdf\xa3 matroska, and not what it seems",
    b"OggS\0\x02" + b"\0" * 22 + b"\x80theora",
    b"\0\0\0\x1cftypqt  \0\0\x02\0qt  ",
    b"RIFF\x24\x80\0\0AVI LIST    ",
    b"\xff\xfb\xf0\x64" + b"\0" * 20,
    b"\xff\xf1\x50\x80" + b"\0" * 20,
    b"ID3",
    b"",
]


async def test_what_cannot_be_declared_is_refused_by_name(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await write(as_client)
    for field, changes in REFUSED:
        answer = await as_client.put(where(stored["id"], new_id()), json=declared(sound(), **changes))
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field]), changes
    assert await number_of(database, "voice_notes") == 0


async def test_it_goes_on_where_it_was(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    """Whatever was lost on the way: the same declaration, and any part at a wrong place, tell the right one."""
    content, address = sound(), where((await write(as_client))["id"], new_id())
    made, again = [await as_client.put(address, json=declared(content)) for _ in range(2)]
    assert (made.status_code, again.status_code, again.json()) == (201, 200, made.json())
    assert (made.json()["media_type"], made.json()["received"]) == ("audio/webm", 0)
    other = await as_client.put(address, json=declared(content, seconds=13))
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert (await send(as_client, address, content[:CHUNK])).headers["upload-offset"] == str(CHUNK)
    for lost in (0, 1, CHUNK - 1, len(content)):
        answer = await send(as_client, address, content[:CHUNK], lost)
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
        assert answer.headers["upload-offset"] == str(CHUNK)
    assert (await as_client.put(address, json=declared(content))).json()["received"] == CHUNK
    told = await as_client.head(f"{address}/content")
    assert [told.headers[name] for name in ("upload-offset", "upload-length", "tus-resumable", "cache-control")] == [
        *(str(CHUNK), str(len(content)), "1.0.0", "no-store")
    ]
    assert (await as_client.get(f"{address}/content")).status_code == 404  # nobody plays half of it
    assert (await send(as_client, address, content[CHUNK:], CHUNK)).status_code == 204
    assert (await send(as_client, address, b"more", len(content))).status_code == 409
    played = await as_client.get(f"{address}/content")
    assert (played.status_code, played.content == content) == (200, True)
    assert len(await audited(database, "voice_note.added")) == 1


async def test_parts_that_do_not_fit_are_refused(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    content, address = sound(), where((await write(as_client))["id"], new_id())
    assert (await as_client.put(address, json=declared(content))).status_code == 201
    for part, status in (
        (content[: CHUNK - 1], 422),
        (b"", 422),
        (content + b"more than was said", 413),
        (b"\0" * (512 * 1024 + 1), 413),
        (b"<html>" + content[6:CHUNK], 415),
        (sound(CHUNK, "audio/ogg"), 415),
    ):
        assert (await send(as_client, address, part)).status_code == status, part[:20]
    for changes, status in (
        ({"content-type": "application/json"}, 415),
        ({"content-type": "audio/webm"}, 415),
        ({"upload-offset": "-1"}, 422),
        ({"upload-offset": "first"}, 422),
        ({"tus-resumable": "0.2.2"}, 412),
    ):
        headers = PART | {"upload-offset": "0"} | changes
        answer = await as_client.patch(f"{address}/content", content=content[:CHUNK], headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), changes
    assert await number_of(database, "voice_note_chunks") == 0
    assert await audited(database, "voice_note.added") == []


@pytest.mark.parametrize("kind", sorted(BEGINNINGS))
def test_the_content_says_what_it_is(kind: str):
    assert kind_of(sound(CHUNK, kind)) == kind
    assert kind_of(sound(CHUNK, kind)[:15]) is None


def test_nothing_else_is_taken():
    assert [kind_of(content) for content in NOTHING_TAKEN] == [None] * len(NOTHING_TAKEN)
    assert kind_of(b"\xff\xfb\x90\x64" + b"\0" * 20) == "audio/mpeg"


async def test_it_hangs_on_an_entry_or_a_draft_of_ones_own(
    as_client: httpx.AsyncClient, signed_in: Open, other_client: Person, database: RolledBackDatabase
):
    stored, begun, content = await write(as_client), new_id(), sound(500)
    assert (await as_client.put(f"{JOURNAL}/drafts/{begun}", json=draft(text=""))).is_success
    for entry_id, status in ((stored["id"], 201), (begun, 201), (new_id(), 404)):
        answer = await as_client.put(where(entry_id, new_id()), json=declared(content))
        assert answer.status_code == status
    address = await record(as_client, stored["id"], content)
    async with signed_in(other_client) as http:
        answers = [
            await http.put(address, json=declared(content)),
            await send(http, address, content),
            await http.head(f"{address}/content"),
            await http.get(f"{address}/content"),
            await http.get(f"{JOURNAL}/{stored['id']}/voice-notes"),
            await http.delete(address),
        ]
    assert {answer.status_code for answer in answers} == {404}
    elsewhere = address.replace(stored["id"], str(begun))  # another entry of one's own is as good as somebody else's
    assert (await as_client.put(elsewhere, json=declared(content))).status_code == 409
    assert (await as_client.get(f"{elsewhere}/content")).status_code == 404
    assert {event.outcome for event in await audited(database, "voice_note.read")} == {"refused"}


async def test_an_entry_may_be_a_voice_note_alone(as_client: httpx.AsyncClient):
    begun = new_id()
    assert (await as_client.put(f"{JOURNAL}/drafts/{begun}", json=draft(text=""))).is_success
    assert (await as_client.put(where(begun, new_id()), json=declared(sound()))).status_code == 201
    wordless = entry(text=" ")
    refused = await as_client.put(f"{JOURNAL}/{begun}", json=wordless)
    assert [error["field"] for error in refused.json()["errors"]] == ["text"]  # one that is half sent says nothing
    await record(as_client, begun)
    assert (await as_client.put(f"{JOURNAL}/{begun}", json=wordless)).status_code == 201
    assert (await as_client.get(f"{JOURNAL}/{begun}")).json()["text"] == " "


async def test_a_draft_goes_with_its_voice_notes_and_an_entry_too(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    begun, stored = new_id(), await write(as_client)
    for entry_id in (begun, stored["id"]):
        assert (
            await as_client.put(f"{JOURNAL}/drafts/{entry_id}", json=draft(base_version=0 if entry_id == begun else 1))
        ).is_success
        await record(as_client, entry_id)
    for entry_id, left in ((stored["id"], 2), (begun, 1)):
        await as_client.delete(f"{JOURNAL}/drafts/{entry_id}", params={"revision": 1})
        assert await number_of(database, "voice_notes") == left
    assert (await as_client.delete(f"{JOURNAL}/{stored['id']}")).status_code == 200
    assert [await number_of(database, f"voice_note{kind}") for kind in ("s", "_chunks")] == [0, 0]


async def test_there_are_never_more_than_are_good(
    as_client: httpx.AsyncClient, app: FastAPI, settings: Settings, database: RolledBackDatabase
):
    stored = await write(as_client)
    app.state.settings = settings.model_copy(update={"voice_notes_at_most": 3, "voice_notes_under_way": 2})
    addresses = [where(stored["id"], new_id()) for _ in range(3)]
    answers = [await as_client.put(address, json=declared(sound(500))) for address in addresses]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "too_many_voice_notes"
    assert (await send(as_client, addresses[0], sound(500))).status_code == 204
    assert (await as_client.put(addresses[2], json=declared(sound(500)))).status_code == 201
    assert (await as_client.delete(addresses[1])).status_code == 204
    assert (await as_client.put(addresses[1], json=declared(sound(500)))).status_code == 201
    assert (await as_client.put(where(stored["id"], new_id()), json=declared(sound(500)))).status_code == 409
    assert await number_of(database, "voice_notes") == 3
    assert await audited(database, "voice_note.erased") == []  # it was nothing yet


async def test_what_was_never_finished_goes_after_a_day(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await write(as_client)
    kept = [await record(as_client, stored["id"]), where(stored["id"], new_id())]
    left = where(stored["id"], new_id())
    for address in (kept[1], left):
        assert (await as_client.put(address, json=declared(sound()))).status_code == 201
        assert (await send(as_client, address, sound()[:CHUNK])).status_code == 204
    aged = "UPDATE voice_notes SET created_at = created_at - interval '25 hours' WHERE id = ANY (:ids)"
    async with database.arrange() as session:
        await session.execute(text(aged), {"ids": [address.rpartition("/")[2] for address in (kept[0], left)]})
    async with database.as_role("portal_worker"):
        await forget_unfinished(database)
    listed = (await as_client.get(f"{JOURNAL}/{stored['id']}/voice-notes")).json()["items"]
    assert {one["id"] for one in listed} == {address.rpartition("/")[2] for address in kept}
    assert (await as_client.head(f"{left}/content")).status_code == 404


async def test_of_two_parts_at_the_same_place_one_is_stored(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    client, _therapist = committed_people
    content = sound()
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        address = where((await write(http))["id"], new_id())
        made = await asyncio.gather(*(http.put(address, json=declared(content)) for _ in range(4)))
        assert sorted(one.status_code for one in made) == [200, 200, 200, 201]
        for offset in range(0, len(content), CHUNK):
            part = content[offset : offset + CHUNK]
            stored = await asyncio.gather(*(send(http, address, part, offset) for _ in range(4)))
            assert sorted(one.status_code for one in stored) == [204, 409, 409, 409]
            assert {one.headers["upload-offset"] for one in stored} == {str(offset + len(part))}
        assert (await http.get(f"{address}/content")).content == content
