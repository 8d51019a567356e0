"""Sharing: with a named person, taken back until it was read, and honest about who read it when."""

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
from afterglow_portal.journal import reading
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.people.models import Grant
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.portal.arranging import LONG_AGO, assign, audited
from tests.portal.conftest import Open
from tests.portal.journal.writing import JOURNAL, edit, write


def of(client: Person) -> dict[str, str]:
    return {"client": str(client.id)}


async def test_a_therapist_opens_what_is_shared_and_the_client_sees_by_whom_and_when(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    shared = await write(as_client, title="For you", text="Read me")
    hidden = [(await write(as_client, visibility=kind))["id"] for kind in ("only_me", "next_session")]
    (listed,) = (await as_therapist.get(JOURNAL, params=of(client_person))).json()["items"]
    assert (listed["id"], listed["title"], listed["opening"], listed["read_at"]) == (shared["id"], None, None, None)
    assert (await as_client.get(f"{JOURNAL}/{shared['id']}")).json()["readings"] == []
    read = (await as_therapist.get(f"{JOURNAL}/{shared['id']}", params=of(client_person))).json()
    assert (read["text"], [one["reader"]["name"] for one in read["readings"]]) == ("Read me", [therapist.name])
    await as_therapist.get(f"{JOURNAL}/{shared['id']}", params=of(client_person))
    seen = (await as_client.get(f"{JOURNAL}/{shared['id']}")).json()
    assert seen["shared_with"] == [{"id": str(therapist.id), "name": therapist.name}]
    (reading,) = seen["readings"]
    assert (reading["reader"], reading["version"]) == (seen["shared_with"][0], 1)
    (listed,) = (await as_therapist.get(JOURNAL, params=of(client_person))).json()["items"]
    assert (listed["title"], listed["opening"], listed["read_at"]) == ("For you", "Read me", reading["read_at"])
    for closed in hidden:
        assert (await as_therapist.get(f"{JOURNAL}/{closed}", params=of(client_person))).status_code == 404
    events = await audited(database, "journal_entry.read")
    assert [(event.actor_id, event.subject_id, event.outcome) for event in events] == [
        *[(therapist.id, client_person.id, "success")] * 2,
        *[(therapist.id, client_person.id, "refused")] * 2,
    ]
    assert len(await audited(database, "journal.read")) == 2


async def test_what_an_entry_continues_is_told_to_whoever_may_read_that_one(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    first, hidden = await write(as_client), await write(as_client, visibility="only_me")
    for before, told in ((first, first["id"]), (hidden, None)):
        after = await write(as_client, follows=before["id"])
        listed = (await as_therapist.get(JOURNAL, params=of(client_person))).json()["items"]
        assert [one["follows"] for one in listed if one["id"] == after["id"]] == [told]
        read = await as_therapist.get(f"{JOURNAL}/{after['id']}", params=of(client_person))
        assert (read.json()["follows"], hidden["id"] in read.text) == (told, False)
        assert (await as_client.get(f"{JOURNAL}/{after['id']}")).json()["follows"] == before["id"]


async def test_taking_back_works_until_it_was_read(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    unread, read = await write(as_client), await write(as_client)
    await as_therapist.get(f"{JOURNAL}/{read['id']}", params=of(client_person))
    for stored, status in ((unread, 201), (read, 409)):
        answer = await as_client.post(f"{JOURNAL}/{stored['id']}/versions", json=edit(visibility="only_me"))
        assert answer.status_code == status
    assert answer.json()["code"] == "already_read"
    assert therapist.name in answer.json()["detail"]
    assert (await as_therapist.get(f"{JOURNAL}/{unread['id']}", params=of(client_person))).status_code == 404
    erasing = await as_client.delete(f"{JOURNAL}/{read['id']}")
    assert (erasing.status_code, erasing.json()["code"]) == (409, "already_read")
    assert (await as_client.delete(f"{JOURNAL}/{unread['id']}")).status_code == 200
    # The words themselves may still change; the reader sees that they did only by opening them again.
    assert (await as_client.post(f"{JOURNAL}/{read['id']}/versions", json=edit(text="Changed"))).status_code == 201
    (listed,) = (await as_therapist.get(JOURNAL, params=of(client_person))).json()["items"]
    assert (listed["version"], listed["opening"]) == (2, None)
    events = await audited(database, "journal_entry.unshared")
    assert [event.outcome for event in events] == ["success", "refused"]


async def test_the_database_itself_keeps_what_was_read(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    stored = await write(as_client)
    await as_therapist.get(f"{JOURNAL}/{stored['id']}", params=of(client_person))
    async with database.unit_of_work(RowContext(client_person.id, "client")) as session:
        for table, column in (("journal_shares", "entry_id"), ("journal_entries", "id")):
            gone = await session.execute(
                text(f"DELETE FROM {table} WHERE {column} = :id RETURNING 1"),  # noqa: S608  # names of ours
                {"id": UUID(stored["id"])},
            )
            assert gone.all() == []
        for kind in ("only_me", "next_session"):
            with pytest.raises(DBAPIError, match="row-level security"):
                async with session.begin_nested():
                    await session.execute(text("UPDATE journal_entries SET visibility = :kind"), {"kind": kind})
    async with database.arrange() as session:
        with pytest.raises(DBAPIError):
            async with session.begin_nested():
                await session.execute(text("DELETE FROM journal_entries"))


async def test_a_new_therapist_reads_earlier_entries_only_if_the_client_says_so(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    earlier, corrected = await write(as_client), await write(as_client)
    hidden = await write(as_client, visibility="only_me")
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
        ended = {"now": datetime.now(UTC), "therapist": therapist.id}
        await session.execute(
            text("UPDATE care_relationships SET ended_at = :now WHERE therapist_id = :therapist"), ended
        )
    later = await write(as_client)
    # To correct a word shares with nobody anew, to share what was hidden does.
    for stored in (corrected, hidden):
        assert (await as_client.post(f"{JOURNAL}/{stored['id']}/versions", json=edit(text="Corrected"))).is_success
    async with signed_in(other_therapist) as http:
        listed = (await http.get(JOURNAL, params=of(client_person))).json()["items"]
        assert {one["id"] for one in listed} == {later["id"], hidden["id"]}
        assert (await http.get(f"{JOURNAL}/{earlier['id']}", params=of(client_person))).status_code == 404
        told = (await as_client.get(f"{JOURNAL}/sharing")).json()["therapists"]
        assert told == [{"id": str(other_therapist.id), "name": other_therapist.name, "earlier": 2}]
        for _ in range(2):
            said = await as_client.put(f"{JOURNAL}/sharing/{other_therapist.id}")
            assert said.json()["therapists"][0]["earlier"] == 0
        assert (await http.get(f"{JOURNAL}/{earlier['id']}", params=of(client_person))).status_code == 200
    assert (await as_client.put(f"{JOURNAL}/sharing/{therapist.id}")).status_code == 404
    assert [event.outcome for event in await audited(database, "journal.earlier_shared")] == ["success", "refused"]
    shared = [str(event.object_id) for event in await audited(database, "journal_entry.shared")]
    assert shared == [one["id"] for one in (earlier, corrected, later, hidden)]
    async with signed_in(therapist) as http:  # fourteen days of reading go on, for what was shared with them alone
        listed = (await http.get(JOURNAL, params=of(client_person))).json()["items"]
    assert {one["id"] for one in listed} == {earlier["id"], corrected["id"]}


async def test_whoever_stands_in_reads_what_those_who_treat_now_were_shown(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    shared = await write(as_client)
    now = datetime.now(UTC)
    async with database.arrange() as session:
        times = {"starts_at": LONG_AGO, "ends_at": now + timedelta(days=3), "as_of": LONG_AGO}
        cover = GrantFact(
            id=new_id(),
            kind="cover",
            client_id=client_person.id,
            therapist_id=other_therapist.id,
            covered_id=therapist.id,
            **times,
        )
        await upsert(session, Grant, [cover])
    async with signed_in(other_therapist) as http:
        assert (await http.get(f"{JOURNAL}/{shared['id']}", params=of(client_person))).status_code == 200
        readings = (await as_client.get(f"{JOURNAL}/{shared['id']}")).json()["readings"]
        assert [one["reader"]["name"] for one in readings] == [other_therapist.name]
        async with database.arrange() as session:  # the one they stand in for treats no longer
            ended = {"then": now - timedelta(days=3), "therapist": therapist.id}
            await session.execute(
                text("UPDATE care_relationships SET ended_at = :then WHERE therapist_id = :therapist"), ended
            )
        assert (await http.get(f"{JOURNAL}/{shared['id']}", params=of(client_person))).status_code == 404
        async with database.arrange() as session:
            await session.execute(text("UPDATE grants SET ends_at = now()"))
        assert (await http.get(JOURNAL, params=of(client_person))).status_code == 404


async def test_of_reading_and_taking_back_at_once_one_comes_first(
    committed_app: FastAPI,
    committed_people: tuple[Person, Person],
    issuer: TestIssuer,
    monkeypatch: pytest.MonkeyPatch,
):
    """Either it was read and stays shared, or it was taken back and nobody saw it: never both, never neither."""
    client, therapist = committed_people
    async with (
        open_client(committed_app, issuer.token(client, "portal")) as mine,
        open_client(committed_app, issuer.token(therapist, "portal")) as theirs,
    ):
        outcomes = set()
        for _ in range(10):
            where = f"{JOURNAL}/{(await write(mine))['id']}"
            read, taken = await asyncio.gather(
                theirs.get(where, params=of(client)),
                mine.post(f"{where}/versions", json=edit(visibility="only_me")),
            )
            outcomes.add((read.status_code, taken.status_code))
            assert bool((await mine.get(where)).json()["readings"]) is (read.status_code == 200)
        assert outcomes <= {(200, 409), (404, 201)}
        where, noting = f"{JOURNAL}/{(await write(mine))['id']}", reading.note_reading

        async def after_it_was_taken_back(*arguments: Any) -> JournalEntry | None:
            await mine.post(f"{where}/versions", json=edit(visibility="only_me"))
            return await noting(*arguments)

        monkeypatch.setattr(reading, "note_reading", after_it_was_taken_back)
        assert (await theirs.get(where, params=of(client))).status_code == 404
        assert (await mine.get(where)).json()["readings"] == []


async def test_sharing_earlier_entries_twice_at_once_is_sharing_them_once(
    committed_app: FastAPI,
    committed_people: tuple[Person, Person],
    issuer: TestIssuer,
    committed_superuser: Database,
):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(client, "portal")) as mine:
        for _ in range(8):
            await write(mine)
        async with committed_superuser.sessions() as session:
            await session.execute(text("DELETE FROM journal_shares WHERE client_id = :client"), {"client": client.id})
            await session.commit()
        said = await asyncio.gather(*(mine.put(f"{JOURNAL}/sharing/{therapist.id}") for _ in range(6)))
        assert {one.status_code for one in said} == {200}
        assert {one.json()["therapists"][0]["earlier"] for one in said} == {0}
