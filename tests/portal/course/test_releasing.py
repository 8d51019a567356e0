"""A session that begins opens what its client kept for it, for those it waits for: told, counted, and once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import GrantFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.people.models import Grant
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import LONG_AGO, ago, assign, audited, check_in, put
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, a_session, act, begin, courses, of, ready, schedule
from tests.portal.journal.writing import JOURNAL, edit, write
from tests.portal.voice_notes.recording import record, sound

CHECK_INS = "/api/portal/check-ins"
BEFORE = """
    UPDATE check_ins SET entered_at = entered_at - interval '20 days', felt_at = felt_at - interval '20 days',
                         local_date = local_date - 20
"""
RELEASE = text("SELECT room, id FROM release_for_session(:client)")


async def start(http: httpx.AsyncClient, client: Person, kind: str = "integration") -> httpx.Response:
    """Plan a session and begin it."""
    session = await schedule(http, client, await begin(http, client), kind=kind)
    return await act(http, client, session, "opening")


async def join(database: RolledBackDatabase, client: Person, therapist: Person) -> None:
    """Somebody new treats the client since five days; what was checked in so far lies before that."""
    async with database.arrange() as session:
        await session.execute(text(BEFORE))
        await assign(session, client, therapist, started_at=datetime.now(UTC) - timedelta(days=5))


async def test_what_was_kept_for_the_session_opens_when_it_begins(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    entry = await write(as_client, visibility="only_me")
    changing = edit(visibility="next_session", text="For Thursday")
    assert (await as_client.post(f"{JOURNAL}/{entry['id']}/versions", json=changing)).is_success
    note = await record(as_client, entry["id"], sound(500))
    hidden = await write(as_client, visibility="only_me")
    kept = await put(as_client, visibility="next_session", mood=3)
    where = [f"{JOURNAL}/{entry['id']}", f"{CHECK_INS}/{kept['id']}", f"{note}/content"]
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    assert {(await as_therapist.get(one, params=of(client_person))).status_code for one in where} == {404}
    for _ in range(2):
        assert (await act(as_therapist, client_person, session, "opening")).status_code == 200
    opened, checked_in, played = [await as_therapist.get(one, params=of(client_person)) for one in where]
    assert (opened.json()["text"], opened.json()["version"], opened.json()["edited_at"]) == ("For Thursday", 1, None)
    assert (checked_in.json()["mood"], checked_in.json()["version"], played.status_code) == (3, 1, 200)
    assert (await as_therapist.get(f"{JOURNAL}/{hidden['id']}", params=of(client_person))).status_code == 404
    mine = (await as_client.get(where[0])).json()
    assert (mine["visibility"], [one["name"] for one in mine["shared_with"]]) == ("therapist", [therapist.name])
    for action, released in (("journal_entry.released", entry), ("check_in.released", kept)):
        (event,) = await audited(database, action)
        assert (event.actor_id, event.subject_id, event.object_id) == (
            therapist.id, client_person.id, UUID(released["id"])
        )  # fmt: skip
    for kind, action in (("journal", "journal_entry.released"), ("check_ins", "check_in.released")):
        log = (await as_client.get("/api/portal/access-log", params={"kind": kind})).json()["items"]
        assert [one["day"] is not None for one in log if one["action"] == action] == [True]


async def test_it_opens_for_nobody_it_did_not_wait_for(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    """Sharing binds to the named person: an entry kept for one is not opened by a successor's session."""
    entry = await write(as_client, visibility="next_session")
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
        ended = {"now": datetime.now(UTC), "therapist": therapist.id}
        await session.execute(
            text("UPDATE care_relationships SET ended_at = :now WHERE therapist_id = :therapist"), ended
        )
    later = await write(as_client, visibility="next_session")
    async with signed_in(other_therapist) as http:
        assert (await start(http, client_person)).status_code == 200
        read = [await http.get(f"{JOURNAL}/{one['id']}", params=of(client_person)) for one in (entry, later)]
    assert [one.status_code for one in read] == [404, 200]
    assert (await as_client.get(f"{JOURNAL}/{entry['id']}")).json()["visibility"] == "next_session"


