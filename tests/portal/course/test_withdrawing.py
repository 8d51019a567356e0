"""Withdrawing a dose that was never given: the record keeps it with the reason, and nothing counts it."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import audited, put
from tests.portal.conftest import Open
from tests.portal.course.test_correcting import dosed
from tests.portal.course.treating import correct, courses, give, of, withdraw

SENDERS = 20
WHY = "It was recorded for somebody else."


@pytest.fixture
async def given(as_therapist: httpx.AsyncClient, client_person: Person) -> tuple[str, UUID]:
    """A session, and what was given in it."""
    return await dosed(as_therapist, client_person)


async def test_the_record_keeps_it_with_who_when_and_why(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    given: tuple[str, UUID], database: RolledBackDatabase,
):  # fmt: skip
    session, administration = given
    assert (await correct(as_therapist, client_person, session, administration)).status_code == 201
    said = [(await withdraw(as_therapist, client_person, session, administration)).status_code for _ in range(2)]
    assert said == [201, 200]
    otherwise = await withdraw(as_therapist, client_person, session, administration, reason="Another")
    assert (otherwise.status_code, otherwise.json()["code"]) == (409, "administration_withdrawn")
    for http, whose in ((as_client, None), (as_therapist, client_person)):
        (one,) = (await courses(http, whose))[0]["administrations"]
        assert (one["dose_mg"], one["withdrawal_reason"], len(one["before"])) == (45, WHY, 1)
        assert one["withdrawn_by"]["id"] == str(therapist.id)
        assert one["withdrawn_at"] is not None
    (told,) = await audited(database, "administration.withdrawn")
    assert (told.object_id, told.subject_id, told.outcome) == (administration, client_person.id, "success")
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM administrations AS t"))
    assert "somebody else" not in kept
    assert b"somebody else".hex() not in kept


async def test_nothing_counts_it(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    given: tuple[str, UUID], database: RolledBackDatabase,
):  # fmt: skip
    """Neither curve, sparkline, brief, marks, the morning after, reminders, nor the day of the dose."""
    await put(as_client, visibility="only_me")
    session, administration = given

    async def counted() -> list[int]:
        curve = (await as_therapist.get("/api/portal/dose-curve", params=of(client_person))).json()
        (row,) = (await as_therapist.get("/api/portal/caseload")).json()["items"]
        brief = (await as_therapist.get("/api/portal/brief", params=of(client_person))).json()
        own = (await as_client.get("/api/portal/check-ins/curve")).json()
        async with database.arrange() as arranged:
            until = await arranged.scalar(text("SELECT impaired_until(:client)"), {"client": client_person.id})
        async with database.as_role("portal_worker"), database.sessions() as worker:
            known = (await worker.execute(text("SELECT client_id, given_at FROM administrations"))).all()
        doses = (curve["figure"] or {"doses": []})["doses"]
        marked = [one for one in own["marks"] if one["kind"] == "dose"]
        return [
            len(doses),
            len(row["sparkline"]["doses"]),
            len(brief["doses"]),
            len(marked),
            until is not None,
            len(known),
        ]

    assert await counted() == [1] * 6
    assert (await withdraw(as_therapist, client_person, session, administration)).status_code == 201
    assert await counted() == [0] * 6


async def test_what_is_withdrawn_is_not_corrected_and_does_not_come_back(
    as_therapist: httpx.AsyncClient, client_person: Person, given: tuple[str, UUID]
):
    session, administration = given
    at = (await courses(as_therapist, client_person))[0]["administrations"][0]["given_at"]
    assert (await withdraw(as_therapist, client_person, session, administration)).status_code == 201
    refused = await correct(as_therapist, client_person, session, administration)
    assert (refused.status_code, refused.json()["code"]) == (409, "administration_withdrawn")
    assert (await give(as_therapist, client_person, session, administration, given_at=at)).status_code == 200
    (one,) = (await courses(as_therapist, client_person))[0]["administrations"]
    assert one["withdrawn_at"] is not None
    assert (await give(as_therapist, client_person, session)).status_code == 201  # what was given after all


async def test_refusals(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    other_therapist: Person, given: tuple[str, UUID],
):  # fmt: skip
    session, administration = given
    assert (await withdraw(as_client, client_person, session, administration)).status_code == 403
    async with signed_in(other_therapist) as http:
        assert (await withdraw(http, client_person, session, administration)).status_code == 404
    assert (await withdraw(as_therapist, client_person, session, new_id())).status_code == 404
    assert (await withdraw(as_therapist, client_person, str(new_id()), administration)).status_code == 404
    for wrong in ("  ", "x" * 4_001, "a\x00b"):
        bad = await withdraw(as_therapist, client_person, session, administration, reason=wrong)
        assert (bad.status_code, [one["field"] for one in bad.json()["errors"]]) == (422, ["reason"])
    assert (await courses(as_therapist, client_person))[0]["administrations"][0]["withdrawn_at"] is None


async def test_of_many_at_once_one_withdraws_it(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        session, administration = await dosed(http, client)
        before = datetime.now(UTC)
        sent = [withdraw(http, client, session, administration) for _ in range(SENDERS)]
        assert Counter(one.status_code for one in await asyncio.gather(*sent)) == {201: 1, 200: SENDERS - 1}
        ((one,),) = [read["administrations"] for read in await courses(http, client)]
    assert datetime.fromisoformat(one["withdrawn_at"]) > before
