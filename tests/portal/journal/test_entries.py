"""Entries: written once, edited with every version kept, listed in pages, erased for good; sealed all the while."""

import asyncio
import base64
import json
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.errors import InvalidInput
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.checkins.cursor import Cursor
from afterglow_portal.journal import drafts, writing
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.portal.arranging import ago, audited, number_of
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, draft, edit, entry, write

TABLES = ("entries", "versions", "shares", "readings", "erasures", "drafts")
TIMES = ("yesterday", "2026-11-22T10:00:00", ago(hours=-1), "1990-01-01T00:00:00Z")
REFUSED: list[tuple[str, dict[str, Any]]] = [
    *[("title", {"title": value}) for value in ("x" * 201, "two\nlines", "two\u2028lines", "a\0b", 3)],
    *[("text", {"text": value}) for value in ("", " \n", "a\0b", "x" * 20_001, "\ud800", None, 7)],
    *[("phase", {"phase": value}) for value in ("dosing", "", 1)],
    *[("draft_revision", {"draft_revision": value}) for value in (-1, 2**31 - 1, 10**12, 1.5)],
    *[("follows", {"follows": value}) for value in ("first", "00000000-0000-4000-8000-000000000000", str(new_id()))],
    *[("felt_at", {"felt_at": value}) for value in TIMES],
    *[("time_zone", {"time_zone": value}) for value in ("Mars/Olympus", "UTC\0", None)],
    *[("visibility", {"visibility": value}) for value in ("everyone", "", None)],
    *[(name, {name: str(new_id())}) for name in ("id", "client_id", "entered_at", "version_id")],
]  # fmt: skip


