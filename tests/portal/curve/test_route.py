"""The dose curve over HTTP: who reads it, of what it is made, and what it never tells."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.curve import reading
from afterglow_portal.curve.items import SCALES, Better
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.portal.arranging import assign, audited, counted, stand_in
from tests.portal.conftest import Open
from tests.portal.course.treating import act, give, of, schedule
from tests.portal.curve.conftest import FIRST_DOSE, Dose, Note

CURVE = "/api/portal/dose-curve"
WEEK = {-24.0 * day + 1: 0.0 for day in range(1, 8)}


async def curve(http: httpx.AsyncClient, client: Person, **params: str) -> dict[str, Any]:
    answer = await http.get(CURVE, params=of(client) | params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_one_dose_is_its_points_and_the_range_of_the_baseline(
    as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose
):
    course = await dosed(0)
    await note(WEEK | {-1: 2.0, 4: 3.0, 25: 3.0, 49: 1.5, 73: 0.0, 97: 0.0, 121: 0.0})
    await note({30: -4}, late=timedelta(hours=1))
    found = await curve(as_therapist, client_person)
    assert (found["item"], found["better"], found["lowest"], found["highest"]) == ("mood", "up", -5, 5)
    assert (found["course"], found["complete"]) == (course, True)
    figure = found["figure"]
    assert figure["baseline"] == {"days": 7, "mean": 0.1429, "lowest": 0, "highest": 1, "sd": 0.378}
    (dose,) = figure["doses"]
    assert (dose["number"], datetime.fromisoformat(dose["at"]), dose["cut_hours"]) == (1, FIRST_DOSE, None)
    assert [one["value"] for one in dose["bins"]] == [3, 3, 1.5, 0, 0, None, None, None]
    assert [one["reach"] for one in dose["bins"]] == ["reached"] * 5 + ["empty"] * 3
    assert dose["outcome"] == {"answer": "returned", "day": 3}
    assert [one["hours"] for one in dose["points"] if one["back_dated"]] == [30]
    assert [one["value"]["low"] for one in figure["bins"] if one["value"]] == [None] * 5
    (given,) = dose["given"]
    assert (given["minutes"], given["medicine"], given["route"]) == (0, "Ketamine", "im")
    assert (given["dose_mg"], given["mg_per_kg"]) == (60, 0.8)
    assert figure["survival"] is None


async def test_several_doses_are_averaged_with_an_interval_from_five_on(
    as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose
):
    await dosed(*range(0, 6 * 84, 84))
    await note(WEEK | {84 * dose + hours: value for dose in range(6) for hours, value in ((4, dose), (25, 2), (49, 1))})
    figure = (await curve(as_therapist, client_person))["figure"]
    first, second = (one["value"] for one in figure["bins"][:2])
    assert (first["doses"], first["mean"]) == (6, 2.5)
    assert (first["low"] + first["high"]) / 2 == pytest.approx(2.5, abs=1e-3)
    assert second == {"doses": 6, "mean": 2, "low": 2, "high": 2}
    assert [one["own_lift"] and one["own_lift"]["doses"] for one in figure["bins"][:2]] == [1, 1]
    assert [one["number"] for one in figure["doses"]] == [1, 2, 3, 4, 5, 6]
    assert [one["bins"][3]["cut"] for one in figure["doses"]] == [True] * 5 + [False]
    assert [one["bins"][4]["reach"] for one in figure["doses"]] == ["over"] * 5 + ["empty"]


async def test_what_is_not_shared_changes_nothing_that_a_therapist_sees(
    as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose
):
    await dosed(0, 100)
    await note(WEEK | {4: 3.0, 25: 3.0})
    before = await as_therapist.get(CURVE, params=of(client_person))
    for visibility in ("only_me", "next_session"):
        await note({-3: -5, 5: -5, 26: -5, 60: -5, 101: -5, 400: 5}, visibility=visibility)
    after = await as_therapist.get(CURVE, params=of(client_person))
    assert after.content == before.content


async def test_doses_of_another_course_or_kind_are_chosen_apart(
    as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose
):
    earlier = await dosed(0, 72)
    later = await dosed(360, medicine="ketamine")
    await dosed(400, route="iv")
    session = await schedule(as_therapist, client_person, later)
    await act(as_therapist, client_person, session, "opening")
    moment = (FIRST_DOSE + timedelta(hours=500)).isoformat()
    await give(as_therapist, client_person, session, given_at=moment, route="sublingual")
    await note(dict.fromkeys(range(-160, 560, 20), 1))
    found = await curve(as_therapist, client_person)
    assert found["courses"][0]["id"] == later == found["course"]
    assert [[kind["doses"] for kind in one["kinds"]] for one in found["courses"]] == [[1, 1], [1], [2]]
    kinds = found["courses"][0]["kinds"]
    assert [[part["route"] for part in kind["parts"]] for kind in kinds] == [["im"], ["sublingual"]]
    assert found["like"] == kinds[1]["like"]
    assert [one["number"] for one in found["figure"]["doses"]] == [2]
    other = await curve(as_therapist, client_person, course=later, like=kinds[0]["like"])
    assert [(one["number"], one["cut_hours"]) for one in other["figure"]["doses"]] == [(1, 40)]
    assert await curve(as_therapist, client_person, like=kinds[0]["like"]) == other
    assert len((await curve(as_therapist, client_person, course=earlier))["figure"]["doses"]) == 2
    for field, params in (
        ("course", {"course": str(new_id())}),
        ("like", {"like": str(new_id())}),
        ("like", {"course": earlier, "like": kinds[0]["like"]}),
        ("item", {"item": "happiness"}),
        ("course", {"course": "first"}),
    ):
        answer = await as_therapist.get(CURVE, params=of(client_person) | params)
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


async def test_every_item_has_its_own_curve(
    as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose
):
    await dosed(0)
    await note(WEEK | {4: 3.0}, anxiety=7, items={"hope": 8, "sleep_hours": 6.5})
    assert {item.value: scale.better for item, scale in SCALES.items() if scale.better != Better.down} == {
        **dict.fromkeys(("mood", "hope", "connection", "sleep_quality"), Better.up),
        **dict.fromkeys(("energy", "sleep_hours"), None),
    }
    for item, value in (("anxiety", 7), ("hope", 8), ("sleep_hours", 6.5), ("energy", None), ("craving", None)):
        found = await curve(as_therapist, client_person, item=item)
        assert found["figure"]["doses"][0]["bins"][0]["value"] == value
        assert (found["figure"]["baseline"] is None) == (value is None)


async def test_without_a_dose_there_is_no_figure(as_therapist: httpx.AsyncClient, client_person: Person, note: Note):
    await note(WEEK)
    found = await curve(as_therapist, client_person)
    assert (found["figure"], found["courses"], found["course"], found["like"]) == (None, [], None, None)
    answer = await as_therapist.get(CURVE, params=of(client_person) | {"course": str(new_id())})
    assert answer.status_code == 422


async def test_it_is_for_therapists_in_care_and_kept(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    therapist: Person, other_therapist: Person, dosed: Dose, database: RolledBackDatabase,
):  # fmt: skip
    await dosed(0)
    await curve(as_therapist, client_person)
    assert (await as_client.get(CURVE, params=of(client_person))).status_code == 403
    async with signed_in(other_therapist) as http:
        assert (await http.get(CURVE, params=of(client_person))).status_code == 404
    assert (await as_therapist.get(CURVE)).json()["errors"][0]["field"] == "client"
    told = [(one.actor_id, one.subject_id, one.outcome) for one in await audited(database, "curve.read")]
    assert told == [
        (therapist.id, client_person.id, "success"),
        (other_therapist.id, client_person.id, "refused"),
    ]
    log = (await as_client.get("/api/portal/access-log", params={"kind": "check_ins"})).json()["items"]
    assert [one["action"] for one in log] == ["curve.read"]


@pytest.mark.parametrize(("days_ago", "status"), [(13, 200), (15, 404)])
async def test_whose_care_has_ended_reads_it_for_fourteen_days(
    *, signed_in: Open, client_person: Person, other_therapist: Person, database: RolledBackDatabase, dosed: Dose,
    days_ago: int, status: int,
):  # fmt: skip
    await dosed(0)
    async with database.arrange() as session:
        ended = datetime.now(UTC) - timedelta(days=days_ago)
        await assign(session, client_person, other_therapist, ended_at=ended, as_of=ended)
    async with signed_in(other_therapist) as http:
        assert (await http.get(CURVE, params=of(client_person))).status_code == status


async def test_whoever_stands_in_reads_it(
    *, signed_in: Open, client_person: Person, therapist: Person, other_therapist: Person, dosed: Dose,
    database: RolledBackDatabase,
):  # fmt: skip
    await dosed(0)
    async with database.arrange() as session:
        await stand_in(session, client_person, other_therapist, therapist)
    async with signed_in(other_therapist) as http:
        assert (await curve(http, client_person))["figure"]


async def test_two_statements_read_it_whatever_the_size(
    *, as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose, superuser_engine: AsyncEngine
):
    await dosed(0)
    totals = []
    for hours in ([], range(-160, 600, 4)):
        await note(dict.fromkeys(hours, 1.0))
        with counted(superuser_engine) as sent:
            await curve(as_therapist, client_person)
        assert len([one for one in sent if "FROM check_ins" in one or "FROM administrations" in one]) == 2
        totals.append(len(sent))
        await dosed(84, 168, 252)
    assert totals[0] == totals[1]


async def test_more_than_is_read_at_once_is_said(
    *, as_therapist: httpx.AsyncClient, client_person: Person, note: Note, dosed: Dose, monkeypatch: pytest.MonkeyPatch
):
    await dosed(0, 84)
    await note({1: 1.0, 2: 2.0, 3: 3.0})
    monkeypatch.setattr(reading, "MOST_ENTRIES", 2)
    found = await curve(as_therapist, client_person)
    assert (found["complete"], [one["value"] for one in found["figure"]["doses"][0]["points"]]) == (False, [1, 2])
    monkeypatch.setattr(reading, "MOST_ENTRIES", 3)
    assert (await curve(as_therapist, client_person))["complete"]
    monkeypatch.setattr(reading, "MOST_GIVEN", 1)
    found = await curve(as_therapist, client_person)
    assert (found["complete"], len(found["figure"]["doses"])) == (False, 1)
