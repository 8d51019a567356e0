"""Long-term questions: recorded once by whoever treats the client, read by both, and due while doses go on."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.long_term.due import due_on
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open
from tests.portal.course.treating import act, begin, give, of, schedule
from tests.portal.long_term.watching import ANSWERS, CHECKS, day, watch, watched

TODAY = date(2026, 11, 30)


def days_ago(*numbers: int) -> list[date]:
    return [TODAY - timedelta(days=number) for number in numbers]


async def test_both_read_what_was_answered(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    later, earlier = new_id(), new_id()
    assert (await watch(as_therapist, client_person, later)).status_code == 201
    assert (
        await watch(as_therapist, client_person, earlier, asked_on=day(100), systolic=None, diastolic=None)
    ).is_success
    found = await watched(as_client)
    assert await watched(as_therapist, client_person) == found
    first, second = found["items"]
    assert (first["id"], second["id"]) == (str(later), str(earlier))
    assert {name: first[name] for name in ANSWERS} == ANSWERS
    assert (first["outside"], second["outside"]) == (["systolic_high"], [])
    assert (first["asked_on"], first["made_by"]["id"]) == (day(1), str(therapist.id))
    assert found["due_on"] is None
    kept = await audited(database, "long_term.recorded")
    assert {(one.actor_id, one.subject_id, one.outcome) for one in kept} == {
        (therapist.id, client_person.id, "success")
    }
    assert {one.object_id for one in kept} == {later, earlier}
    assert [one.actor_id for one in await audited(database, "course.read")] == [therapist.id]


async def test_sent_again_and_sent_otherwise(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    check = new_id()
    assert [(await watch(as_therapist, client_person, check)).status_code for _ in range(2)] == [201, 200]
    assert (await watch(as_therapist, client_person, check, bladder="much")).json()["code"] == "conflict"
    assert await number_of(database, "long_term_checks") == 1
    assert len([one for one in await audited(database, "long_term.recorded") if one.outcome == "success"]) == 1


NOTHING: dict[str, Any] = dict.fromkeys(("bladder", "craving", "cognition", "systolic", "diastolic"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"bladder": "a little"}, "bladder"),
        ({"systolic": 120.5}, "systolic"),
        ({"systolic": None}, "body"),
        ({"diastolic": 150}, "body"),
        (NOTHING, "body"),
        ({"words": "x" * 4001}, "words"),
        ({"words": "NUL \0"}, "words"),
        ({"asked_on": "yesterday"}, "asked_on"),
        ({"asked_on": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()}, "asked_on"),
        ({"made_by": "somebody"}, "made_by"),
    ],
)
async def test_bad_input(
    *, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase, changes: dict[str, Any],
    field: str,
):  # fmt: skip
    answer = await watch(as_therapist, client_person, **changes)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert await number_of(database, "long_term_checks") == 0


async def test_nobody_else_records_or_reads(
    *, as_client: httpx.AsyncClient, signed_in: Open, client_person: Person, other_client: Person,
    other_therapist: Person, admin: Person, database: RolledBackDatabase,
):  # fmt: skip
    assert (await watch(as_client, client_person)).status_code == 403
    for person, status in ((other_therapist, 404), (admin, 403), (other_client, 403)):
        async with signed_in(person) as http:
            assert (await watch(http, client_person)).status_code == status
    for person, status in ((other_therapist, 404), (admin, 403), (other_client, 404)):
        async with signed_in(person) as http:
            assert (await http.get(CHECKS, params=of(client_person))).status_code == status
    assert await number_of(database, "long_term_checks") == 0
    assert len([one for one in await audited(database, "long_term.recorded") if one.outcome != "success"]) == 1


async def test_words_are_sealed(as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase):
    assert (await watch(as_therapist, client_person)).status_code == 201
    async with database.arrange() as session:
        kept = await session.scalar(text("SELECT content FROM long_term_checks"))
    assert kept
    assert b"Twice" not in kept
    assert b"bladder" not in kept


async def test_a_fault_of_the_audit_records_nothing(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    async with database.arrange() as arranged:
        await arranged.execute(text("REVOKE INSERT ON audit_events FROM portal_app"))
    assert (await watch(as_therapist, client_person)).status_code == 500
    assert await number_of(database, "long_term_checks") == 0


async def test_of_many_at_once_one_is_made(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    client, therapist = committed_people
    async with open_client(committed_app, issuer.token(therapist, "portal")) as http:
        for _ in range(5):
            check = new_id()
            answers = await asyncio.gather(*(watch(http, client, check) for _ in range(6)))
            assert sorted(one.status_code for one in answers) == [200] * 5 + [201]


async def test_they_are_due_while_doses_go_on_and_the_brief_says_so(
    as_therapist: httpx.AsyncClient, client_person: Person
):
    course = await begin(as_therapist, client_person)
    for ago in (120, 118, 20):
        session = await schedule(as_therapist, client_person, course)
        await act(as_therapist, client_person, session, "opening")
        moment = (datetime.now(UTC) - timedelta(days=ago)).isoformat()
        assert (await give(as_therapist, client_person, session, given_at=moment)).is_success
        await act(as_therapist, client_person, session, "ending")
    due = (await watched(as_therapist, client_person))["due_on"]
    assert due == day(30)
    brief = (await as_therapist.get("/api/portal/brief", params=of(client_person))).json()
    assert brief["long_term_due_on"] == due
    assert (await watch(as_therapist, client_person, asked_on=day(10))).is_success
    assert (await watched(as_therapist, client_person))["due_on"] == day(-80)
    brief = (await as_therapist.get("/api/portal/brief", params=of(client_person))).json()
    assert brief["long_term_due_on"] is None


@pytest.mark.parametrize(
    ("dosed", "asked", "due"),
    [
        ([], None, None),
        ([20], None, None),
        ([20, 17], None, -70),
        ([200, 90], None, 110),
        ([400, 180], 100, 10),
        ([400, 181], None, None),
        ([30, 10], 60, -60),  # asked before the first dose
    ],
)
def test_when_it_is_due(dosed: list[int], asked: int | None, due: int | None):
    """In days ago: three months after it was asked, or after the first dose; not for whoever had none for long."""
    expected = None if due is None else TODAY - timedelta(days=due)
    last = None if asked is None else TODAY - timedelta(days=asked)
    assert due_on(days_ago(*dosed), last, TODAY) == expected