async def test_what_cannot_be_used_is_refused_by_name(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    for field, changes in REFUSED:
        body, headers = json.dumps(entry(**changes)), {"content-type": "application/json"}
        answer = await as_client.put(f"{JOURNAL}/{new_id()}", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), changes
        assert {error["field"] for error in answer.json()["errors"]} == {field}, changes
    assert await number_of(database, "journal_entries") == 0


async def test_broken_bodies_are_the_senders_fault(as_client: httpx.AsyncClient):
    """Broken UTF-8, no JSON, no JSON by name, and more than can be taken."""
    unusable = (400, 422)
    bodies = [
        (b'{"text": "\xff\xfe"}', unusable),
        (b"{", unusable),
        (b"[" * 30_000, unusable),
        (b" " * 300_000, (413,)),
    ]
    for where in (f"{JOURNAL}/{new_id()}", f"{JOURNAL}/drafts/{new_id()}"):
        for body, statuses in bodies:
            answer = await as_client.put(where, content=body, headers={"content-type": "application/json"})
            assert answer.status_code in statuses, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
        plain = await as_client.put(where, content=b"{}", headers={"content-type": "text/plain"})
        assert plain.status_code == 415


async def test_the_longest_text_fits_however_it_is_escaped(as_client: httpx.AsyncClient):
    body = json.dumps(entry(text="𝄞" * 20_000))  # each as two \uXXXX
    headers = {"content-type": "application/json"}
    answer = await as_client.put(f"{JOURNAL}/{new_id()}", content=body, headers=headers)
    assert (answer.status_code, len(answer.json()["text"])) == (201, 20_000)


async def test_an_entry_is_written_once_and_read_as_it_was(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    first = await write(as_client, title=" Before ", phase="preparation", visibility="only_me", felt_at=ago(days=9))
    where, body = f"{JOURNAL}/{new_id()}", entry(follows=first["id"], phase="experience", visibility="next_session")
    made, again = await as_client.put(where, json=body), await as_client.put(where, json=body)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json() == again.json()
    assert (await as_client.put(where, json=body | {"text": "Another"})).json()["code"] == "conflict"
    read = (await as_client.get(where)).json()
    assert read == made.json() | {"shared_with": [], "readings": [], "continued_by": []}
    assert (first["title"], first["back_dated"], first["version"]) == ("Before", True, 1)
    assert (await as_client.get(f"{JOURNAL}/{first['id']}")).json()["continued_by"] == [made.json()["id"]]
    events = await audited(database, "journal_entry.created")
    assert [str(event.object_id) for event in events] == [first["id"], made.json()["id"]]
    assert await audited(database, "journal_entry.read") == await audited(database, "journal_entry.shared") == []


async def test_an_edit_keeps_the_version_before(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await write(as_client, title="One")
    where = f"{JOURNAL}/{stored['id']}/versions"
    second = edit(title="Two", text="Changed")
    made, again = await as_client.post(where, json=second), await as_client.post(where, json=second)
    assert (made.status_code, again.status_code, made.json()) == (201, 200, again.json())
    assert (made.json()["version"], made.json()["title"]) == (2, "Two")
    assert (await as_client.post(where, json=second | {"text": "Other"})).json()["code"] == "conflict"
    stale = await as_client.post(where, json=edit(base_version=1, text="From another tab"))
    assert (stale.status_code, stale.json()["code"]) == (409, "entry_changed")
    versions = (await as_client.get(where)).json()["items"]
    assert [(one["version"], one["title"], one["text"]) for one in versions] == [
        (1, "One", stored["text"]),
        (2, "Two", "Changed"),
    ]
    assert len(await audited(database, "journal_entry.edited")) == 1
    other = await write(as_client)
    moved = await as_client.post(f"{JOURNAL}/{other['id']}/versions", json=second)
    assert moved.json()["code"] == "conflict"


async def test_a_list_shows_words_without_marks_and_breaks_none(as_client: httpx.AsyncClient):
    await write(as_client, text=f"# The *sea*\n\n- [a song](https://example.org)\n> {'wave ' * 40}")
    (listed,) = (await as_client.get(JOURNAL)).json()["items"]
    assert listed["opening"].startswith("The sea a song wave wave")
    assert listed["opening"].endswith("wave…")
    assert len(listed["opening"]) <= 160


async def test_pages_follow_each_other_without_hole_or_double(as_client: httpx.AsyncClient):
    stored = [await write(as_client, felt_at=ago(hours=hours), text="word " * 99) for hours in (3, 1, 2, 0)]
    stored.append(await write(as_client, felt_at=stored[0]["felt_at"]))
    expected = [one["id"] for one in sorted(stored, key=lambda one: (one["felt_at"], one["id"]), reverse=True)]
    found, after = [], None
    while True:
        page = (await as_client.get(JOURNAL, params={"limit": 2} | ({"after": after} if after else {}))).json()
        found += page["items"]
        if (after := page["next"]) is None:
            break
    assert [one["id"] for one in found] == expected
    assert "text" not in found[0]
    assert max(len(one["opening"]) for one in found) == 160
    early = base64.urlsafe_b64encode(f"0001-01-01T00:00:00+14:00|{new_id()}".encode()).decode().rstrip("=")
    for wrong in ("nonsense", early):
        assert (await as_client.get(JOURNAL, params={"after": wrong})).status_code == 422
    with pytest.raises(InvalidInput):
        Cursor.decode(early)


async def test_titles_are_written_as_people_write(as_client: httpx.AsyncClient):
    """Joiners, non-joiners and wide spaces belong to writing; only what breaks a line does not."""
    for title in (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 at the sea",
        "\u00e0\u00a0propos",
        "\u0645\u06cc\u200c\u062e",
    ):
        assert (await write(as_client, title=title))["title"] == title


async def test_erasing_leaves_nothing_and_nothing_sent_late_brings_it_back(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    body, where = entry(), f"{JOURNAL}/{new_id()}"
    stored = (await as_client.put(where, json=body)).json()
    after = await write(as_client, follows=stored["id"], visibility="only_me")
    await as_client.post(f"{where}/versions", json=edit(text="Second"))
    await as_client.put(f"{JOURNAL}/drafts/{stored['id']}", json=draft(base_version=2))
    erased, again = await as_client.delete(where), await as_client.delete(where)
    assert (erased.status_code, again.json()) == (200, erased.json())
    assert [await number_of(database, f"journal_{table}") for table in TABLES] == [1, 0, 0, 0, 1, 0]
    assert (await as_client.get(where)).status_code == 404
    assert (await as_client.get(f"{JOURNAL}/{after['id']}")).json()["follows"] is None
    assert (await as_client.put(where, json=body)).json()["code"] == "entry_erased"
    late = await as_client.put(f"{JOURNAL}/drafts/{stored['id']}", json=draft())
    assert late.json()["code"] == "draft_changed"
    assert len(await audited(database, "journal_entry.erased")) == 1
    assert (await as_client.delete(f"{JOURNAL}/{new_id()}")).status_code == 404


async def test_an_erasure_between_looking_and_writing_is_found(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, monkeypatch: pytest.MonkeyPatch
):
    """Neither entry nor draft; and where an erased entry stands all the same, erasing it again removes it."""
    stored, entry_id = await write(as_client), new_id()
    erased = text("INSERT INTO journal_erasures SELECT client_id, :id, now() FROM journal_entries")
    possible, bounded = writing.refuse_impossible, drafts.refuse_too_many

    async def then_erased(session: AsyncSession, *arguments: Any) -> None:
        await possible(session, *arguments)
        await session.execute(erased, {"id": entry_id})

    async def then_erased_too(session: AsyncSession, client: UUID) -> None:
        await bounded(session, client)
        await session.execute(erased, {"id": entry_id})

    monkeypatch.setattr(writing, "refuse_impossible", then_erased)
    monkeypatch.setattr(drafts, "refuse_too_many", then_erased_too)
    answer = await as_client.put(f"{JOURNAL}/{entry_id}", json=entry())
    assert (answer.status_code, answer.json()["code"]) == (409, "entry_erased")
    answer = await as_client.put(f"{JOURNAL}/drafts/{entry_id}", json=draft())
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_changed")
    assert [await number_of(database, f"journal_{table}") for table in TABLES] == [1, 0, 1, 0, 0, 0]
    async with database.arrange() as session:
        await session.execute(erased, {"id": UUID(stored["id"])})
    assert (await as_client.delete(f"{JOURNAL}/{stored['id']}")).status_code == 200
    assert [await number_of(database, f"journal_{table}") for table in TABLES] == [0, 0, 0, 0, 1, 0]
    assert len(await audited(database, "journal_entry.erased")) == 1


async def test_others_reach_nothing(
    as_client: httpx.AsyncClient, signed_in: Open, other_client: Person, database: RolledBackDatabase
):
    stored = await write(as_client)
    where = f"{JOURNAL}/{stored['id']}"
    async with signed_in(other_client) as other:
        answers = [
            await other.get(where),
            await other.get(f"{where}/versions"),
            await other.post(f"{where}/versions", json=edit()),
            await other.delete(where),
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert (await other.put(where, json=entry(text="Mine under the same id"))).status_code == 201
        follows = await other.put(f"{JOURNAL}/{new_id()}", json=entry(follows=str(stored["id"])))
    assert follows.status_code == 201  # their own entry of that id
    assert (await as_client.get(where)).json()["text"] == stored["text"]
    assert [event.outcome for event in await audited(database, "journal_entry.erased")] == ["refused"]


async def test_words_are_nowhere_in_the_clear_and_open_only_where_they_were_sealed(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    stored, other = await write(as_client, title="Salt", text="Pebbles"), await write(as_client)
    await as_client.post(f"{JOURNAL}/{stored['id']}/versions", json=edit(title="Salt too", text="Pebbles two"))
    await as_client.put(f"{JOURNAL}/drafts/{new_id()}", json=draft(title="Saltless", text="Pebbles three"))
    async with database.arrange() as session:
        await session.execute(text("SET LOCAL bytea_output = 'escape'"))
        everything = [
            await session.scalar(text(f"SELECT string_agg(one::text, ' ') FROM {table} AS one"))  # noqa: S608  # names of ours
            for table in ("journal_entries", "journal_versions", "journal_drafts", "audit_events")
        ]
        assert not [word for word in ("Salt", "Pebbles") if word in " ".join(part or "" for part in everything)]
        moved = "UPDATE journal_entries SET text = (SELECT text FROM journal_entries WHERE id = :from) WHERE id = :to"
        await session.execute(text(moved), {"from": UUID(stored["id"]), "to": UUID(other["id"])})
    answer = await as_client.get(f"{JOURNAL}/{other['id']}")
    assert answer.status_code == 500
    assert "Pebbles" not in answer.text


async def test_of_many_at_once_one_writes_and_one_edits(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    async with open_client(committed_app, issuer.token(committed_people[0], "portal")) as http:
        where, body = f"{JOURNAL}/{new_id()}", entry()
        answers = await asyncio.gather(*(http.put(where, json=body) for _ in range(12)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 11}
        changes = [edit(text=str(number)) for number in range(6)]
        answers = await asyncio.gather(*(http.post(f"{where}/versions", json=change) for change in changes))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 5}
        saves = await asyncio.gather(
            *(
                http.put(f"{JOURNAL}/drafts/{where[-36:]}", json=draft(base_version=2, text=str(number)))
                for number in range(6)
            )
        )
        assert Counter(answer.status_code for answer in saves) == {200: 1, 409: 5}
        answers = await asyncio.gather(*(http.delete(where) for _ in range(6)))
        assert Counter(answer.status_code for answer in answers) == {200: 6}
        assert len({answer.content for answer in answers}) == 1
