"""Playing: by whoever may read the entry, noted before the first sound, whole or in part; chunks in their places."""

import asyncio
from typing import Any

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.voice_notes import listening
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, edit, write
from tests.portal.voice_notes.recording import CHUNK, declared, record, sound, where

SAFE = {
    "content-type": "audio/webm",
    "content-disposition": 'attachment; filename="voice-note.webm"',
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
}
EXCHANGED = "UPDATE voice_note_chunks AS one SET content = other.content FROM voice_note_chunks AS other WHERE "
CUT_OFF = "UPDATE voice_notes SET chunks = 3, size = :shorter, received = :shorter"
FLIPPED = "set_byte(content, 50, get_byte(content, 50) # 1)"
# How the four chunks answer then, each asked for alone.
TAMPERED = [
    ([f"UPDATE voice_note_chunks SET content = {FLIPPED} WHERE index = 1"], [206, 500, 206, 206]),  # noqa: S608  # ours
    (["UPDATE voice_note_chunks SET content = content || '\\x00' WHERE index = 1"], [500, 500, 500, 500]),
    (["DELETE FROM voice_note_chunks WHERE index = 3"], [500, 500, 500, 500]),
    (["DELETE FROM voice_note_chunks WHERE index = 1"], [500, 500, 500, 500]),
    (["DELETE FROM voice_note_chunks WHERE index = 3", CUT_OFF], [206, 206, 500, 416]),
    (
        [f"{EXCHANGED} one.index + other.index = 3 AND one.index IN (1, 2) AND one.note_id = other.note_id"],
        [206, 500, 500, 206],
    ),
    ([f"{EXCHANGED} one.index = 2 AND other.index = 2 AND one.note_id <> other.note_id"], [206, 206, 500, 206]),
]


def of(client: Person) -> dict[str, str]:
    return {"client": str(client.id)}


