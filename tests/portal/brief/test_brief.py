"""A brief: what was shared since the last session, told to whoever treats the client, and to the client that it was."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.dosing_day.steps import Readiness
from afterglow_portal.settings import Settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.portal.agenda.test_agenda import lines, pin
from tests.portal.arranging import ago, audited, counted, put, stand_in
from tests.portal.caseload.clients import noted
from tests.portal.conftest import Open
from tests.portal.course.treating import OPEN_FOR_LONG, act, begin, give, of, schedule
from tests.portal.journal.writing import JOURNAL, edit, write
from tests.portal.tasks.assigning import assigned, days_ago, dosed, mark

BRIEF = "/api/portal/brief"
HELD = text("UPDATE course_sessions SET opened_at = :at, planned_at = :at WHERE id = :id")


async def brief(http: httpx.AsyncClient, client: Person) -> dict[str, Any]:
    answer = await http.get(BRIEF, params=of(client))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def held(
    http: httpx.AsyncClient, database: RolledBackDatabase, client: Person, *, days_ago: float, kind: str = "dosing"
) -> str:
    """A session that was held some days ago."""
    session = await schedule(http, client, await begin(http, client), kind=kind)
    for what in ("opening", "ending"):
        assert (await act(http, client, session, what)).is_success
    async with database.arrange() as arranging:
        moment = {"at": datetime.now(UTC) - timedelta(days=days_ago), "id": UUID(session)}
        await arranging.execute(
            text("UPDATE course_sessions SET opened_at = :at, planned_at = :at WHERE id = :id"), moment
        )
    return session


async def test_a_client_of_whom_there_is_nothing(as_therapist: httpx.AsyncClient, client_person: Person):
    found = await brief(as_therapist, client_person)
    since = datetime.fromisoformat(found["since"])
    assert timedelta(days=30) <= datetime.now(UTC) - since < timedelta(days=30, minutes=1)
    assert found["client"] == {"id": str(client_person.id), "name": client_person.name}
    assert (found["last_session"], found["next_session"], found["latest_dose"]) == (None, None, None)
    assert (found["lines"], found["doses"], found["entries"]) == ([], [], {"total": 0, "items": []})
    assert found["check_ins"] == {"total": 0, "with_note": 0, "unopened": 0}
    assert [(one["item"], one["before"], one["since"]) for one in found["items"]] == [
        (item, None, None) for item in ("mood", "energy", "anxiety")
    ]
    assert len(found["gaps"]) == 1
    assert (found["tasks"], found["readiness"]) == ({"done": 0, "due": 0}, None)
    assert len(found["curve"]["points"]) == 30 + 28


async def test_what_changed_since_the_last_session(
    *,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
):
    last = await held(as_therapist, database, client_person, days_ago=9)
    await held(as_therapist, database, client_person, days_ago=30, kind="counselling")
    await noted(database, settings, client_person, dict.fromkeys((10, 11, 12, 30), -2))
    await noted(database, settings, client_person, dict.fromkeys((1, 2, 7, 8), 1), note="A word", items={"hope": 6})
    soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    ahead = await schedule(
        as_therapist, client_person, await begin(as_therapist, client_person), planned_at=soon, kind="integration"
    )
    found = await brief(as_therapist, client_person)
    assert (found["last_session"]["id"], found["last_session"]["kind"]) == (last, "dosing")
    assert found["since"] == found["last_session"]["opened_at"]
    assert (found["next_session"]["id"], found["next_session"]["kind"]) == (ahead, "integration")
    mood = found["items"][0]
    assert (mood["before"], mood["since"], mood["change"]) == (
        {"mean": -2, "days": 3},
        {"mean": 1, "days": 4},
        3,
    )
    assert [one["item"] for one in found["items"]] == ["mood", "energy", "anxiety", "hope"]
    assert found["check_ins"] == {"total": 4, "with_note": 4, "unopened": 4}
    (gap,) = found["gaps"]
    day = datetime.fromisoformat(found["since"]).date()
    assert gap == {"first": str(day + timedelta(days=3)), "last": str(day + timedelta(days=6))}
    assert (await as_therapist.get("/api/portal/check-ins", params=of(client_person) | {"limit": "2"})).is_success
    assert (await brief(as_therapist, client_person))["check_ins"]["unopened"] == 2


async def test_a_session_that_is_open_is_the_next_and_not_the_last(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    last = await held(as_therapist, database, client_person, days_ago=5)
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    await act(as_therapist, client_person, session, "opening")
    found = await brief(as_therapist, client_person)
    assert (found["last_session"]["id"], found["next_session"]["id"]) == (last, session)
    assert found["next_session"]["state"] == "open"


async def test_the_session_that_is_open_comes_before_one_that_was_missed(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    course = await begin(as_therapist, client_person)
    missed = await schedule(as_therapist, client_person, course, planned_at=ago(hours=3))
    late = await schedule(as_therapist, client_person, course, planned_at=ago(hours=30))
    assert (await brief(as_therapist, client_person))["next_session"]["id"] == missed
    await act(as_therapist, client_person, late, "opening")
    assert (await brief(as_therapist, client_person))["next_session"]["id"] == late
    async with database.arrange() as session:
        await session.execute(OPEN_FOR_LONG)
    assert (await brief(as_therapist, client_person))["next_session"]["id"] == missed


async def test_a_session_of_long_ago_is_named_and_the_brief_stays_short(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    await held(as_therapist, database, client_person, days_ago=400)
    found = await brief(as_therapist, client_person)
    assert found["last_session"]["opened_at"] < found["since"]
    assert datetime.now(UTC) - datetime.fromisoformat(found["since"]) < timedelta(days=90, minutes=1)
    assert len(found["curve"]["points"]) <= 120


async def test_doses_since_then_and_where_the_client_is(
    as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    await held(as_therapist, database, client_person, days_ago=9, kind="integration")
    session = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    await act(as_therapist, client_person, session, "opening")
    for days in (20, 3, 2.9):
        at = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        assert (await give(as_therapist, client_person, session, given_at=at, dose_mg=40)).status_code == 201
    found = await brief(as_therapist, client_person)
    assert [(one["session_id"], one["dose_mg"], one["route"]) for one in found["doses"]] == [(session, 40, "im")] * 2
    zero = datetime.fromisoformat(found["latest_dose"]["at"])
    assert found["doses"][0]["given_at"] == found["latest_dose"]["at"]  # the first of both, within six hours
    assert datetime.now(UTC) - zero >= timedelta(days=3)
    assert (found["latest_dose"]["days"], found["latest_dose"]["in_window"]) == (3, True)


async def test_entries_are_listed_as_opened_or_not_and_none_of_their_words(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    client_person: Person,
):
    await held(as_therapist, database, client_person, days_ago=2)
    opened = await write(as_client, phase="integration", title="Of the sea", text="The harbour at night")
    waiting = await write(as_client)
    for visibility in ("only_me", "next_session"):
        await write(as_client, visibility=visibility)
    assert (await as_therapist.get(f"{JOURNAL}/{opened['id']}", params=of(client_person))).is_success
    answer = await as_therapist.get(BRIEF, params=of(client_person))
    entries = answer.json()["entries"]
    assert {one["id"]: (one["opened"], one["phase"]) for one in entries["items"]} == {
        opened["id"]: (True, "integration"),
        waiting["id"]: (False, None),
    }
    assert entries["total"] == 2
    assert "sea" not in answer.text
    assert "harbour" not in answer.text


async def test_what_a_session_released_counts_from_its_release(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    client_person: Person,
):
    entry = await write(as_client, visibility="only_me")
    change = edit(visibility="next_session")
    assert (await as_client.post(f"{JOURNAL}/{entry['id']}/versions", json=change)).is_success
    async with database.arrange() as session:
        await session.execute(text("UPDATE journal_entries SET felt_at = felt_at - interval '40 days'"))
    assert (await brief(as_therapist, client_person))["entries"]["total"] == 0
    await held(as_therapist, database, client_person, days_ago=0)
    found = (await brief(as_therapist, client_person))["entries"]
    assert [one["id"] for one in found["items"]] == [entry["id"]]


async def test_many_entries_are_counted_and_the_newest_listed(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    written = [await write(as_client, text=f"Page {number}") for number in range(10)]
    found = (await brief(as_therapist, client_person))["entries"]
    assert found["total"] == 10
    assert {one["id"] for one in found["items"]} <= {one["id"] for one in written}
    assert len(found["items"]) == 8


async def test_the_pinned_lines_are_read_by_it(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    client_person: Person,
    therapist: Person,
    database: RolledBackDatabase,
):
    entry = await write(as_client, visibility="only_me")
    line = await pin(as_client, entry, "The sea")
    (told,) = (await brief(as_therapist, client_person))["lines"]
    assert (told["id"], told["text"], set(told)) == (line["id"], "The sea", {"id", "text", "pinned_at"})
    assert entry["id"] not in str(told)
    (mine,) = await lines(as_client)
    assert [one["reader"]["id"] for one in mine["readings"]] == [str(therapist.id)]
    assert (await as_client.delete(f"/api/portal/agenda/{line['id']}")).status_code == 409
    (event,) = await audited(database, "brief.read")
    assert (event.actor_id, event.subject_id, event.outcome) == (therapist.id, client_person.id, "success")


async def test_the_client_sees_that_it_was_opened(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person
):
    await brief(as_therapist, client_person)
    for asked in ({}, {"kind": "record"}):
        (opening,) = (await as_client.get("/api/portal/access-log", params=asked)).json()["items"]
        assert (opening["action"], opening["actor_name"]) == ("brief.read", therapist.name)


@pytest.mark.parametrize("visibility", ["only_me", "next_session"])
async def test_entries_kept_private_change_not_one_byte(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    visibility: str,
):
    await held(as_therapist, database, client_person, days_ago=9)
    await noted(database, settings, client_person, {12: -1, 11: -2, 10: 0, 1: 2})
    before = await brief(as_therapist, client_person)
    private = {"visibility": visibility, "items": {"craving": 9}, "note": "Mine"}
    await noted(database, settings, client_person, {15: -5, 5: -5, 0.5: -5}, **private)
    await write(as_client, visibility=visibility)
    assert await brief(as_therapist, client_person) == before


async def test_nobody_elses_client(
    *,
    signed_in: Open,
    client_person: Person,
    other_therapist: Person,
    therapist: Person,
    admin: Person,
    database: RolledBackDatabase,
):
    for person in (client_person, admin):
        async with signed_in(person) as http:
            assert (await http.get(BRIEF, params=of(client_person))).status_code == 403
    async with signed_in(other_therapist) as http:
        assert (await http.get(BRIEF, params=of(client_person))).status_code == 404
        refused = [event for event in await audited(database, "brief.read") if event.outcome == "refused"]
        assert [(event.actor_id, event.subject_id) for event in refused] == [(other_therapist.id, client_person.id)]
        async with database.arrange() as session:
            await stand_in(session, client_person, other_therapist, therapist)
        assert (await http.get(BRIEF, params=of(client_person))).status_code == 200
        assert (await http.get(BRIEF, params={"client": str(new_id())})).status_code == 404
        for params in ({}, {"client": "x"}):
            assert (await http.get(BRIEF, params=params)).status_code == 422


async def test_tasks_done_and_the_list_before_the_next_dose(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    """Of tasks the days since the last session; of the list how far it is ticked, while it is not to its end."""
    session = await dosed(as_therapist, client_person, 2)
    task = await assigned(as_therapist, client_person, session)
    assert (await mark(as_client, task, days_ago(0))).status_code == 201
    assert (await act(as_therapist, client_person, session, "ending")).is_success
    planned = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    found = await brief(as_therapist, client_person)
    assert found["tasks"] == {"done": 1, "due": 1}
    assert found["readiness"] == {"ticked": 0, "steps": 5, "reasoned": False}
    path = f"/api/portal/dosing-days/{planned}/readiness"
    some, params = {"steps": ["fasting"], "reason": "The escort comes later."}, of(client_person)
    listed = new_id()
    assert (await as_therapist.put(f"{path}/{listed}", params=params, json=some)).status_code == 201
    assert (await brief(as_therapist, client_person))["readiness"] == {"ticked": 1, "steps": 5, "reasoned": True}
    everything = {"steps": list(Readiness), "replaces": str(listed)}
    assert (await as_therapist.put(f"{path}/{new_id()}", params=params, json=everything)).status_code == 201
    assert (await brief(as_therapist, client_person))["readiness"] is None


async def test_the_same_statements_whatever_the_size(
    *,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    database: RolledBackDatabase,
    settings: Settings,
    client_person: Person,
    superuser_engine: AsyncEngine,
):
    await held(as_therapist, database, client_person, days_ago=20)
    totals = []
    for number in (1, 12):
        await noted(database, settings, client_person, {days + number / 100: 1 for days in range(1, number + 1)})
        entry = await write(as_client, text=f"Page {number}")
        await pin(as_client, entry, f"Page {number}")
        await brief(as_therapist, client_person)
        with counted(superuser_engine) as sent:
            await brief(as_therapist, client_person)
        totals.append(len(sent))
        await put(as_client)
    assert totals[0] == totals[1]
