"""Correcting what was recorded of a dose: the former version is kept, once, and curves follow the corrected one."""

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

from tests.portal.arranging import audited
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, act, begin, correct, correction, courses, give, of, schedule

SENDERS = 20


@pytest.fixture
async def given(as_therapist: httpx.AsyncClient, client_person: Person) -> tuple[str, UUID]:
    """A session, and what was given in it."""
    return await dosed(as_therapist, client_person)


async def dosed(http: httpx.AsyncClient, client: Person) -> tuple[str, UUID]:
    session, administration = await schedule(http, client, await begin(http, client)), new_id()
    assert (await act(http, client, session, "opening")).status_code == 200
    assert (await give(http, client, session, administration)).status_code == 201
    return session, administration


async def test_what_it_said_before_is_kept_with_who_and_when(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    given: tuple[str, UUID], database: RolledBackDatabase,
):  # fmt: skip
    session, administration = given
    body = correction(setting="Room 3")
    assert (await correct(as_therapist, client_person, session, administration, **body)).status_code == 201
    assert (await correct(as_therapist, client_person, session, administration, **body)).status_code == 200
    otherwise = body | {"dose_mg": 46}
    assert (await correct(as_therapist, client_person, session, administration, **otherwise)).status_code == 409
    (read,) = await courses(as_client)
    (one,) = read["administrations"]
    assert (one["dose_mg"], one["mg_per_kg"], one["setting"], one["version"]) == (45, 0.6, "Room 3", 2)
    assert one["corrected_by"]["id"] == str(therapist.id)
    (before,) = one["before"]
    assert (before["dose_mg"], before["setting"], before["version"]) == (60, "Room 2, with music", 1)
    assert (before["made_at"], before["made_by"]["name"]) == (one["made_at"], therapist.name)
    (told,) = await audited(database, "administration.corrected")
    assert (told.object_id, told.subject_id, told.outcome) == (administration, client_person.id, "success")
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM administration_versions AS t"))
    assert "music" not in kept
    assert b"music".hex() not in kept


async def test_the_first_record_sent_again_changes_nothing(
    as_therapist: httpx.AsyncClient, client_person: Person, given: tuple[str, UUID]
):
    """A phone that sends the dose again after somebody has corrected it is told that it stands."""
    session, administration = given
    at = (await courses(as_therapist, client_person))[0]["administrations"][0]["given_at"]
    await correct(as_therapist, client_person, session, administration)
    again = await give(as_therapist, client_person, session, administration, given_at=at)
    assert again.status_code == 200
    assert (await courses(as_therapist, client_person))[0]["administrations"][0]["dose_mg"] == 45


async def test_refusals(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    other_therapist: Person, given: tuple[str, UUID],
):  # fmt: skip
    session, administration = given
    assert (await correct(as_client, client_person, session, administration)).status_code == 403
    async with signed_in(other_therapist) as http:
        assert (await correct(http, client_person, session, administration)).status_code == 404
    assert (await correct(as_therapist, client_person, session, new_id())).status_code == 404
    assert (await correct(as_therapist, client_person, str(new_id()), administration)).status_code == 404
    stale = await correct(as_therapist, client_person, session, administration, base_version=2)
    assert (stale.status_code, stale.json()["code"]) == (409, "administration_changed")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    early = await correct(as_therapist, client_person, session, administration, given_at=tomorrow)
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "given_at")
    none = await correct(as_therapist, client_person, session, administration, dose_mg=0)
    assert (none.status_code, none.json()["errors"][0]["field"]) == (422, "dose_mg")
    assert (await courses(as_therapist, client_person))[0]["administrations"][0]["version"] == 1


async def test_the_curve_and_the_morning_after_follow_the_corrected_one(
    as_therapist: httpx.AsyncClient, client_person: Person, given: tuple[str, UUID], database: RolledBackDatabase
):
    session, administration = given
    until = text("SELECT impaired_until(:client)")
    async with database.arrange() as arranged:
        assert await arranged.scalar(until, {"client": client_person.id}) is not None
    then = (datetime.now(UTC) - timedelta(days=9)).replace(microsecond=0)
    at = then.isoformat()
    await correct(as_therapist, client_person, session, administration, given_at=at, medicine="Esketamine")
    async with database.arrange() as arranged:
        assert await arranged.scalar(until, {"client": client_person.id}) is None
    curve = (await as_therapist.get("/api/portal/dose-curve", params=of(client_person))).json()
    (dose,) = curve["figure"]["doses"]
    assert datetime.fromisoformat(dose["at"]) == then
    assert [one["medicine"] for one in dose["given"]] == ["Esketamine"]


async def test_of_corrections_of_one_version_at_once_one_stays(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        session, administration = await dosed(http, client)
        same = correction()
        sent = [correct(http, client, session, administration, **same) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*sent)) == {201: 1, 200: SENDERS - 1}
        others = [correct(http, client, session, administration, base_version=2) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*others)) == {201: 1, 409: SENDERS - 1}
        (read,) = await courses(http, client)
    assert [one["version"] for one in read["administrations"][0]["before"]] == [1, 2]


async def test_why_a_session_was_moved_and_cancelled(
    *, as_therapist: httpx.AsyncClient, as_client: httpx.AsyncClient, client_person: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    (planned,) = (await courses(as_therapist, client_person))[0]["sessions"]
    later = {"planned_at": "2027-04-02T14:00:00Z", "kind": "dosing", "time_zone": "Europe/London"}
    body = {**later, "change_id": str(new_id()), "base_version": 1, "reason": "A cold since Monday"}
    path = f"{COURSES}/sessions/{session}"
    sent = [await as_therapist.post(f"{path}/changes", params=of(client_person), json=body) for _ in range(2)]
    assert [one.status_code for one in sent] == [201, 200]
    why = {"reason": "Blood pressure too high"}
    for _ in range(2):
        answer = await as_therapist.put(f"{path}/cancellation", params=of(client_person), json=why)
        assert answer.status_code == 200
    (read,) = (await courses(as_client))[0]["sessions"]
    assert (read["state"], read["reason"]) == ("cancelled", "Blood pressure too high")
    assert [(one["planned_at"], one["reason"]) for one in read["before"]] == [
        (planned["planned_at"], ""),
        ("2027-04-02T14:00:00Z", "A cold since Monday"),
    ]
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM course_session_reasons AS t"))
    for word in ("cold", "pressure"):
        assert word not in kept
        assert word.encode().hex() not in kept
    broken = await as_therapist.put(f"{path}/cancellation", params=of(client_person), json={"reason": "\0"})
    assert (broken.status_code, broken.json()["errors"][0]["field"]) == (422, "reason")
