"""Care between times that are still to come: it begins by its date, and a job ends it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.care.ending import end_later
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.care.service import END_CARE
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import Job
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import func, update
from sqlmodel import col

from tests.auth.arranging import Desk, audited, problem, queued


def wanted(client: Person, therapist: Person, **times: timedelta | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    pair = {"client_id": str(client.id), "therapist_id": str(therapist.id)}
    return pair | {name: (now + time).isoformat() for name, time in times.items() if time is not None}


async def run_job(database: RolledBackDatabase, care_id: str) -> None:
    async with database.as_role("auth_worker"):
        await end_later(database, Job(1, END_CARE, {"care": care_id}, 0))  # type: ignore[arg-type]  # it has the methods of one


async def test_care_ends_by_itself_and_both_are_told(
    desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    body = wanted(person, staff["therapist"], starts_at=timedelta(days=3), ends_at=timedelta(days=90))
    path = f"/care-relationships/{new_id()}"
    first, again = await desk.put(path, body), await desk.put(path, body)
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    assert datetime.fromisoformat(first.json()["started_at"]) == datetime.fromisoformat(body["starts_at"])
    ((job, after),) = await queued(database, END_CARE)
    assert job == {"care": first.json()["id"]}
    assert after > datetime.fromisoformat(body["ends_at"])
    with pytest.raises(LookupError, match="does not end yet"):
        await run_job(database, first.json()["id"])
    async with database.arrange() as session:
        due = update(CareRelationship).where(col(CareRelationship.id) == UUID(first.json()["id"]))
        await session.execute(due.values(started_at=func.now() - timedelta(days=1), ends_at=func.now()))
    for _ in range(2):
        await run_job(database, first.json()["id"])
    (relationship,) = (await desk.get("/care-relationships", person=str(person.id)))["items"]
    assert relationship["ended_at"]
    (kept,) = await audited(database, "care:ended")
    assert (kept.actor_id, kept.subject_id) == (None, person.id)


async def test_care_that_was_ended_before_stays_as_it_was(
    desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    body = wanted(person, staff["therapist"], ends_at=timedelta(days=9))
    begun = (await desk.put(f"/care-relationships/{new_id()}", body)).json()
    ended = (await desk.put(f"/care-relationships/{begun['id']}/end")).json()["ended_at"]
    await run_job(database, begun["id"])
    (relationship,) = (await desk.get("/care-relationships", person=str(person.id)))["items"]
    assert relationship["ended_at"] == ended


@pytest.mark.parametrize(
    ("times", "field"),
    [
        ({"starts_at": timedelta(days=-1)}, "starts_at"),
        ({"ends_at": timedelta(days=-1)}, "ends_at"),
        ({"starts_at": timedelta(days=3), "ends_at": timedelta(days=2)}, "ends_at"),
    ],
)
async def test_times_that_make_no_sense(
    desk: Desk, person: Person, staff: dict[str, Person], *, times: dict[str, timedelta], field: str
):
    answer = await desk.put(f"/care-relationships/{new_id()}", wanted(person, staff["therapist"], **times))
    assert problem(answer) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, "unfit_times")]


async def test_one_id_stands_for_one_period(desk: Desk, person: Person, staff: dict[str, Person]):
    path = f"/care-relationships/{new_id()}"
    body = wanted(person, staff["therapist"], ends_at=timedelta(days=9))
    await desk.put(path, body)
    for other in (wanted(person, staff["therapist"]), body | {"starts_at": datetime.now(UTC).isoformat()}):
        assert problem(await desk.put(path, other)) == (409, "conflict")
