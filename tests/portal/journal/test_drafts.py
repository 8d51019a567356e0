"""Drafts: kept from the first seconds, never overwritten silently, gone once saved, and nobody else's."""

import asyncio

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import number_of
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, draft, edit, entry, write
from tests.portal.voice_notes.recording import record, sound

DRAFTS = f"{JOURNAL}/drafts"


async def test_a_draft_is_kept_and_gone_once_saved(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    entry_id = str(new_id())
    first = await as_client.put(f"{DRAFTS}/{entry_id}", json=draft(phase="preparation", felt_at="2026-11-2"))
    assert (first.status_code, first.json()["revision"]) == (200, 1)
    assert (await as_client.put(f"{DRAFTS}/{entry_id}", json=draft(1, text="Half a sentence"))).json()["revision"] == 2
    found = (await as_client.get(f"{DRAFTS}/{entry_id}")).json()
    kept = found["draft"]
    assert found["entry"] is None
    assert (kept["text"], kept["revision"], kept["base_version"]) == ("Half a sentence", 2, 0)
    assert (await as_client.get(DRAFTS)).json()["items"] == [kept]
    assert (await as_client.put(f"{JOURNAL}/{entry_id}", json=entry())).status_code == 201
    found = (await as_client.get(f"{DRAFTS}/{entry_id}")).json()
    assert (found["entry"]["text"], found["draft"]) == (entry()["text"], None)
    late = await as_client.put(f"{DRAFTS}/{entry_id}", json=draft())
    assert (late.status_code, late.json()["code"]) == (409, "draft_changed")
    changing = await as_client.put(f"{DRAFTS}/{entry_id}", json=draft(base_version=1))
    assert changing.status_code == 200
    await as_client.post(f"{JOURNAL}/{entry_id}/versions", json=edit())
    assert await number_of(database, "journal_drafts") == 0


async def test_a_second_tab_overwrites_nothing(as_client: httpx.AsyncClient):
    where = f"{DRAFTS}/{new_id()}"
    for revision in range(2):
        body = draft(revision, text=f"Tab one, {revision}")
        saved = await as_client.put(where, json=body)
        assert (await as_client.put(where, json=body)).json() == saved.json()  # its answer was lost: the same again
    for revision in (0, 1, 5):
        other = await as_client.put(where, json=draft(revision, text="Tab two"))
        assert (other.status_code, other.json()["code"]) == (409, "draft_changed")
    assert (await as_client.get(where)).json()["draft"]["text"] == "Tab one, 1"
    saving = entry(text="Tab two saves", draft_revision=1)
    assert (await as_client.put(where.replace("/drafts", ""), json=saving)).status_code == 201
    assert (await as_client.get(where)).json()["draft"]["text"] == "Tab one, 1"


async def test_a_draft_is_nobody_elses(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_client: Person,
):
    stored = await write(as_client)
    where = f"{DRAFTS}/{stored['id']}"
    await as_client.put(where, json=draft(base_version=1, visibility="therapist"))
    assert (await as_therapist.get(where, params={"client": str(client_person.id)})).status_code == 403
    async with signed_in(other_client) as http:
        assert (await http.get(where)).json() == {"entry": None, "draft": None}
        assert (await http.get(DRAFTS)).json()["items"] == []
        assert (await http.delete(where, params={"revision": 1})).status_code == 204
    assert (await as_client.get(where)).json()["draft"]["text"] == "Half a sen"
    assert (await as_client.delete(where, params={"revision": 1})).status_code == 204
    assert (await as_client.get(where)).json()["draft"] is None


async def test_a_second_tab_discards_nothing_it_has_not_seen(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    entry_id = str(new_id())
    where = f"{DRAFTS}/{entry_id}"
    await as_client.put(where, json=draft())
    await as_client.put(where, json=draft(1, text="More, in another tab"))
    note = await record(as_client, entry_id, sound(500))
    for stale in (0, 1, 3):
        answer = await as_client.delete(where, params={"revision": stale})
        assert (answer.status_code, answer.json()["code"]) == (409, "draft_changed")
    assert (await as_client.get(where)).json()["draft"]["text"] == "More, in another tab"
    assert (await as_client.get(f"{note}/content")).status_code == 200
    for unusable in ({}, {"revision": -1}, {"revision": "two"}, {"revision": 2**31 - 1}):
        answer = await as_client.delete(where, params=unusable)
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["revision"])
    for _ in range(2):  # the second finds none
        assert (await as_client.delete(where, params={"revision": 2})).status_code == 204
    assert await number_of(database, "voice_notes") == 0


async def test_of_keeping_and_discarding_at_once_one_comes_first(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    """Either the words that came are kept, or the saving finds that the draft it goes on from is gone."""
    client, _ = committed_people
    async with open_client(committed_app, issuer.token(client, "portal")) as mine:
        for _ in range(10):
            where = f"{DRAFTS}/{new_id()}"
            await mine.put(where, json=draft())
            kept, discarded = await asyncio.gather(
                mine.put(where, json=draft(1, text="More")), mine.delete(where, params={"revision": 1})
            )
            assert (kept.status_code, discarded.status_code) in {(200, 409), (409, 204)}
            left = (await mine.get(where)).json()["draft"]
            assert (left or {}).get("text") == ("More" if kept.status_code == 200 else None)


async def test_drafts_are_bounded(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    first = str(new_id())
    await as_client.put(f"{DRAFTS}/{first}", json=draft())
    async with database.arrange() as session:
        await session.execute(
            text(
                "INSERT INTO journal_drafts SELECT client_id, gen_random_uuid(), 0, 1, content, digest, saved_at"
                " FROM journal_drafts, generate_series(2, 100)"
            )
        )
    full = await as_client.put(f"{DRAFTS}/{new_id()}", json=draft())
    assert (full.status_code, full.json()["code"]) == (409, "too_many_drafts")
    assert (await as_client.put(f"{DRAFTS}/{first}", json=draft(1))).status_code == 200
    unusable = await as_client.put(f"{DRAFTS}/{first}", json=draft(2, text="a\0b"))
    assert [error["field"] for error in unusable.json()["errors"]] == ["text"]
    for name, value in (("revision", 2**31 - 1), ("revision", 10**12), ("base_version", 2**31 - 1)):
        unusable = await as_client.put(f"{DRAFTS}/{first}", json=draft() | {name: value})
        assert [error["field"] for error in unusable.json()["errors"]] == [name]
