"""Pinned lines: a therapist reads just those; unpinned until they were read; gone with their entry unless read."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.agenda.excerpts import stands_in
from afterglow_portal.people.models import Grant
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.portal.arranging import LONG_AGO, assign, audited, number_of
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, edit, write

AGENDA = "/api/portal/agenda"
LINE = "The sea was inside the room."


def of(client: Person) -> dict[str, str]:
    return {"client": str(client.id)}


async def pin(http: httpx.AsyncClient, entry: dict[str, Any], words: str = LINE) -> dict[str, Any]:
    answer = await http.put(f"{AGENDA}/{new_id()}", json={"entry_id": entry["id"], "text": words})
    assert answer.status_code == 201, answer.text
    line: dict[str, Any] = answer.json()
    return line


async def lines(http: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get(AGENDA, params=params)).json()["items"]
    return found


async def test_a_therapist_reads_the_line_and_nothing_around_it(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    entry = await write(as_client, visibility="only_me", title="Mine alone")
    line = await pin(as_client, entry)
    named = {"id": str(therapist.id), "name": therapist.name}
    assert (line["entry_id"], line["shown_to"], line["readings"]) == (entry["id"], [named], [])
    (read,) = await lines(as_therapist, **of(client_person))
    assert (read["text"], read["entry_id"], read["shown_to"]) == (LINE, None, [])
    assert entry["id"] not in str(read)
    assert (await as_therapist.get(JOURNAL, params=of(client_person))).json()["items"] == []
    assert (await as_therapist.get(f"{JOURNAL}/{entry['id']}", params=of(client_person))).status_code == 404
    (mine,) = await lines(as_client)
    assert [one["reader"] for one in mine["readings"]] == [named]
    assert mine["readings"] == read["readings"] == (await lines(as_therapist, **of(client_person)))[0]["readings"]
    (pinned,) = await audited(database, "line.pinned")
    assert (pinned.object_id, pinned.subject_id) == (UUID(line["id"]), client_person.id)
    reading = await audited(database, "agenda.read")
    assert [(one.actor_id, one.subject_id) for one in reading] == [(therapist.id, client_person.id)] * 2


async def test_unpinned_until_it_was_read_and_settled_afterwards(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    entry = await write(as_client)
    unread = await pin(as_client, entry)
    early = await as_client.put(f"{AGENDA}/{unread['id']}/settled")
    assert (early.status_code, early.json()["code"]) == (409, "not_read")
    for _ in range(2):
        assert (await as_client.delete(f"{AGENDA}/{unread['id']}")).status_code == 204
    assert await number_of(database, "pinned_lines") == 0
    read = await pin(as_client, entry)
    await lines(as_therapist, **of(client_person))
    refused = await as_client.delete(f"{AGENDA}/{read['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "already_read")
    assert therapist.name in refused.json()["detail"]
    said = [(await as_client.put(f"{AGENDA}/{read['id']}/settled")).json() for _ in range(2)]
    assert said[0] == said[1]
    assert await lines(as_client) == await lines(as_therapist, **of(client_person)) == []
    assert await number_of(database, "pinned_line_readings") == 1
    assert (await as_client.put(f"{AGENDA}/{new_id()}/settled")).status_code == 404
    assert [one.outcome for one in await audited(database, "line.unpinned")] == ["success", "refused"]
    assert [one.outcome for one in await audited(database, "line.settled")] == ["success", "refused"]


async def test_a_line_goes_with_its_entry_unless_it_was_read(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    kept, gone = await write(as_client, visibility="only_me"), await write(as_client, visibility="only_me")
    read = await pin(as_client, kept)
    await lines(as_therapist, **of(client_person))
    await pin(as_client, kept, "the room")
    await pin(as_client, gone)
    changed = edit(text="Quite other words", visibility="only_me")
    assert (await as_client.post(f"{JOURNAL}/{kept['id']}/versions", json=changed)).is_success
    assert len(await lines(as_client)) == 3  # what was pinned stays as it was
    for entry in (kept, gone):
        assert (await as_client.delete(f"{JOURNAL}/{entry['id']}")).status_code == 200
    assert [one["id"] for one in await lines(as_client)] == [read["id"]]


async def test_sent_again_and_refused(as_client: httpx.AsyncClient, signed_in: Open, other_client: Person):
    entry = await write(as_client)
    line = await pin(as_client, entry)
    body = {"entry_id": entry["id"], "text": LINE}
    again = await as_client.put(f"{AGENDA}/{line['id']}", json=body)
    assert (again.status_code, again.json()) == (200, line)
    assert (await as_client.put(f"{AGENDA}/{line['id']}", json=body | {"text": "The sea"})).status_code == 409
    for wrong, field in (
        ({"text": "The mountain"}, "text"),
        ({"text": " \n"}, "text"),
        ({"text": "…"}, "text"),
        ({"text": "The sea" + " " * 500}, "text"),
        ({"text": "The\0sea"}, "text"),
        ({"text": 7}, "text"),
        ({"entry_id": "x"}, "entry_id"),
        ({"client_id": str(new_id())}, "client_id"),
    ):
        answer = await as_client.put(f"{AGENDA}/{new_id()}", json=body | wrong)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field]), wrong
    assert (await as_client.put(f"{AGENDA}/{new_id()}", json=body | {"entry_id": str(new_id())})).status_code == 404
    async with signed_in(other_client) as http:
        assert (await http.put(f"{AGENDA}/{new_id()}", json=body)).status_code == 404
        assert (await http.delete(f"{AGENDA}/{line['id']}")).status_code == 204
    assert [one["id"] for one in await lines(as_client)] == [line["id"]]
    for _ in range(19):
        await pin(as_client, entry)
    full = await as_client.put(f"{AGENDA}/{new_id()}", json=body)
    assert (full.status_code, full.json()["code"]) == (409, "too_many_lines")


async def test_shown_to_whoever_treated_then_and_whoever_stands_in_for_them(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    line = await pin(as_client, await write(as_client))
    now = datetime.now(UTC)
    async with signed_in(other_therapist) as http:
        assert (await http.get(AGENDA, params=of(client_person))).status_code == 404
        async with database.arrange() as session:
            times = {"starts_at": LONG_AGO, "ends_at": now + timedelta(days=3), "as_of": LONG_AGO}
            parties = {"client_id": client_person.id, "therapist_id": other_therapist.id, "covered_id": therapist.id}
            await upsert(session, Grant, [GrantFact(id=new_id(), kind="cover", **parties, **times)])
        assert [one["id"] for one in await lines(http, **of(client_person))] == [line["id"]]
        async with database.arrange() as session:  # from standing in to treating, and the one before treats no longer
            await session.execute(text("UPDATE grants SET ends_at = now()"))
            await assign(session, client_person, other_therapist)
            ended = {"then": now - timedelta(days=3), "therapist": therapist.id}
            await session.execute(
                text("UPDATE care_relationships SET ended_at = :then WHERE therapist_id = :therapist"), ended
            )
        assert await lines(http, **of(client_person)) == []
    assert len(await lines(as_therapist, **of(client_person))) == 1  # fourteen days of reading go on
    async with database.arrange() as session:
        await session.execute(text("UPDATE care_relationships SET ended_at = now()"))
    nobody = await as_client.put(f"{AGENDA}/{new_id()}", json={"entry_id": line["entry_id"], "text": LINE})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "nobody_treats")


async def test_the_database_itself_keeps_what_was_read_as_it_was(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    await pin(as_client, await write(as_client))
    await lines(as_therapist, **of(client_person))
    async with database.unit_of_work(RowContext(client_person.id, "client")) as session:
        assert (await session.execute(text("DELETE FROM pinned_lines RETURNING 1"))).all() == []
        with pytest.raises(DBAPIError, match="permission denied"):
            async with session.begin_nested():
                await session.execute(text("UPDATE pinned_lines SET shown_to = '{}'"))
    async with database.arrange() as session:
        stored = await session.scalar(text("SELECT text FROM pinned_lines"))
        assert b"sea" not in stored
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("DELETE FROM pinned_lines"))


async def test_of_reading_and_unpinning_at_once_one_comes_first(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer, committed_superuser: Database
):
    """Either it was read and stays, or it was unpinned and nobody saw it; the same where its entry is erased."""
    client, therapist = committed_people
    async with (
        open_client(committed_app, issuer.token(client, "portal")) as mine,
        open_client(committed_app, issuer.token(therapist, "portal")) as theirs,
    ):
        for turn in range(10):
            entry = await write(mine, visibility="only_me")
            line = await pin(mine, entry)
            away = f"{JOURNAL}/{entry['id']}" if turn % 2 else f"{AGENDA}/{line['id']}"
            read, taken = await asyncio.gather(theirs.get(AGENDA, params=of(client)), mine.delete(away))
            seen = line["id"] in read.text
            assert read.status_code == 200
            assert taken.status_code in ({200} if turn % 2 else {409 if seen else 204})
            assert (line["id"] in [one["id"] for one in await lines(mine)]) is seen
        body = {"entry_id": (await write(mine))["id"], "text": LINE}
        where = f"{AGENDA}/{new_id()}"
        twice = await asyncio.gather(*(mine.put(where, json=body) for _ in range(6)))
        assert sorted(one.status_code for one in twice) == [200] * 5 + [201]
    async with committed_superuser.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'line.pinned'")) == 11


def test_a_line_is_known_without_its_marks():
    entry = "# At night\n- *The sea* was [a song](https://example.org/a_b) to me.\n¿…?"
    for line in ("At night", "The sea was a song to me.", "the  sea\nwas", "¿…?"):
        assert stands_in(line, entry), line
    for line in ("The sea was https://example.org", "!"):
        assert not stands_in(line, entry), line
