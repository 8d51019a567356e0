"""Many at once: a course, a session, a dose and each act exactly once; of edits of one version one stays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.course.treating import COURSES, a_session, act, begin, courses, dose, of, plan, ready, schedule

SENDERS = 20
TOLD = text("SELECT action, count(*) FROM audit_events WHERE subject_id = :client GROUP BY action")
ONCE = {201: 1, 200: SENDERS - 1}


@pytest.fixture
async def http(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
) -> AsyncIterator[httpx.AsyncClient]:
    """The therapist of this test alone, whose record of the client is committed for real."""
    async with open_client(committed_app, issuer.token(committed_people[1], "portal")) as opened:
        yield opened


async def test_whatever_is_sent_by_many_at_once_is_stored_once(
    http: httpx.AsyncClient, committed_people: tuple[Person, Person], committed_superuser: Database
):
    """The first finds no data key of the client's, who has never written anything."""
    client, _ = committed_people
    course, session, given = new_id(), new_id(), new_id()

    async def put(path: str, body: dict[str, object] | None) -> dict[int, int]:
        sent = [http.put(f"{COURSES}/{path}", params=of(client), json=body) for _ in range(SENDERS)]
        return Counter(answer.status_code for answer in await asyncio.gather(*sent))

    assert await put(f"{course}", plan()) == ONCE
    assert await put(f"{course}/sessions/{session}", a_session()) == ONCE
    assert (await ready(http, client, str(session))).status_code == 201
    assert await put(f"sessions/{session}/opening", None) == {200: SENDERS}
    assert await put(f"sessions/{session}/administrations/{given}", dose()) == ONCE
    assert await put(f"sessions/{session}/ending", None) == {200: SENDERS}
    async with committed_superuser.sessions() as rows:
        told = {row.action: row.count for row in await rows.execute(TOLD, {"client": client.id})}
    assert told == {
        "course.begun": 1,
        "course_session.planned": 1,
        "readiness.recorded": 1,
        "course_session.started": 1,
        "administration.recorded": 1,
        "course_session.ended": 1,
    }


async def test_of_edits_of_one_version_at_once_one_stays(
    http: httpx.AsyncClient, committed_people: tuple[Person, Person]
):
    client, _ = committed_people
    course = await begin(http, client)
    edits = [plan(problem=str(n), version_id=str(new_id()), base_version=1) for n in range(SENDERS)]
    sent = [http.post(f"{COURSES}/{course}/versions", params=of(client), json=edit) for edit in edits]
    answers = await asyncio.gather(*sent)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: SENDERS - 1}
    (read,) = await courses(http, client)
    (winner,) = [edit for edit, answer in zip(edits, answers, strict=True) if answer.status_code == 201]
    assert (read["version"], read["problem"]) == (2, winner["problem"])


async def test_of_opening_and_cancelling_at_once_one_comes_first(
    http: httpx.AsyncClient, committed_people: tuple[Person, Person]
):
    client, _ = committed_people
    course = await begin(http, client)
    for _ in range(5):
        session = await schedule(http, client, course)
        both = await asyncio.gather(*(act(http, client, session, what) for what in ("opening", "cancellation")))
        assert sorted(answer.status_code for answer in both) == [200, 409]
