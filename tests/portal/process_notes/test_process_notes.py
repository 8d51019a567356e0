"""Process notes: their writer's alone, sealed under a key of their own, with their versions, gone when erased."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import assign, audited, number_of, stand_in
from tests.portal.break_glass.test_break_glass import open_record
from tests.portal.conftest import Open
from tests.portal.course.treating import of
from tests.portal.process_notes.noting import NOTES, THOUGHT, edit, erase, note, read, write

SENDERS = 10


async def test_a_note_is_written_listed_and_read(
    as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person, database: RolledBackDatabase
):
    assert (await read(as_therapist, client_person)).json() == {"may_write": True, "items": [], "next": None}
    made = await note(as_therapist, client_person)
    (listed,) = (await read(as_therapist, client_person)).json()["items"]
    assert (listed["id"], listed["opening"], "text" in listed) == (made, THOUGHT, False)
    shown = (await read(as_therapist, client_person, f"/{made}")).json()
    assert (shown["text"], shown["version"], shown["edited_at"]) == (THOUGHT, 1, None)
    for action, known in (("process_note.written", UUID(made)), ("process_note.read", UUID(made))):
        (one,) = await audited(database, action)
        assert (one.actor_id, one.subject_id, one.object_id) == (therapist.id, client_person.id, known)
    assert len(await audited(database, "process_notes.read")) == 2


async def test_notes_come_newest_first_a_page_at_a_time(as_therapist: httpx.AsyncClient, client_person: Person):
    made = [await note(as_therapist, client_person, text=f"Thought {number}") for number in range(3)]
    first = (await read(as_therapist, client_person, limit=2)).json()
    rest = (await read(as_therapist, client_person, limit=2, after=first["next"])).json()
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == made[::-1]
    assert rest["next"] is None
    assert (await read(as_therapist, client_person, after="no place")).status_code == 422


async def test_the_words_are_sealed_under_a_key_of_their_own(
    *, as_therapist: httpx.AsyncClient, client_person: Person, other_client: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    """One key for each therapist and client, and neither is the client's."""
    async with database.arrange() as arranged:
        await assign(arranged, other_client, therapist)
    for whose in (client_person, client_person, other_client):
        assert (await edit(as_therapist, whose, await note(as_therapist, whose))).status_code == 201
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM process_notes AS t"))
        kept += await arranged.scalar(text("SELECT string_agg(t::text, '') FROM process_note_versions AS t"))
        owners = set((await arranged.execute(text("SELECT owner_id FROM keys.data_keys"))).scalars())
        books = set((await arranged.execute(text("SELECT id FROM note_books"))).scalars())
    assert len(books) == 2
    assert books <= owners
    for word in ("father", "Shorter"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_what_it_said_before_is_kept(as_therapist: httpx.AsyncClient, client_person: Person):
    made = await note(as_therapist, client_person)
    assert (await edit(as_therapist, client_person, made)).status_code == 201
    versions = (await read(as_therapist, client_person, f"/{made}/versions")).json()["items"]
    assert [(one["version"], one["text"]) for one in versions] == [(1, THOUGHT), (2, "Shorter.")]
    assert (await read(as_therapist, client_person, f"/{made}")).json()["version"] == 2


async def test_sent_again_and_sent_otherwise(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    made = str(new_id())
    assert [(await write(as_therapist, client_person, made)).status_code for _ in range(2)] == [201, 200]
    assert (await write(as_therapist, client_person, made, text="Other")).status_code == 409
    change = {"version_id": str(new_id())}
    assert [(await edit(as_therapist, client_person, made, **change)).status_code for _ in range(2)] == [201, 200]
    assert (await edit(as_therapist, client_person, made, **change, text="Other")).status_code == 409
    stale = await edit(as_therapist, client_person, made)
    assert (stale.status_code, stale.json()["code"]) == (409, "note_changed")
    assert (await write(as_therapist, client_person, made)).status_code == 200  # the first body, sent late
    for action in ("process_note.written", "process_note.edited"):
        assert len(await audited(database, action)) == 1


async def test_an_erased_note_is_gone_and_does_not_come_back(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    made = await note(as_therapist, client_person)
    assert (await edit(as_therapist, client_person, made)).status_code == 201
    assert [(await erase(as_therapist, client_person, made)).status_code for _ in range(2)] == [204, 204]
    assert len(await audited(database, "process_note.erased")) == 1
    assert (await read(as_therapist, client_person)).json()["items"] == []
    for path in (f"/{made}", f"/{made}/versions"):
        assert (await read(as_therapist, client_person, path)).status_code == 404
    assert (await write(as_therapist, client_person, made)).status_code == 409
    assert (await edit(as_therapist, client_person, made, base_version=2)).status_code == 404
    assert await number_of(database, "process_note_versions") == 0
    async with database.arrange() as arranged:
        assert await arranged.scalar(text("SELECT text FROM process_notes")) is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 10_001}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"medicine": "Ketamine"}, "medicine"),
        ({"session_id": str(new_id())}, "session_id"),
    ],
)
async def test_bad_input_names_the_field(
    as_therapist: httpx.AsyncClient, client_person: Person, wrong: dict[str, Any], field: str
):
    """What is of the record has no field here."""
    refused = await write(as_therapist, client_person, **wrong)
    assert refused.status_code == 422, refused.text
    assert [one["field"] for one in refused.json()["errors"]] == [field]