async def test_a_therapist_plays_what_belongs_to_a_shared_entry_and_the_client_sees_it(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    shared, hidden = await write(as_client), await write(as_client, visibility="only_me")
    heard, unheard, closed = [await record(as_client, one["id"]) for one in (shared, shared, hidden)]
    half = where(shared["id"], new_id())
    await as_client.put(half, json=declared(sound()))
    listed = await as_therapist.get(f"{JOURNAL}/{shared['id']}/voice-notes", params=of(client_person))
    assert [(one["seconds"], one["size"], one["readings"]) for one in listed.json()["items"]] == [(12, 98404, [])] * 2
    assert (await as_client.get(f"{JOURNAL}/{shared['id']}")).json()[
        "readings"
    ] == []  # that it is there was no reading
    played = await as_therapist.get(f"{heard}/content", params=of(client_person))
    assert (played.status_code, played.content == sound()) == (200, True)
    assert {name: played.headers[name] for name in SAFE} == SAFE
    for address in (closed, half):
        assert (await as_therapist.get(f"{address}/content", params=of(client_person))).status_code == 404
    assert (
        await as_therapist.get(f"{JOURNAL}/{hidden['id']}/voice-notes", params=of(client_person))
    ).status_code == 404
    assert (await as_client.get(f"{heard}/content")).is_success  # of one's own it is no reading
    mine = (await as_client.get(f"{JOURNAL}/{shared['id']}/voice-notes")).json()["items"]
    assert [[one["reader"]["name"] for one in note["readings"]] for note in mine] == [[therapist.name], [], []]
    assert (await as_client.get(f"{JOURNAL}/{shared['id']}")).json()["readings"][0]["version"] == 1
    events = await audited(database, "voice_note.read")
    assert [(event.actor_id, event.outcome) for event in events] == [
        *[(therapist.id, outcome) for outcome in ("success", "refused", "refused")]
    ]
    back = await as_client.post(f"{JOURNAL}/{shared['id']}/versions", json=edit(visibility="only_me"))
    assert back.json()["code"] == "already_read"
    kept = await as_client.delete(heard)
    assert (kept.status_code, kept.json()["code"]) == (409, "already_played")
    assert therapist.name in kept.json()["detail"]
    assert (await as_client.delete(f"{JOURNAL}/{shared['id']}")).json()["code"] == "already_read"
    assert [(await as_client.delete(unheard)).status_code for _ in range(2)] == [204, 404]
    outcomes = [event.outcome for event in await audited(database, "voice_note.erased")]
    assert outcomes == ["refused", "success"]


async def test_the_database_itself_keeps_what_was_played(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    stored = await write(as_client)
    address = await record(as_client, stored["id"])
    await as_therapist.get(f"{address}/content", params=of(client_person))
    client, reader = RowContext(client_person.id, "client"), RowContext(therapist.id, "therapist")
    for context, statement in (
        (client, "DELETE FROM voice_notes RETURNING 1"),
        (reader, "DELETE FROM voice_notes RETURNING 1"),
        (reader, "UPDATE voice_notes SET seconds = 1 RETURNING 1"),
    ):
        async with database.unit_of_work(context) as session:
            assert (await session.execute(text(statement))).all() == []
    add = "INSERT INTO voice_note_chunks SELECT client_id, id, 9, '' FROM voice_notes"
    for context, statement in (
        (client, add),
        (reader, add),
        (client, "UPDATE voice_note_chunks SET content = ''"),
        (client, "DELETE FROM voice_note_chunks"),
        (client, "DELETE FROM voice_note_readings"),
        (client, "INSERT INTO voice_note_readings SELECT client_id, id, client_id, '', now() FROM voice_notes"),
    ):
        async with database.unit_of_work(context) as session:
            with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
                async with session.begin_nested():
                    await session.execute(text(statement))


async def test_a_part_is_what_was_asked_for(as_client: httpx.AsyncClient):
    content = sound()
    address, size = f"{await record(as_client, (await write(as_client))['id'])}/content", len(sound())
    for wanted, begin, end in (
        ("bytes=0-", 0, size),
        ("bytes=0-0", 0, 1),
        (f"bytes={CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK + 1),
        (f"bytes={CHUNK}-{3 * CHUNK - 1}", CHUNK, 3 * CHUNK),
        (f"bytes={size - 1}-{size + 99}", size - 1, size),
        ("bytes=-7", size - 7, size),
        (f"bytes=-{size + 7}", 0, size),
    ):
        answer = await as_client.get(address, headers={"range": wanted})
        assert (answer.status_code, answer.content == content[begin:end]) == (206, True), wanted
        assert answer.headers["content-range"] == f"bytes {begin}-{end - 1}/{size}"
        assert answer.headers["content-length"] == str(end - begin)
    for nowhere in (f"bytes={size}-", "bytes=-0"):
        answer = await as_client.get(address, headers={"range": nowhere})
        assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    for odd in ("bytes=0-1,3-4", "bytes=-", "lines=1-2", "bytes=5-1", "bytes=" + "9" * 10_000, "bytes=٣-"):
        answer = await as_client.get(address, headers={"range": odd.encode()})
        assert (answer.status_code, answer.content == content) == (200, True), odd[:20]


@pytest.mark.parametrize(("statements", "answers"), TAMPERED)
async def test_what_was_altered_moved_exchanged_or_cut_off_does_not_open(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, statements: list[str], answers: list[int]
):
    stored = await write(as_client)
    addresses = [await record(as_client, stored["id"]) for _ in range(2)]
    async with database.arrange() as session:
        for statement in statements:
            values = {"shorter": 3 * CHUNK} if ":shorter" in statement else {}
            await session.execute(text(statement), values)
    for address in addresses:
        got = [
            (
                await as_client.get(f"{address}/content", headers={"range": f"bytes={index * CHUNK}-{index * CHUNK}"})
            ).status_code
            for index in range(4)
        ]
        assert got == answers


async def test_the_same_sound_is_sealed_differently_each_time(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    stored = await write(as_client)
    for _ in range(2):
        await record(as_client, stored["id"])
    async with database.arrange() as session:
        chunks = list(await session.scalars(text("SELECT content FROM voice_note_chunks")))
    assert len({chunk[18:30] for chunk in chunks}) == len(chunks) == 8  # nonces
    assert not any(sound()[100:140] in chunk for chunk in chunks)


async def test_of_playing_and_erasing_at_once_one_comes_first(
    *, committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    """Either it was played and stays, or it is gone and nobody heard it."""
    client, therapist = committed_people
    async with (
        open_client(committed_app, issuer.token(client, "portal")) as mine,
        open_client(committed_app, issuer.token(therapist, "portal")) as theirs,
    ):
        stored = await write(mine)
        outcomes = set()
        for _ in range(8):
            address = await record(mine, stored["id"], sound(500))
            played, gone = await asyncio.gather(
                theirs.get(f"{address}/content", params=of(client)), mine.delete(address)
            )
            outcomes.add((played.status_code, gone.status_code))
        assert outcomes <= {(200, 409), (404, 204)}
        address, noting = await record(mine, stored["id"], sound(500)), listening.note_reading

        async def and_then_it_is_erased(*arguments: Any) -> Any:
            noted = await noting(*arguments)
            assert (await mine.delete(address)).status_code == 204
            return noted

        monkeypatch.setattr(listening, "note_reading", and_then_it_is_erased)
        assert (await theirs.get(f"{address}/content", params=of(client))).status_code == 404


async def test_care_that_has_ended_ends_the_playing(
    as_client: httpx.AsyncClient, signed_in: Open, client_person: Person, other_therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    address = await record(as_client, (await write(as_client))["id"])
    async with signed_in(other_therapist) as http:
        assert (await http.get(f"{address}/content", params=of(client_person))).status_code == 404
        assert (await http.get(f"{address.rpartition('/')[0]}", params=of(client_person))).status_code == 404
    assert await number_of(database, "voice_note_readings") == 0
