"""A course: whoever treats the client writes it, the client reads it, nothing is lost, and nothing is stored twice."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import assign, audited, number_of, stand_in
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, a_session, act, begin, courses, dose, give, of, plan, schedule

NOW = datetime.now(UTC)


async def test_whoever_treats_writes_it_and_the_client_reads_it(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase,
):  # fmt: skip
    """Also for a client who has written nothing yet: their data key is made then."""
    course = await begin(as_therapist, client_person)
    session = await schedule(as_therapist, client_person, course)
    assert (await act(as_therapist, client_person, session, "opening")).status_code == 200
    assert (await give(as_therapist, client_person, session)).status_code == 201
    (read,) = await courses(as_client)
    assert read == (await courses(as_therapist, client_person))[0]
    said = plan()
    assert {name: read[name] for name in said} == said
    assert read["made_by"] == {"id": str(therapist.id), "name": therapist.name}
    assert [(one["state"], one["version"]) for one in read["sessions"]] == [("open", 2)]
    (given,) = read["administrations"]
    assert (given["dose_mg"], given["mg_per_kg"], given["setting"]) == (60, 0.8, "Room 2, with music")
    for action, object_id in (
        ("course.begun", course),
        ("course_session.planned", session),
        ("course_session.started", session),
    ):
        (one,) = await audited(database, action)
        assert (one.subject_id, one.object_id, one.outcome) == (client_person.id, UUID(object_id), "success")
    assert [(one.actor_id, one.subject_id) for one in await audited(database, "course.read")] == [
        (therapist.id, client_person.id)
    ]
    log = (await as_client.get("/api/portal/access-log", params={"kind": "course"})).json()["items"]
    assert [one["action"] for one in log] == ["course.read"]


async def test_words_are_sealed(as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase):
    course = await begin(as_therapist, client_person)
    session = await schedule(as_therapist, client_person, course)
    await act(as_therapist, client_person, session, "opening")
    await give(as_therapist, client_person, session)
    async with database.arrange() as arranged:
        kept = await arranged.scalar(text("SELECT string_agg(t::text, '') FROM courses AS t"))
        kept += await arranged.scalar(text("SELECT string_agg(t::text, '') FROM administrations AS t"))
    for word in ("morning", "Sertraline", "school", "Room 2", "Falk"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_sent_again_and_sent_otherwise(as_therapist: httpx.AsyncClient, client_person: Person):
    course, session = str(new_id()), str(new_id())
    asked = of(client_person)
    for path, body, other in (
        (f"{COURSES}/{course}", plan(), plan(problem="Another")),
        (f"{COURSES}/{course}/sessions/{session}", a_session(), a_session(kind="counselling")),
    ):
        said = [(await as_therapist.put(path, params=asked, json=body)).status_code for _ in range(2)]
        assert said == [201, 200]
        assert (await as_therapist.put(path, params=asked, json=other)).status_code == 409
    await act(as_therapist, client_person, session, "opening")
    path, body = f"{COURSES}/sessions/{session}/administrations/{new_id()}", dose()
    assert [(await as_therapist.put(path, params=asked, json=body)).status_code for _ in range(2)] == [201, 200]
    assert (await as_therapist.put(path, params=asked, json=body | {"dose_mg": 61})).status_code == 409
    (read,) = await courses(as_therapist, client_person)
    assert (len(read["sessions"]), len(read["administrations"])) == (1, 1)


async def test_an_edit_keeps_the_version_before(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    course = await begin(as_therapist, client_person)
    path, asked = f"{COURSES}/{course}/versions", of(client_person)
    body = plan(goals=["To sleep"], version_id=str(new_id()), base_version=1)
    assert [(await as_therapist.post(path, params=asked, json=body)).status_code for _ in range(2)] == [201, 200]
    assert (await as_therapist.post(path, params=asked, json=body | {"goals": []})).status_code == 409
    stale = await as_therapist.post(path, params=asked, json=body | {"version_id": str(new_id())})
    assert (stale.status_code, stale.json()["code"]) == (409, "course_changed")
    (read,) = await courses(as_therapist, client_person)
    assert (read["goals"], read["version"]) == (["To sleep"], 2)
    assert await number_of(database, "course_versions") == 1
    unknown = await as_therapist.post(f"{COURSES}/{new_id()}/versions", params=asked, json=body)
    assert unknown.status_code == 404
    elsewhere = await begin(as_therapist, client_person)
    taken = await as_therapist.post(f"{COURSES}/{elsewhere}/versions", params=asked, json=body)
    assert taken.status_code == 409


async def test_moving_and_cancelling_keep_how_it_stood(as_therapist: httpx.AsyncClient, client_person: Person):
    course = await begin(as_therapist, client_person)
    session = await schedule(as_therapist, client_person, course, planned_at="2026-04-01T09:00:00Z")
    path, asked = f"{COURSES}/sessions/{session}/changes", of(client_person)
    body = a_session(planned_at="2026-04-02T14:00:00Z", change_id=str(new_id()), base_version=1)
    assert [(await as_therapist.post(path, params=asked, json=body)).status_code for _ in range(2)] == [201, 200]
    stale = await as_therapist.post(path, params=asked, json=body | {"change_id": str(new_id())})
    assert (stale.status_code, stale.json()["code"]) == (409, "session_changed")
    assert [(await act(as_therapist, client_person, session, "cancellation")).status_code for _ in range(2)] == [
        200,
        200,
    ]
    for what in ("opening", "ending"):
        assert (await act(as_therapist, client_person, session, what)).status_code == 409
    moved = body | {"change_id": str(new_id()), "base_version": 3}
    assert (await as_therapist.post(path, params=asked, json=moved)).json()["code"] == "not_planned"
    ((read,),) = [one["sessions"] for one in await courses(as_therapist, client_person)]
    assert (read["state"], read["version"], read["planned_at"]) == ("cancelled", 3, "2026-04-02T14:00:00Z")
    assert [(one["state"], one["planned_at"]) for one in read["before"]] == [
        ("planned", "2026-04-01T09:00:00Z"),
        ("planned", "2026-04-02T14:00:00Z"),
    ]


async def test_medicine_only_in_a_dosing_session_that_was_opened(
    as_therapist: httpx.AsyncClient, client_person: Person
):
    course = await begin(as_therapist, client_person)
    dosing = await schedule(as_therapist, client_person, course)
    talking = await schedule(as_therapist, client_person, course, kind="counselling")
    await act(as_therapist, client_person, talking, "opening")
    assert (await give(as_therapist, client_person, dosing)).json()["code"] == "not_open"
    assert (await give(as_therapist, client_person, talking)).json()["code"] == "not_dosing"
    await act(as_therapist, client_person, dosing, "opening")
    await act(as_therapist, client_person, dosing, "ending")
    assert (await give(as_therapist, client_person, dosing, weight_kg=None)).status_code == 201
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    early = await give(as_therapist, client_person, dosing, given_at=tomorrow)
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "given_at")
    (read,) = await courses(as_therapist, client_person)
    assert [one["mg_per_kg"] for one in read["administrations"]] == [None]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"started_on": "soon"}, "started_on"),
        ({"items": ["mood"]}, "items.0"),
        ({"goals": [" "]}, "goals.0"),
        ({"problem": "x" * 4_001}, "problem"),
        ({"planned_doses": 0}, "planned_doses"),
        ({"client_id": str(new_id())}, "client_id"),
        ({"problem": "\0"}, "problem"),
    ],
)
async def test_a_plan_that_is_none(
    wrong: dict[str, object], field: str, as_therapist: httpx.AsyncClient, client_person: Person
):
    answer = await as_therapist.put(f"{COURSES}/{new_id()}", params=of(client_person), json=plan(**wrong))
    assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field])


async def test_a_course_does_not_end_before_it_began(as_therapist: httpx.AsyncClient, client_person: Person):
    body = plan(ended_on="2026-01-01")
    assert (await as_therapist.put(f"{COURSES}/{new_id()}", params=of(client_person), json=body)).status_code == 422


async def test_strangers_and_the_client_write_nothing(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    other_client: Person, other_therapist: Person, database: RolledBackDatabase,
):  # fmt: skip
    course = await begin(as_therapist, client_person)
    session = await schedule(as_therapist, client_person, course)
    async with signed_in(other_therapist) as http:
        for answer in (
            await http.get(COURSES, params=of(client_person)),
            await http.put(f"{COURSES}/{new_id()}", params=of(client_person), json=plan()),
            await http.put(f"{COURSES}/{course}/sessions/{new_id()}", params=of(client_person), json=a_session()),
            await act(http, client_person, session, "opening"),
            await act(http, client_person, session, "cancellation"),
            await give(http, client_person, session),
        ):
            assert answer.status_code == 404
    async with signed_in(other_client) as http:
        assert await courses(http) == []
        assert (await http.get(COURSES, params=of(client_person))).status_code == 404
    assert (await as_client.put(f"{COURSES}/{new_id()}", params=of(client_person), json=plan())).status_code == 403
    elsewhere = await as_therapist.put(f"{COURSES}/{new_id()}", params=of(other_client), json=plan())
    assert elsewhere.status_code == 404
    assert [one.outcome for one in await audited(database, "course.begun")] == ["success", "refused", "refused"]


async def test_whose_care_has_ended_reads_and_writes_nothing_more(
    signed_in: Open, client_person: Person, other_therapist: Person, database: RolledBackDatabase
):
    async with database.arrange() as session:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        await assign(session, client_person, other_therapist, ended_at=yesterday, as_of=yesterday)
    async with signed_in(other_therapist) as http:
        assert await courses(http, client_person) == []
        refused = await http.put(f"{COURSES}/{new_id()}", params=of(client_person), json=plan())
        assert refused.status_code == 404


async def test_whoever_stands_in_writes_too(
    *, signed_in: Open, client_person: Person, therapist: Person, other_therapist: Person, database: RolledBackDatabase
):
    async with database.arrange() as session:
        await stand_in(session, client_person, other_therapist, therapist)
    async with signed_in(other_therapist) as http:
        await begin(http, client_person)


async def test_doses_and_sessions_are_marked_in_the_curve(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    course = await begin(as_therapist, client_person)
    talking = await schedule(as_therapist, client_person, course, kind="counselling")
    await schedule(as_therapist, client_person, course, planned_at=NOW.isoformat())
    await act(as_therapist, client_person, talking, "opening")
    assert [one["kind"] for one in await marks(as_client)] == ["session"]
    dosing = await schedule(as_therapist, client_person, course)
    await act(as_therapist, client_person, dosing, "opening")
    await give(as_therapist, client_person, dosing)
    earlier = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    await give(as_therapist, client_person, dosing, given_at=earlier)
    assert [one["kind"] for one in await marks(as_client)] == ["dose", "dose"]
    assert await marks(as_client) == await marks(as_therapist, **of(client_person))
    assert len(await marks(as_client, days="2")) == 1


async def marks(http: httpx.AsyncClient, **params: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = (await http.get("/api/portal/check-ins/curve", params=params)).json()["marks"]
    return found


async def test_the_next_session_is_the_soonest_that_is_planned(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase
):
    assert (await as_client.get(f"{COURSES}/next-session")).json() == {"next": None}
    course = await begin(as_therapist, client_person)
    soon, later = [(NOW + timedelta(days=days)).isoformat() for days in (1, 3)]
    last = await schedule(as_therapist, client_person, course, planned_at=later, kind="integration")
    first = await schedule(as_therapist, client_person, course, planned_at=soon)
    await schedule(as_therapist, client_person, course, planned_at=(NOW - timedelta(days=1)).isoformat())
    read = (await as_client.get(f"{COURSES}/next-session")).json()["next"]
    assert (read["id"], read["kind"], read["time_zone"]) == (first, "dosing", "Europe/London")
    assert datetime.fromisoformat(read["planned_at"]) == datetime.fromisoformat(soon)
    await act(as_therapist, client_person, first, "cancellation")
    seen = await as_therapist.get(f"{COURSES}/next-session", params=of(client_person))
    assert seen.json()["next"]["id"] == last
    assert len(await audited(database, "course.read")) == 1
