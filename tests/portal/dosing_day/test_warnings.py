"""What warns, and what asks for a reason: ranges, the two hours of an observed medicine, and the readiness list."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.course.models import Administration
from afterglow_portal.dosing_day import observing
from afterglow_portal.dosing_day.models import Observation, VitalSigns
from afterglow_portal.dosing_day.schemas import Moment, Warned
from afterglow_portal.dosing_day.steps import Discharge, List, Readiness, required
from sqlalchemy import text

from tests.portal.course.treating import COURSES, act, begin, give, of, schedule
from tests.portal.dosing_day.observing import add, day, earlier, observed, reading

REQUIRED = required(List.readiness)


@pytest.fixture
async def session(as_therapist: httpx.AsyncClient, client_person: Person) -> str:
    return await schedule(as_therapist, client_person, await begin(as_therapist, client_person))


@pytest.mark.parametrize(
    ("changes", "outside"),
    [
        ({}, []),
        ({"systolic": 140, "diastolic": 90, "pulse": 100, "oxygen": 95}, []),
        ({"systolic": 90, "diastolic": 60, "pulse": 60, "oxygen": 100}, []),
        ({"systolic": 141, "diastolic": 91}, ["systolic_high", "diastolic_high"]),
        ({"systolic": 89, "diastolic": 59}, ["systolic_low", "diastolic_low"]),
        ({"pulse": 101, "oxygen": 94}, ["pulse_high", "oxygen_low"]),
        ({"systolic": None, "diastolic": None, "pulse": 59, "oxygen": None}, ["pulse_low"]),
    ],
)
async def test_a_reading_outside_its_range_is_taken_and_marked(
    *, as_therapist: httpx.AsyncClient, client_person: Person, session: str, changes: dict[str, Any], outside: list[str]
):
    assert (await add(as_therapist, client_person, session, "vital-signs", reading(**changes))).status_code == 201
    read = await day(as_therapist, session, client_person)
    assert read["vital_signs"][0]["outside"] == outside
    assert {one["sign"] for one in read["ranges"]} == {"systolic", "diastolic", "pulse", "oxygen"}
    assert all(one["source"] for one in read["ranges"])


@pytest.mark.parametrize(
    ("medicine", "stays", "readings", "warned"),
    [
        ("Ketamine", 30, [], []),
        ("Esketamine (Spravato)", 119, ["after_40_minutes"], ["observation_short"]),
        ("esketamine", 120, ["after_40_minutes"], []),
        ("SPRAVATO 56 mg", 119, ["after_40_minutes"], ["observation_short"]),
        ("esketamine", 120, ["baseline"], ["pressure_after_40_minutes_missing"]),
    ],
)
async def test_two_hours_where_the_practice_asks_for_them(
    *, as_therapist: httpx.AsyncClient, client_person: Person, session: str, medicine: str, stays: int,
    readings: list[str], warned: list[str],
):  # fmt: skip
    """Counted from the last dose, though observation began before."""
    await act(as_therapist, client_person, session, "opening")
    given = datetime.now(UTC) - timedelta(hours=4)
    await give(
        as_therapist, client_person, session, medicine=medicine, given_at=(given - timedelta(hours=1)).isoformat()
    )
    await give(as_therapist, client_person, session, medicine=medicine, given_at=given.isoformat())
    until = (given + timedelta(minutes=stays)).isoformat()
    body = observed(began_at=(given - timedelta(hours=2)).isoformat(), ended_at=until)
    await add(as_therapist, client_person, session, "observations", body)
    for moment in readings:
        await add(as_therapist, client_person, session, "vital-signs", reading(moment=moment))
    read = await day(as_therapist, session, client_person)
    assert read["warnings"] == warned
    assert read["observation_required"] is (medicine != "Ketamine")


NOW = datetime.now(UTC)


def hours_ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("observation", "dosed", "over", "warned"),
    [
        (None, 1, False, []),
        (None, 1, True, [Warned.observation_missing]),
        (None, 2.1, False, [Warned.observation_missing]),
        ((1, None), 1, False, []),
        ((1, None), 1, True, [Warned.observation_missing]),
        ((3, None), 3, False, [Warned.observation_missing]),
        ((4, 1), 3.5, True, []),
        ((4, 1), 2, True, [Warned.observation_short]),
    ],
)
def test_an_observation_that_is_not_there_or_has_no_end_warns(
    *, observation: tuple[float, float | None] | None, dosed: float, over: bool, warned: list[Warned]
) -> None:
    """Once the session has ended, or two hours after the last dose; until then it may still be going on."""
    given = [Administration(given_at=hours_ago(dosed + 0.5)), Administration(given_at=hours_ago(dosed))]
    kept = None
    if observation:
        began, ended = observation
        kept = Observation(began_at=hours_ago(began), ended_at=hours_ago(ended) if ended else None)
    readings = [VitalSigns(measured_at=hours_ago(dosed - 0.7), moment=Moment.after_40_minutes, systolic=120)]
    assert list(observing.warnings(given, kept, readings, over=over)) == warned


@pytest.mark.parametrize(
    ("measured", "moment", "systolic", "warned"),
    [
        (1.3, Moment.after_40_minutes, 120, []),
        (2.5, Moment.after_40_minutes, 120, [Warned.pressure_after_40_minutes_missing]),
        (1.3, Moment.after_40_minutes, None, [Warned.pressure_after_40_minutes_missing]),
        (1.3, Moment.other, 120, [Warned.pressure_after_40_minutes_missing]),
    ],
)
def test_a_reading_counts_only_after_the_last_dose(
    measured: float, moment: Moment, systolic: int | None, warned: list[Warned]
) -> None:
    given = [Administration(given_at=hours_ago(2)), Administration(given_at=hours_ago(3.2))]
    kept = Observation(began_at=hours_ago(3), ended_at=NOW)
    readings = [VitalSigns(measured_at=hours_ago(measured), moment=moment, systolic=systolic)]
    assert list(observing.warnings(given, kept, readings, over=False)) == warned


def test_only_what_the_practice_observes_is_counted() -> None:
    given = [Administration(medicine=one) for one in ("Spravato 56 mg", "Ketamine", "ESKETAMINE nasal", "midazolam")]
    assert observing.observed_of(given, "esketamine, spravato,") == [given[0], given[2]]
    assert observing.observed_of(given, "") == []


async def test_a_day_without_its_observation_warns_once_the_session_has_ended(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    await act(as_therapist, client_person, session, "opening")
    await give(as_therapist, client_person, session, medicine="Spravato", given_at=earlier(minutes=30))
    assert (await day(as_therapist, session, client_person))["warnings"] == []
    await act(as_therapist, client_person, session, "ending")
    assert (await day(as_therapist, session, client_person))["warnings"] == ["observation_missing"]


async def test_a_dosing_session_opens_when_every_step_is_ticked_or_a_reason_is_written(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    async def opening() -> tuple[int, str | None]:
        answer = await as_therapist.put(f"{COURSES}/sessions/{session}/opening", params=of(client_person))
        return answer.status_code, answer.json()["code"] if answer.content else None

    assert await opening() == (409, "not_ready")
    first, second = str(new_id()), str(new_id())
    await add(as_therapist, client_person, session, "readiness", {"steps": ["fasting"], "reason": " "}, record=first)
    assert await opening() == (409, "not_ready")
    reasoned = {"steps": ["fasting"], "reason": "Her sister comes at four", "replaces": first}
    await add(as_therapist, client_person, session, "readiness", reasoned, record=second)
    assert await opening() == (200, None)
    assert await opening() == (200, None)
    assert (await give(as_therapist, client_person, session)).status_code == 201
    # Somebody takes the reason back while the session is open: the next dose asks again.
    await add(as_therapist, client_person, session, "readiness", {"steps": ["fasting"], "replaces": second})
    refused = await give(as_therapist, client_person, session)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")
    # What is entered after the session was given, whatever the list says.
    await act(as_therapist, client_person, session, "ending")
    assert (await give(as_therapist, client_person, session)).status_code == 201


async def test_every_step_ticked_needs_no_reason(as_therapist: httpx.AsyncClient, client_person: Person, session: str):
    await add(as_therapist, client_person, session, "readiness", {"steps": list(Readiness)})
    answer = await as_therapist.put(f"{COURSES}/sessions/{session}/opening", params=of(client_person))
    assert answer.status_code == 200


@pytest.mark.parametrize("which", ["readiness", "discharge"])
async def test_a_reason_holds_for_the_steps_that_were_missing_when_it_was_written(
    *, as_therapist: httpx.AsyncClient, client_person: Person, session: str, which: str
):
    first, second, third = (str(new_id()) for _ in range(3))
    few, all_but_one = {"readiness": (4, 3), "discharge": (6, 5)}[which]
    steps = [*{"readiness": REQUIRED, "discharge": tuple(Discharge)}[which]]
    said = {"steps": steps[:few], "reason": "Her sister comes at four"}
    assert (await add(as_therapist, client_person, session, which, said, record=first)).status_code == 201
    more = said | {"steps": steps[:all_but_one], "replaces": first}
    refused = await add(as_therapist, client_person, session, which, more | {"reason": " Her sister comes at four\n"})
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["field"], error["code"]) == ("reason", "of_other_steps")
    # The same steps or fewer: the same words hold.
    same = said | {"replaces": first}
    assert (await add(as_therapist, client_person, session, which, same, record=second)).status_code == 201
    # None, or other words, are taken whatever is missing.
    none = more | {"reason": "", "replaces": second}
    assert (await add(as_therapist, client_person, session, which, none, record=third)).status_code == 201
    other = more | {"reason": "Measured again at eleven", "replaces": third}
    assert (await add(as_therapist, client_person, session, which, other)).status_code == 201


async def test_a_step_taken_back_asks_again_whatever_was_written_before(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    """A reason for one step, and the blood pressure is taken back an hour later."""
    first = str(new_id())
    steps = [step for step in REQUIRED if step != Readiness.escort_home]
    said = {"steps": steps, "reason": "Her sister comes at four"}
    await add(as_therapist, client_person, session, "readiness", said, record=first)
    high = {"steps": [step for step in steps if step != Readiness.blood_pressure], "replaces": first}
    assert (await add(as_therapist, client_person, session, "readiness", high)).status_code == 201
    refused = await as_therapist.put(f"{COURSES}/sessions/{session}/opening", params=of(client_person))
    assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")


async def test_nobody_waits_for_a_recording(as_therapist: httpx.AsyncClient, client_person: Person, session: str):
    """Whether others agreed to one is asked beside the five steps, and no dose asks for it."""
    await add(as_therapist, client_person, session, "readiness", {"steps": REQUIRED})
    read = (await day(as_therapist, session, client_person))["readiness"]
    assert read["missing"] == []
    assert [one["step"] for one in read["steps"] if not one["required"]] == ["recording_agreed"]
    answer = await as_therapist.put(f"{COURSES}/sessions/{session}/opening", params=of(client_person))
    assert answer.status_code == 200


async def test_other_kinds_of_sessions_ask_nothing(as_therapist: httpx.AsyncClient, client_person: Person):
    course = await begin(as_therapist, client_person)
    talking = await schedule(as_therapist, client_person, course, kind="integration")
    answer = await as_therapist.put(f"{COURSES}/sessions/{talking}/opening", params=of(client_person))
    assert answer.status_code == 200


async def test_words_that_do_not_open_are_a_fault(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str, database: RolledBackDatabase
):
    """Never an empty list."""
    body = {"steps": [], "reason": "Her sister comes at four"}
    await add(as_therapist, client_person, session, "readiness", body)
    async with database.arrange() as arranged:
        await arranged.execute(text("UPDATE dosing_checklists SET words = substring(words for 20)"))
    answer = await as_therapist.get(f"/api/portal/dosing-days/{session}", params=of(client_person))
    assert answer.status_code == 500
    assert "sister" not in answer.text