async def everything(http: httpx.AsyncClient, client: Person, made: str) -> list[int]:
    answers = [
        await read(http, client),
        await read(http, client, f"/{made}"),
        await read(http, client, f"/{made}/versions"),
        await write(http, client),
        await edit(http, client, made),
        await erase(http, client, made),
    ]
    return [answer.status_code for answer in answers]


async def test_nobody_else_finds_a_way_in(
    *, signed_in: Open, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    therapist: Person, other_therapist: Person, admin: Person, database: RolledBackDatabase,
):  # fmt: skip
    """Not the client, an admin, whoever stands in; another therapist of the same client has a book of their own."""
    made = await note(as_therapist, client_person)
    assert await everything(as_client, client_person, made) == [403] * 6
    async with signed_in(admin) as http:
        assert await everything(http, client_person, made) == [403] * 6
    async with signed_in(other_therapist) as http:
        assert await everything(http, client_person, made) == [404] * 6
        async with database.arrange() as arranged:
            await stand_in(arranged, client_person, other_therapist, therapist)
        assert (await http.get(f"/api/portal/clients/{client_person.id}")).status_code == 200
        assert await everything(http, client_person, made) == [404] * 6
        async with database.arrange() as arranged:
            await assign(arranged, client_person, other_therapist)
        assert (await read(http, client_person)).json()["items"] == []
        assert await everything(http, client_person, made) == [200, 404, 404, 201, 404, 404]
        assert (await write(http, client_person, made, text="Mine, under the same id")).status_code == 201
    assert (await read(as_therapist, client_person, f"/{made}")).json()["text"] == THOUGHT
    refused = [one for one in await audited(database, "process_note.read") if one.outcome != "success"]
    assert {one.actor_id for one in refused} == {other_therapist.id}


async def test_an_emergency_opens_none(
    *, signed_in: Open, as_therapist: httpx.AsyncClient, client_person: Person, other_therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    made, opened = await note(as_therapist, client_person), await open_record(database, client_person, other_therapist)
    async with signed_in(other_therapist) as http:
        assert (await opened.explain(http)).is_success
        assert (await http.get(f"/api/portal/clients/{client_person.id}")).status_code == 200
        assert await everything(http, client_person, made) == [404] * 6


async def test_its_client_learns_of_it_nowhere(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    made = await note(as_therapist, client_person)
    assert (await read(as_therapist, client_person, f"/{made}")).is_success
    assert (await erase(as_therapist, client_person, made)).is_success
    assert (await as_client.get("/api/portal/access-log")).json()["items"] == []


async def test_after_care_has_ended_notes_are_read_for_a_while_and_then_stay_sealed(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    made = await note(as_therapist, client_person)

    async def ended(days: int) -> None:
        async with database.arrange() as arranged:
            change = text("UPDATE care_relationships SET ended_at = now() - make_interval(days => :days)")
            await arranged.execute(change, {"days": days})

    await ended(13)
    assert (await read(as_therapist, client_person)).json()["may_write"] is False
    assert (await read(as_therapist, client_person, f"/{made}")).json()["may_write"] is False
    assert await everything(as_therapist, client_person, made) == [200, 200, 200, 404, 404, 404]
    await ended(15)
    assert await everything(as_therapist, client_person, made) == [404] * 6
    assert await number_of(database, "process_notes") == 1


@pytest.fixture
async def http(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(committed_app, issuer.token(committed_people[1], "portal")) as opened:
        yield opened


async def test_of_many_at_once_one_is_stored(http: httpx.AsyncClient, committed_people: tuple[Person, Person]):
    """First notes at once share one book; the same one is stored once; of edits of one version the first stays."""
    client, _ = committed_people

    async def at_once(*sent: Awaitable[httpx.Response]) -> dict[int, int]:
        return Counter(answer.status_code for answer in await asyncio.gather(*sent))

    assert await at_once(*(write(http, client) for _ in range(SENDERS))) == {201: SENDERS}
    made = str(new_id())
    assert await at_once(*(write(http, client, made) for _ in range(SENDERS))) == {201: 1, 200: SENDERS - 1}
    assert await at_once(*(edit(http, client, made) for _ in range(SENDERS))) == {201: 1, 409: SENDERS - 1}
    listed = (await http.get(NOTES, params={**of(client), "limit": 100})).json()["items"]
    assert len(listed) == SENDERS + 1
