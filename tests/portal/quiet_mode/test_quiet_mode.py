"""Quiet while a dosing session is open: for six hours at most, until it ends or its client leaves it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open
from tests.portal.course.treating import DAYS, act, begin, give, of, schedule
from tests.portal.journal.writing import JOURNAL, entry, write
from tests.portal.preferences.preferring import opened
from tests.portal.quiet_mode.being_quiet import QUIET, leave, quiet

OPENED = text("UPDATE course_sessions SET opened_at = :at WHERE id = :id")
SENDERS = 20


async def test_only_an_open_dosing_session_is_quiet(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    course = await begin(as_therapist, client_person)
    talk = await schedule(as_therapist, client_person, course, kind="integration")
    dosing = await schedule(as_therapist, client_person, course)
    assert await quiet(as_client) is None
    assert (await act(as_therapist, client_person, talk, "opening")).is_success
    assert await quiet(as_client) is None
    assert (await act(as_therapist, client_person, dosing, "opening")).is_success
    found = await quiet(as_client)
    assert found
    assert (found["id"], found["thread"]) == (dosing, None)
    began, until = (datetime.fromisoformat(found[name]) for name in ("opened_at", "until"))
    assert until - began == timedelta(hours=6)
    assert (await act(as_therapist, client_person, dosing, "ending")).is_success
    assert await quiet(as_client) is None


@pytest.mark.parametrize(("hours", "is_quiet"), [(5.99, True), (6.01, False)])
async def test_it_ends_after_six_hours(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    database: RolledBackDatabase, hours: float, is_quiet: bool,
):  # fmt: skip
    session = await opened(as_therapist, client_person)
    async with database.arrange() as arranging:
        await arranging.execute(OPENED, {"at": datetime.now(UTC) - timedelta(hours=hours), "id": UUID(session)})
    assert (await quiet(as_client) is not None) == is_quiet


@pytest.mark.parametrize(("steps", "may_speak"), [(["fasting", "recording_agreed"], True), (["fasting"], False)])
async def test_a_voice_is_recorded_only_where_others_in_the_room_agreed(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, steps: list[str],
    may_speak: bool,
):  # fmt: skip
    """As the list before the dose stands now: it can be ticked, and taken back, while the session is open."""
    session = await opened(as_therapist, client_person)
    assert (await quiet(as_client) or {})["may_speak"]
    listed = (await as_therapist.get(f"{DAYS}/{session}", params=of(client_person))).json()["readiness"]["id"]
    body = {"steps": steps, "reason": "Talked over.", "replaces": listed}
    where = f"{DAYS}/{session}/readiness/{new_id()}"
    assert (await as_therapist.put(where, params=of(client_person), json=body)).status_code == 201
    assert (await quiet(as_client) or {})["may_speak"] is may_speak


async def test_leaving_is_for_good_and_for_that_session(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    session = await opened(as_therapist, client_person)
    assert [(await leave(as_client, session)).status_code for _ in range(2)] == [201, 200]
    assert await quiet(as_client) is None
    (kept,) = await audited(database, "quiet_mode.left")
    assert (kept.actor_id, kept.object_id, kept.outcome) == (client_person.id, UUID(session), "success")
    other = await opened(as_therapist, client_person)
    assert (await quiet(as_client) or {})["id"] == other
    assert await number_of(database, "quiet_mode_leavings") == 1


async def test_where_there_is_nothing_to_leave(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    course = await begin(as_therapist, client_person)
    planned = await schedule(as_therapist, client_person, course)
    assert (await leave(as_client, planned)).json()["code"] == "not_open"
    over = await opened(as_therapist, client_person)
    assert (await act(as_therapist, client_person, over, "ending")).is_success
    assert (await leave(as_client, over)).json()["code"] == "not_open"
    assert (await leave(as_client, str(new_id()))).status_code == 404
    assert (await leave(as_client, "x")).status_code == 422


async def test_whose_it_is(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    other_client: Person, database: RolledBackDatabase,
):  # fmt: skip
    session = await opened(as_therapist, client_person)
    assert (await as_therapist.get(QUIET)).status_code == 403
    assert (await leave(as_therapist, session)).status_code == 403
    async with signed_in(other_client) as http:
        assert await quiet(http) is None
        assert (await leave(http, session)).status_code == 404
    assert [one.outcome for one in await audited(database, "quiet_mode.left")] == ["refused"]
    assert await quiet(as_client)


async def test_words_follow_the_sessions_thread_and_stay_the_clients_own(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    """Written while a dose works: nobody else sees them, and none of them can be shared before the morning."""
    intention = (await write(as_client, visibility="therapist"))["id"]
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person), thread=intention)
    assert (await act(as_therapist, client_person, session, "opening")).is_success
    assert (await give(as_therapist, client_person, session)).is_success
    found = await quiet(as_client)
    assert found
    assert found["thread"] == intention
    word = str(new_id())
    said = entry(text="Warm", follows=intention, phase="experience", visibility="only_me")
    assert (await as_client.put(f"{JOURNAL}/{word}", json=said)).status_code == 201
    assert (await as_therapist.get(f"{JOURNAL}/{word}", params=of(client_person))).status_code == 404
    shared = await as_client.put(f"{JOURNAL}/{new_id()}", json=said | {"visibility": "therapist"})
    assert [one["code"] for one in shared.json()["errors"]] == ["until_morning"]


async def test_a_thread_that_was_erased_is_none(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    intention = (await write(as_client, visibility="therapist"))["id"]
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person), thread=intention)
    assert (await act(as_therapist, client_person, session, "opening")).is_success
    assert (await as_client.delete(f"{JOURNAL}/{intention}")).is_success
    assert (await quiet(as_client) or {})["thread"] is None


async def test_leaving_many_times_at_once(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        session = await opened(http, client)
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        answers = await asyncio.gather(*(leave(http, session) for _ in range(SENDERS)))
        assert Counter(one.status_code for one in answers) == {201: 1, 200: SENDERS - 1}
        assert await quiet(http) is None
