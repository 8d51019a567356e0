"""Why somebody needs attention: each reason from what is shared or planned, and none from what is not."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.caseload.reasons import AFTER_DOSE, SURELY_WITHIN, mood_drop, session_reason
from afterglow_portal.caseload.schemas import Reason
from afterglow_portal.settings import Settings
from afterglow_portal.times import known_zones
from hypothesis import given
from hypothesis.strategies import integers, sampled_from
from pydantic import TypeAdapter
from sqlalchemy import text

from tests.portal.agenda.test_agenda import lines, pin
from tests.portal.arranging import assign, introduce, put, stand_in
from tests.portal.caseload.clients import CASELOAD_PATH, caseload, dosed, noted, take_on
from tests.portal.conftest import Open
from tests.portal.course.treating import act, begin, of, schedule
from tests.portal.journal.writing import JOURNAL, edit, write

LONDON = ZoneInfo("Europe/London")
USUAL: dict[float, float] = {days: 1 + days % 2 / 2 for days in range(3, 14)}
TODAY = date(2026, 3, 30)


async def reasons(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    (row,) = await caseload(http)
    found: list[dict[str, Any]] = row["reasons"]
    return found


async def kinds(http: httpx.AsyncClient) -> list[str]:
    return [one["kind"] for one in await reasons(http)]


def in_words(moods: dict[int, float]) -> list[dict[str, Any]]:
    """The drop told of thirty days of which those are noted, by how many ago."""
    found = TypeAdapter(list[Reason]).dump_python(list(mood_drop(moods, TODAY)), exclude_none=True, mode="json")
    return cast("list[dict[str, Any]]", found)


@pytest.mark.parametrize(
    ("latest", "told"),
    [
        ({0: -2.0}, {"kind": "mood_drop", "mood": -2.0, "usual": 1.0, "day": "2026-03-30"}),
        ({2: -1.0}, {"kind": "mood_drop", "mood": -1.0, "usual": 1.0, "day": "2026-03-28"}),
        ({0: 1.0, 1: -5.0}, None),  # the day before: what is told is how it stands
        ({0: -0.9}, None),
        ({3: -5.0}, None),  # no news any more
        ({0: 5.0}, None),
    ],
)
def test_a_drop_is_far_below_the_days_before(latest: dict[int, float], told: dict[str, Any] | None) -> None:
    usual = dict.fromkeys(range(4, 14), 1.0)
    assert in_words(usual | latest) == ([told] if told else [])


def test_a_drop_is_measured_by_how_much_somebody_varies() -> None:
    varied = {ago: 3.0 if ago % 2 else -3.0 for ago in range(4, 20)}
    assert in_words(varied | {0: -4.0}) == []


def test_few_days_are_no_usual() -> None:
    assert in_words(dict.fromkeys(range(4, 10), 1.0) | {0: -5.0}) == []
    assert in_words({}) == []


@pytest.mark.parametrize(
    ("hours", "kind"), [(1, "session_today"), (-3, "session_today"), (26, "session_tomorrow"), (50, None)]
)
def test_today_is_the_desks(hours: int, kind: str | None) -> None:
    now = datetime(2026, 7, 5, 19, tzinfo=UTC)
    ahead = now + timedelta(hours=hours)
    assert [one.kind for one in session_reason(ahead, "planned", now, "Europe/London")] == ([kind] if kind else [])
    # in Auckland the sixth has long begun, and ends in the London afternoon
    far = [one.kind for one in session_reason(ahead, "planned", now, "Pacific/Auckland")]
    assert far == {1: ["session_today"], -3: ["session_today"], 26: ["session_tomorrow"], 50: []}[hours]


@given(minute=integers(0, 10 * 366 * 24 * 60), zone=sampled_from(sorted(known_zones())))
def test_what_is_surely_within_four_days_is_so_in_every_zone(minute: int, zone: str) -> None:
    zero = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    for hours in SURELY_WITHIN:
        midnight = datetime.combine((zero + hours).date(), time(), ZoneInfo(zone))
        first, end = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
        assert zero <= first
        assert end <= zero + AFTER_DOSE


async def test_a_session_that_is_open_now(as_therapist: httpx.AsyncClient, client_person: Person):
    soon = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person), planned_at=soon)
    assert (await kinds(as_therapist))[0] in {"session_today", "session_tomorrow"}
    await act(as_therapist, client_person, session, "opening")
    (row,) = await caseload(as_therapist, show="session_soon")
    assert [one["kind"] for one in row["reasons"]] == ["session_open"]
    assert (row["next_session"]["id"], row["next_session"]["state"]) == (session, "open")
    await act(as_therapist, client_person, session, "ending")
    assert await reasons(as_therapist) == []
    assert await caseload(as_therapist, show="session_soon") == []


async def test_the_soonest_session_is_the_next(as_therapist: httpx.AsyncClient, client_person: Person):
    course = await begin(as_therapist, client_person)
    for days, kind in ((20, "dosing"), (9, "integration"), (8, "counselling")):
        at = (datetime.now(UTC) + timedelta(days=days)).isoformat()
        session = await schedule(as_therapist, client_person, course, planned_at=at, kind=kind)
    await act(as_therapist, client_person, session, "cancellation")
    (row,) = await caseload(as_therapist)
    assert (row["next_session"]["kind"], row["reasons"]) == ("integration", [])
    assert await caseload(as_therapist, show="session_soon") == []


async def test_a_drop_against_the_persons_own_usual(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, settings: Settings, client_person: Person
):
    await noted(database, settings, client_person, USUAL)
    assert await reasons(as_therapist) == []
    await noted(database, settings, client_person, {0: -5}, visibility="only_me")
    assert await reasons(as_therapist) == []
    await noted(database, settings, client_person, {0.001: -3})
    (drop,) = await reasons(as_therapist)
    assert (drop["kind"], drop["mood"], drop["usual"]) == ("mood_drop", -3, 1.3)


@pytest.mark.parametrize(
    ("days_ago", "shared", "told"),
    [
        (0.1, {}, "after_dose"),
        (3.9, {}, "after_dose"),
        (4.1, {}, "silent_after_dose"),
        (13.9, {}, "silent_after_dose"),
        (14.1, {}, None),
        (6, {5.9: 1}, None),
        (6, {2.1: 1}, None),
        (6, {6.1: 1, 1.9: 1}, "silent_after_dose"),  # before it, and after the four days
    ],
)
async def test_after_a_dose(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    days_ago: float,
    shared: dict[float, float],
    told: str | None,
):
    await dosed(as_therapist, client_person, days_ago=days_ago)
    await noted(database, settings, client_person, shared)
    found = await reasons(as_therapist)
    assert [one["kind"] for one in found] == ([told] if told else [])
    day = (datetime.now(UTC) - timedelta(days=days_ago)).astimezone(LONDON).date()
    assert [one["day"] for one in found] == ([str(day)] if told else [])
    rows = await caseload(as_therapist, show="after_dose")
    assert len(rows) == (told == "after_dose")
    (row,) = await caseload(as_therapist)
    assert row["sparkline"]["doses"] == [str(day)]


async def test_hour_nought_is_that_of_the_first_part(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, settings: Settings, client_person: Person
):
    await dosed(as_therapist, client_person, days_ago=4.1, hours_later=5)
    assert await kinds(as_therapist) == ["silent_after_dose"]
    await noted(database, settings, client_person, {4.05: 2})
    assert await kinds(as_therapist) == []


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_what_is_not_shared_does_not_break_a_silence(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    visibility: str,
):
    await dosed(as_therapist, client_person, days_ago=6)
    before = (await as_therapist.get(CASELOAD_PATH)).content
    await noted(database, settings, client_person, {5: -5, 3: -5, 0.1: -5}, visibility=visibility)
    assert (await as_therapist.get(CASELOAD_PATH)).content == before
    assert await kinds(as_therapist) == ["silent_after_dose"]


async def test_pinned_lines_until_they_are_read(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    entry = await write(as_client, visibility="only_me")
    assert await reasons(as_therapist) == []
    for words in ("The sea", "inside"):
        await pin(as_client, entry, words)
    (told,) = await reasons(as_therapist)
    assert (told["kind"], told["number"]) == ("pinned_lines", 2)
    await lines(as_therapist, **of(client_person))
    assert await reasons(as_therapist) == []


async def test_shared_entries_until_they_are_opened(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    for visibility in ("only_me", "next_session"):
        await write(as_client, visibility=visibility)
    assert await reasons(as_therapist) == []
    entry = await write(as_client)
    (told,) = await reasons(as_therapist)
    assert (told["kind"], told["number"]) == ("unopened_entries", 1)
    assert (await as_therapist.get(f"{JOURNAL}/{entry['id']}", params=of(client_person))).is_success
    assert await reasons(as_therapist) == []


async def test_an_entry_that_was_taken_back_is_no_reason(as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient):
    entry = await write(as_client)
    assert await kinds(as_therapist) == ["unopened_entries"]
    change = edit(visibility="only_me")
    assert (await as_client.post(f"{JOURNAL}/{entry['id']}/versions", json=change)).is_success
    assert await reasons(as_therapist) == []


async def test_entries_and_lines_for_somebody_else_are_no_reason(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    database: RolledBackDatabase,
    client_person: Person,
    other_therapist: Person,
):
    await pin(as_client, await write(as_client))
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
    async with signed_in(other_therapist) as http:
        assert await reasons(http) == []


async def test_an_entry_that_several_may_read_counts_once_for_whoever_stands_in(
    *,
    as_client: httpx.AsyncClient,
    signed_in: Open,
    database: RolledBackDatabase,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
):
    third = Person(Role.therapist, "Thea")
    async with database.arrange() as session:
        await introduce(session, third)
        await assign(session, client_person, third)
    await write(as_client)
    async with database.arrange() as session:
        for covering in (other_therapist, therapist):  # the second reads it as their own as well
            await stand_in(session, client_person, covering, third)
    for covering in (other_therapist, therapist):
        async with signed_in(covering) as http:
            told = {one["kind"]: one["number"] for one in await reasons(http)}
        assert told["unopened_entries"] == 1


async def test_care_that_ended(as_therapist: httpx.AsyncClient, database: RolledBackDatabase):
    async with database.arrange() as session:
        await session.execute(text("UPDATE care_relationships SET ended_at = now() - interval '3 days'"))
    (row,) = await caseload(as_therapist)
    assert [(one["kind"], one["at"]) for one in row["reasons"]] == [("reading_ends", row["reading_ends_at"])]


async def test_who_needs_attention_comes_first(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    therapist: Person,
):
    names = ("ada", "Bea", "Bea", "Édith", "zoe", "Cleo", "Dora", "Evan")
    _, *twins, _, zoe, cleo, dora, evan = await take_on(database, therapist, *names)
    await noted(database, settings, zoe, USUAL | {0: -3})
    await dosed(as_therapist, dora, days_ago=1)
    for person, minutes in ((evan, 1), (cleo, 0)):
        at = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
        session = await schedule(as_therapist, person, await begin(as_therapist, person), planned_at=at)
        await act(as_therapist, person, session, "opening")
    await put(as_client)
    everybody = ["Cleo", "Evan", "zoe", "Dora", "ada", "Bea", "Bea", "Édith", "Rowan Hale"]
    assert [row["client"]["name"] for row in await caseload(as_therapist)] == everybody
    assert [row["client"]["name"] for row in await caseload(as_therapist, show="attention")] == everybody[:4]
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    for _ in range(5):
        page = (await as_therapist.get(CASELOAD_PATH, params={"limit": 2, **after})).json()
        assert page["counts"] == {"all": 9, "attention": 4, "after_dose": 1, "session_soon": 2}
        found += page["items"]
        after = {"after": page["next"]}
    assert page["next"] is None
    assert [row["client"]["name"] for row in found] == everybody
    assert {str(one.id) for one in twins} == {row["client"]["id"] for row in found if row["client"]["name"] == "Bea"}
    counts = (await as_therapist.get(CASELOAD_PATH, params={"q": "be"})).json()["counts"]
    assert counts == {"all": 2, "attention": 0, "after_dose": 0, "session_soon": 0}
