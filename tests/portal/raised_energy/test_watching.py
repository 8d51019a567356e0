"""A therapist switches the watch on in the plan; caseload, brief and curve then say what was shared, nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.settings import Settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.portal.arranging import audited, counted, stand_in
from tests.portal.caseload.clients import CASELOAD_PATH, caseload, noted, take_on
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, begin, courses, of, plan
from tests.portal.raised_energy.watching import WATCHED, up, watch

BRIEF, CURVE = "/api/portal/brief", "/api/portal/check-ins/curve"
LONDON = ZoneInfo("Europe/London")


async def told(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    (row,) = await caseload(http)
    return [one for one in row["reasons"] if one["kind"] == "raised_energy"]


async def read(http: httpx.AsyncClient, path: str, client: Person) -> dict[str, Any]:
    answer = await http.get(path, params=of(client))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def day(days_ago: float) -> str:
    return str((datetime.now(UTC) - timedelta(days=days_ago)).astimezone(LONDON).date())


async def test_it_is_off_until_somebody_switches_it_on(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await begin(as_therapist, client_person, items=["sleep_hours"])
    await up(database, settings, client_person, 0.01, 1, 2)
    assert await told(as_therapist) == []
    assert (await read(as_therapist, BRIEF, client_person))["raised_energy"] == []
    assert (await read(as_therapist, CURVE, client_person))["raised_energy"] == []
    await watch(as_therapist, client_person)
    (reason,) = await told(as_therapist)
    assert (reason["number"], reason["day"]) == (3, day(2))


async def test_brief_and_curve_name_the_days_and_where_they_are_from(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await watch(as_therapist, client_person)
    await up(database, settings, client_person, 1, 2, 4, 20)
    await noted(database, settings, client_person, {2: 0}, energy=3, items={"sleep_hours": 5})
    await noted(database, settings, client_person, {3: 2}, energy=5, items={"sleep_hours": 6})
    found = (await read(as_therapist, BRIEF, client_person))["raised_energy"]
    assert [(one["date"], one["sleep_hours"]) for one in found][::2] == [(day(4), 4.5), (day(1), 4.5)]
    assert [one["date"] for one in found] == [day(4), day(2), day(1)]
    entries = (await read(as_therapist, "/api/portal/check-ins", client_person))["items"]
    by_day = {one["date"]: set(one["check_ins"]) for one in found}
    assert by_day == {name: {one["id"] for one in entries if one["local_date"] == name} for name in by_day}
    curve = await read(as_therapist, CURVE, client_person)
    assert curve["raised_energy"] == [day(20), day(4), day(2), day(1)]  # every day that counts, not only lately


async def test_a_day_is_the_mean_of_what_was_shared_of_it_and_may_be_noted_later(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await watch(as_therapist, client_person)
    await up(database, settings, client_person, 2, 3)
    late = datetime.now(UTC) - timedelta(days=1)
    await up(database, settings, client_person, 1, items={}, entered_at=late + timedelta(hours=3))
    assert await told(as_therapist) == []  # of the third nobody knows how long the night was
    await noted(database, settings, client_person, {1: 1}, energy=None, items={"sleep_hours": 3})
    assert len(await told(as_therapist)) == 1
    await noted(database, settings, client_person, {1: 1}, energy=-4)
    assert await told(as_therapist) == []  # at noon four, at night minus four: the day was not high


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_entries_kept_private_change_not_one_byte(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    visibility: str,
):
    await watch(as_therapist, client_person)
    await up(database, settings, client_person, 1, 2, 12)

    async def seen() -> list[object]:
        answer = await as_therapist.get(CASELOAD_PATH)
        told = [await read(as_therapist, path, client_person) for path in (BRIEF, CURVE)]
        return [answer.content, *({**one, "since": None} for one in told)]

    before = await seen()
    await up(database, settings, client_person, 0.01, 3, 4, 5, visibility=visibility)
    await noted(database, settings, client_person, {12: 0}, energy=-5, visibility=visibility)
    assert await seen() == before


async def test_a_plan_that_has_ended_watches_nothing(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await up(database, settings, client_person, 1, 2, 3)
    await watch(as_therapist, client_person, ended_on="2026-03-20")
    assert await told(as_therapist) == []
    assert (await read(as_therapist, CURVE, client_person))["raised_energy"] == []
    tomorrow = str((datetime.now(UTC) + timedelta(days=2)).date())
    await watch(as_therapist, client_person, ended_on=tomorrow)
    assert len(await told(as_therapist)) == 1


async def test_it_is_versioned_and_audited_with_the_plan_and_the_client_reads_it(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    client_person: Person,
    therapist: Person,
):
    course = await begin(as_therapist, client_person, items=["sleep_hours"])
    edit = plan(**WATCHED) | {"version_id": str(new_id()), "base_version": 1}
    answer = await as_therapist.post(f"{COURSES}/{course}/versions", params=of(client_person), json=edit)
    assert answer.status_code == 201, answer.text
    (event,) = await audited(database, "course.edited")
    assert (event.actor_id, event.subject_id, event.object_id) == (therapist.id, client_person.id, UUID(course))
    assert [one["watch_energy"] for one in await courses(as_client)] == [True]
    versions = (await as_client.get(f"{COURSES}/{course}/versions")).json()["items"]
    assert [one["watch_energy"] for one in versions] == [False, True]


async def test_the_client_s_own_curve_marks_nothing_and_they_cannot_switch_it(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    await up(database, settings, client_person, 1, 2, 3)
    course = await watch(as_therapist, client_person)
    assert (await as_client.get(CURVE)).json()["raised_energy"] == []
    edit = plan() | {"version_id": str(new_id()), "base_version": 1}
    answer = await as_client.post(f"{COURSES}/{course}/versions", params=of(client_person), json=edit)
    assert answer.status_code == 403
    assert [one["watch_energy"] for one in await courses(as_client)] == [True]


@pytest.mark.parametrize(
    "wrong",
    [
        {"watch_energy": True, "items": []},
        {"watch_energy": True, "items": ["sleep_quality"]},
        {"watch_energy": "yes"},
        {"watch_energy": 1},
        {"watch_energy": None},
    ],
)
async def test_what_cannot_be_watched_is_refused_at_its_field(
    as_therapist: httpx.AsyncClient, client_person: Person, wrong: dict[str, Any]
):
    body = plan(**WATCHED | wrong)
    answer = await as_therapist.put(f"{COURSES}/{new_id()}", params=of(client_person), json=body)
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, ["watch_energy"])
    assert await courses(as_therapist, client_person) == []


async def test_whoever_does_not_treat_the_client_neither_switches_nor_learns(
    *,
    signed_in: Open,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    other_therapist: Person,
):
    await up(database, settings, client_person, 1, 2, 3)
    await watch(as_therapist, client_person)
    async with signed_in(other_therapist) as http:
        body = plan(**WATCHED)
        answer = await http.put(f"{COURSES}/{new_id()}", params=of(client_person), json=body)
        assert answer.status_code == 404
        assert await caseload(http) == []
        assert (await http.get(BRIEF, params=of(client_person))).status_code == 404


async def test_whoever_stands_in_is_told_too(
    *,
    signed_in: Open,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    other_therapist: Person,
    therapist: Person,
):
    await up(database, settings, client_person, 1, 2, 3)
    await watch(as_therapist, client_person)
    async with database.arrange() as session:
        await stand_in(session, client_person, other_therapist, therapist)
    async with signed_in(other_therapist) as http:
        assert len(await told(http)) == 1


async def test_a_row_of_the_plan_is_written_by_whoever_treats_them_alone(
    *, as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, other_therapist: Person
):
    await watch(as_therapist, client_person)
    for person in (client_person, other_therapist):
        async with database.unit_of_work(RowContext(person.id, person.role)) as session:
            changed = await session.execute(text("UPDATE courses SET watch_energy = false RETURNING id"))
            assert changed.all() == []
    assert [one["watch_energy"] for one in await courses(as_therapist, client_person)] == [True]


async def test_days_are_asked_for_only_where_somebody_is_watched(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    therapist: Person,
    client_person: Person,
    superuser_engine: AsyncEngine,
):
    people = await take_on(database, therapist, *[f"Client {number}" for number in range(10)])
    for person in (client_person, *people):
        await up(database, settings, person, 1, 2, 3)

    async def asked() -> int:
        with counted(superuser_engine) as sent:
            await caseload(as_therapist)
        return len([statement for statement in sent if "sleep_hours" in statement])

    assert await asked() == 0
    await watch(as_therapist, client_person)
    assert await asked() == 1
    for person in people:
        await watch(as_therapist, person)
    assert await asked() == 1
    assert [row["reasons"][0]["kind"] for row in await caseload(as_therapist)] == ["raised_energy"] * 11