async def test_a_check_in_opens_for_those_it_waited_for_alone(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    """Whoever came after it was said sees nothing of it, by themselves or beside others, unless the client says so."""
    kept = await put(as_client, visibility="next_session")
    changed = await put(as_client, visibility="next_session")
    await join(database, client_person, other_therapist)
    again = check_in(version_id=str(new_id()), visibility="next_session", felt_at=ago(days=20, minutes=2))
    assert (await as_client.post(f"{CHECK_INS}/{changed['id']}/versions", json=again)).is_success
    both = [await put(as_client, visibility=visibility) for visibility in ("next_session", "therapist")]
    async with signed_in(other_therapist) as theirs:
        assert (await start(theirs, client_person)).status_code == 200  # their session, in which all treat the client
        for http, seen in ((as_therapist, [kept, changed, *both]), (theirs, [changed, *both])):
            listed = (await http.get(CHECK_INS, params=of(client_person))).json()["items"]
            assert {one["id"] for one in listed} == {one["id"] for one in seen}
        alone = await theirs.get(f"{CHECK_INS}/{kept['id']}", params=of(client_person))
        assert alone.status_code == 404
        (person,) = [
            one
            for one in (await as_client.get("/api/portal/earlier-shares")).json()["therapists"]
            if one["id"] == str(other_therapist.id)
        ]
        assert person["check_ins"] == 1
        day = {"from_date": person["first_day"], "until_date": person["first_day"]}
        chosen = {"therapist_id": str(other_therapist.id)} | day
        assert (await as_client.put(f"/api/portal/earlier-shares/{new_id()}", json=chosen)).is_success
        assert (await theirs.get(f"{CHECK_INS}/{kept['id']}", params=of(client_person))).status_code == 200


async def test_who_left_before_the_session_does_not_see_what_waited(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
    kept = await put(as_client, visibility="next_session")
    async with database.arrange() as session:
        ended = "UPDATE care_relationships SET ended_at = now() WHERE therapist_id = :therapist"
        await session.execute(text(ended), {"therapist": therapist.id})
    async with signed_in(other_therapist) as theirs:
        assert (await start(theirs, client_person)).status_code == 200
        where = f"{CHECK_INS}/{kept['id']}"
        read = [(await http.get(where, params=of(client_person))).status_code for http in (theirs, as_therapist)]
    assert read == [200, 404]


async def test_shared_outright_it_waits_for_nobody(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    kept = await put(as_client, visibility="next_session")
    await join(database, client_person, other_therapist)
    said = check_in(version_id=str(new_id()), felt_at=ago(days=20, minutes=2))
    assert (await as_client.post(f"{CHECK_INS}/{kept['id']}/versions", json=said)).is_success
    async with signed_in(other_therapist) as theirs:
        assert (await theirs.get(f"{CHECK_INS}/{kept['id']}", params=of(client_person))).status_code == 200
    async with database.arrange() as session:
        assert (await session.execute(text("SELECT waits_for FROM check_ins"))).all() == [(None,)]


async def test_whoever_stands_in_begins_the_session_for_those_who_treat(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
    database: RolledBackDatabase,
):
    entry = await write(as_client, visibility="next_session")
    times = {"starts_at": LONG_AGO, "ends_at": datetime.now(UTC) + timedelta(days=3), "as_of": LONG_AGO}
    cover = GrantFact(
        id=new_id(),
        kind="cover",
        client_id=client_person.id,
        therapist_id=other_therapist.id,
        covered_id=therapist.id,
        **times,
    )
    async with database.arrange() as session:
        await upsert(session, Grant, [cover])
    async with signed_in(other_therapist) as http:
        assert (await start(http, client_person)).status_code == 200
        assert (await http.get(f"{JOURNAL}/{entry['id']}", params=of(client_person))).status_code == 200
    shared = (await as_client.get(f"{JOURNAL}/{entry['id']}")).json()["shared_with"]
    assert [one["name"] for one in shared] == [therapist.name]


async def test_the_database_releases_for_nobody_else(
    as_client: httpx.AsyncClient, client_person: Person, other_therapist: Person, admin: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    await write(as_client, visibility="next_session")
    await put(as_client, visibility="next_session")
    for person in (other_therapist, admin, client_person):
        async with database.unit_of_work(RowContext(person.id, person.role)) as session:
            assert (await session.execute(RELEASE, {"client": client_person.id})).all() == []
    async with database.unit_of_work(RowContext()) as session:
        assert (await session.execute(RELEASE, {"client": client_person.id})).all() == []


async def test_a_release_that_cannot_be_kept_does_not_happen(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    entry = await write(as_client, visibility="next_session")
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    assert (await ready(as_therapist, client_person, session)).status_code == 201
    async with database.arrange() as arranged:
        await arranged.execute(text("REVOKE INSERT ON audit_events FROM portal_app"))
    assert (await act(as_therapist, client_person, session, "opening")).status_code == 500
    assert (await as_client.get(f"{JOURNAL}/{entry['id']}")).json()["visibility"] == "next_session"


async def test_of_beginning_and_changing_ones_mind_at_once_one_comes_first(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    """Either it was taken back and nothing opened, or it opened and then was taken back, unread: never an error."""
    client, therapist = committed_people
    async with (
        open_client(committed_app, issuer.token(client, "portal")) as mine,
        open_client(committed_app, issuer.token(therapist, "portal")) as theirs,
    ):
        course = await begin(theirs, client)
        for _ in range(6):
            entry = await write(mine, visibility="next_session")
            session = await schedule(theirs, client, course, kind="counselling")
            opened, changed = await asyncio.gather(
                act(theirs, client, session, "opening"),
                mine.post(f"{JOURNAL}/{entry['id']}/versions", json=edit(visibility="only_me")),
            )
            assert (opened.status_code, changed.status_code) == (200, 201)
            left = (await mine.get(f"{JOURNAL}/{entry['id']}")).json()
            assert (left["visibility"], left["shared_with"]) == ("only_me", [])


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_a_thread_is_an_entry_that_is_shared(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, visibility: str
):
    course, shared = await begin(as_therapist, client_person), (await write(as_client))["id"]
    hidden = (await write(as_client, visibility=visibility))["id"]
    session = await schedule(as_therapist, client_person, course, thread=shared)
    for thread in (hidden, str(new_id())):
        planned, moved = (
            await as_therapist.put(
                f"{COURSES}/{course}/sessions/{new_id()}", params=of(client_person), json=a_session(thread=thread)
            ),
            await as_therapist.post(
                f"{COURSES}/sessions/{session}/changes",
                params=of(client_person),
                json=a_session(thread=thread, change_id=str(new_id()), base_version=1),
            ),
        )
        for refused in (planned, moved):
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "thread")
    # Taken back since, it stays where it is.
    assert (await as_client.post(f"{JOURNAL}/{shared}/versions", json=edit(visibility="only_me"))).is_success
    moved = await as_therapist.post(
        f"{COURSES}/sessions/{session}/changes",
        params=of(client_person),
        json=a_session(thread=shared, kind="counselling", change_id=str(new_id()), base_version=1),
    )
    assert moved.status_code == 201


async def test_a_thread_that_its_client_erased_is_named_to_them_no_more(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    course, threads = await begin(as_therapist, client_person), [(await write(as_client))["id"] for _ in range(2)]
    for thread in threads:
        await schedule(as_therapist, client_person, course, thread=thread)
    assert (await as_client.delete(f"{JOURNAL}/{threads[0]}")).is_success
    (own,), (seen,) = await courses(as_client), await courses(as_therapist, client_person)
    assert {one["thread"] for one in own["sessions"]} == {None, threads[1]}
    assert {one["thread"] for one in seen["sessions"]} == {*threads}
