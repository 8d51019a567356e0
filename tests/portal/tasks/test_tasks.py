"""Tasks for the days after a dose: assigned once, marked once for each time, the same figures for both."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import assign as take_into_care
from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open
from tests.portal.course.treating import begin, give, of, schedule
from tests.portal.tasks.assigning import (
    MADE_EARLIER,
    TASKS,
    a_task,
    assign,
    assigned,
    days_ago,
    dosed,
    mark,
    tasks,
)


@pytest.fixture
async def session(as_therapist: httpx.AsyncClient, client_person: Person) -> str:
    """Of a dose two days ago."""
    return await dosed(as_therapist, client_person)


@pytest.fixture
async def task(
    as_therapist: httpx.AsyncClient, client_person: Person, database: RolledBackDatabase, session: str
) -> str:
    """Twice a day for four days after that dose, assigned before it."""
    found = await assigned(as_therapist, client_person, session, times_a_day=2)
    async with database.arrange() as arranging:
        await arranging.execute(text(MADE_EARLIER))
    return found


async def test_both_read_the_same_figures(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person,
    database: RolledBackDatabase, session: str, task: str,
):  # fmt: skip
    for occasion in (1, 2):
        assert (await mark(as_client, task, days_ago(1), occasion=occasion)).status_code == 201
    assert (await mark(as_client, task, days_ago(0))).status_code == 201
    (found,) = await tasks(as_client)
    assert await tasks(as_therapist, client_person) == [found]
    told = {name: found[name] for name in ("id", "session_id", "title", "how", "minutes", "times_a_day", "days")}
    assert told == a_task(session, times_a_day=2) | {"id": task}
    assert found["made_by"] == {"id": str(therapist.id), "name": therapist.name}
    assert (found["first"], found["last"]) == (str(days_ago(1)), str(days_ago(-2)))
    assert [(one["due"], one["done"]) for one in found["by_day"]] == [(2, 2), (2, 1), (2, 0), (2, 0)]
    assert [one["may_mark"] for one in found["by_day"]] == [None, 2, None, None]
    assert (found["done"], found["due"]) == (3, 3)  # of today what is done: the day is not over
    (one,) = await audited(database, "task.assigned")
    assert (one.subject_id, one.object_id, one.outcome) == (client_person.id, UUID(task), "success")
    marked = await audited(database, "task.marked")
    assert [(one.actor_id, one.subject_id) for one in marked] == [(client_person.id, client_person.id)] * 3
    assert [one.actor_id for one in await audited(database, "course.read")] == [therapist.id]  # one's own is nobody's


async def test_what_was_not_done_is_a_gap_and_no_more(as_client: httpx.AsyncClient, task: str):
    (found,) = await tasks(as_client)
    assert [(one["due"], one["done"], one["marks"]) for one in found["by_day"]] == [(2, 0, [])] * 4
    assert [one["may_mark"] for one in found["by_day"]] == [1, 1, None, None]
    assert (found["done"], found["due"]) == (0, 2)
    assert task == found["id"]


async def test_taking_a_mark_back_leaves_its_place_free(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, task: str
):
    made = new_id()
    said = [(await mark(as_client, task, days_ago(0), made)).status_code for _ in range(2)]
    assert said == [201, 200]
    taken = await mark(as_client, task, days_ago(0))
    assert (taken.status_code, taken.json()["code"]) == (409, "already_marked")
    assert (await mark(as_client, task, days_ago(0), made, occasion=2)).json()["code"] == "conflict"
    back = f"{TASKS}/{task}/marks/{made}/withdrawal"
    assert [(await as_client.put(back)).status_code for _ in range(2)] == [200, 200]
    assert (await tasks(as_client))[0]["by_day"][1]["done"] == 0
    assert (await mark(as_client, task, days_ago(0), made)).status_code == 200  # a replay brings nothing back
    assert (await tasks(as_client))[0]["by_day"][1]["done"] == 0
    assert (await mark(as_client, task, days_ago(0))).status_code == 201
    assert await number_of(database, "integration_task_marks") == 2
    assert len(await audited(database, "task_mark.withdrawn")) == 1


@pytest.mark.parametrize(
    ("day", "changes", "field"),
    [
        (-1, {}, "done_on"),  # to come
        (2, {}, "done_on"),  # the day of the dose
        (-5, {}, "done_on"),  # after the task's days
        (0, {"occasion": 3}, "occasion"),
        (0, {"occasion": "1"}, "occasion"),
        (0, {"done_on": "yesterday"}, "done_on"),
        (0, {"note": "well"}, "note"),
    ],
)
async def test_what_cannot_be_marked(
    as_client: httpx.AsyncClient, task: str, day: int, changes: dict[str, Any], field: str
):
    answer = await mark(as_client, task, days_ago(day), **changes)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_a_task_for_once_a_day_has_no_second_time(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    once = await assigned(as_therapist, client_person, session)
    answer = await mark(as_client, once, days_ago(0), occasion=2)
    assert [one["code"] for one in answer.json()["errors"]] == ["not_so_often"]


async def test_from_a_dose_until_the_next_morning_nothing_is_marked_and_anything_taken_back(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, session: str, task: str
):
    made = new_id()
    assert (await mark(as_client, task, days_ago(0), made)).status_code == 201
    assert (await give(as_therapist, client_person, session, given_at=datetime.now(UTC).isoformat())).is_success
    answer = await mark(as_client, task, days_ago(1))
    assert (answer.status_code, answer.json()["code"]) == (409, "until_morning")
    assert (await as_client.get(TASKS)).json()["marked_again_at"]
    assert {day["may_mark"] for one in await tasks(as_client) for day in one["by_day"]} == {None}
    assert (await as_client.put(f"{TASKS}/{task}/marks/{made}/withdrawal")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"how": "x" * 4001}, "how"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 21}, "minutes"),
        ({"times_a_day": 3}, "times_a_day"),
        ({"days": 15}, "days"),
        ({"days": None}, "days"),
        ({"session_id": "x"}, "session_id"),
    ],
)
async def test_bad_tasks(
    *, as_therapist: httpx.AsyncClient, client_person: Person, session: str, changes: dict[str, Any], field: str
):
    answer = await assign(as_therapist, client_person, session, **changes)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_sent_again_and_sent_otherwise(as_therapist: httpx.AsyncClient, client_person: Person, session: str):
    task = new_id()
    said = [(await assign(as_therapist, client_person, session, task)).status_code for _ in range(2)]
    assert said == [201, 200]
    other = await assign(as_therapist, client_person, session, task, minutes=5)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")


async def test_all_tasks_of_a_dose_come_to_twice_a_day(
    as_therapist: httpx.AsyncClient, client_person: Person, session: str
):
    first = await assigned(as_therapist, client_person, session)
    await assigned(as_therapist, client_person, session)
    third = await assign(as_therapist, client_person, session)
    assert (third.status_code, third.json()["code"]) == (409, "too_often")
    cancel = f"{TASKS}/{first}/cancellation"
    assert [(await as_therapist.put(cancel, params=of(client_person))).status_code for _ in range(2)] == [200, 200]
    assert (await assign(as_therapist, client_person, session)).status_code == 201


async def test_two_doses_of_one_day_share_its_tasks(as_therapist: httpx.AsyncClient, client_person: Person):
    """A second session on one date does not make it four times a day; one without a dose yet has room of its own."""
    first, second = [await dosed(as_therapist, client_person, 1) for _ in range(2)]
    other = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    await assigned(as_therapist, client_person, first)
    task = await assigned(as_therapist, client_person, second)
    for session in (first, second):
        third = await assign(as_therapist, client_person, session)
        assert (third.status_code, third.json()["code"]) == (409, "too_often")
    await assigned(as_therapist, client_person, other, times_a_day=2)
    assert (await as_therapist.put(f"{TASKS}/{task}/cancellation", params=of(client_person))).status_code == 200
    assert (await assign(as_therapist, client_person, first)).status_code == 201


async def test_sessions_that_take_no_task(as_therapist: httpx.AsyncClient, client_person: Person):
    course = await begin(as_therapist, client_person)
    talk = await schedule(as_therapist, client_person, course, kind="integration")
    assert (await assign(as_therapist, client_person, talk)).json()["code"] == "not_dosing"
    gone = await schedule(as_therapist, client_person, course)
    path = f"/api/portal/courses/sessions/{gone}/cancellation"
    assert (await as_therapist.put(path, params=of(client_person))).is_success
    assert (await assign(as_therapist, client_person, gone)).json()["code"] == "session_cancelled"
    long_ago = await dosed(as_therapist, client_person, 9, course)
    assert (await assign(as_therapist, client_person, long_ago)).json()["code"] == "days_over"
    assert (await assign(as_therapist, client_person, str(new_id()))).status_code == 404


async def test_before_a_dose_it_is_not_due(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):
    planned = await schedule(as_therapist, client_person, await begin(as_therapist, client_person))
    task = await assigned(as_therapist, client_person, planned)
    (found,) = await tasks(as_client)
    assert (found["first"], found["last"], found["by_day"], found["due"]) == (None, None, [], 0)
    assert (await mark(as_client, task, days_ago(0))).status_code == 422


async def test_cancelling_keeps_what_was_done(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person,
    database: RolledBackDatabase, task: str,
):  # fmt: skip
    assert (await mark(as_client, task, days_ago(0))).status_code == 201
    assert (await as_therapist.put(f"{TASKS}/{task}/cancellation", params=of(client_person))).status_code == 200
    (found,) = await tasks(as_client)
    assert found["cancelled_at"]
    assert [(one["date"], one["due"], one["done"]) for one in found["by_day"]] == [
        (str(days_ago(1)), 2, 0),
        (str(days_ago(0)), 1, 1),
    ]
    assert (await mark(as_client, task, days_ago(0), occasion=2)).status_code == 422
    assert len(await audited(database, "task.cancelled")) == 1


async def test_the_next_dose_ends_the_days(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person, task: str
):
    """Assigned to the first of two doses, of which the second was yesterday."""
    await dosed(as_therapist, client_person, 1)
    (found,) = await tasks(as_client)
    assert (found["id"], found["first"], found["by_day"]) == (task, None, [])


async def test_the_words_are_sealed(database: RolledBackDatabase, task: str):
    assert task
    async with database.arrange() as arranging:
        kept = await arranging.scalar(text("SELECT string_agg(t::text, '') FROM integration_tasks AS t"))
    for word in ("window", "rain"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_whose_they_are(
    *, as_client: httpx.AsyncClient, signed_in: Open, client_person: Person, other_client: Person,
    other_therapist: Person, therapist: Person, database: RolledBackDatabase, session: str, task: str,
):  # fmt: skip
    """Another client and a therapist of others find nothing; the client assigns none, the therapist marks none."""
    async with signed_in(other_client) as http:
        assert await tasks(http) == []
        assert (await mark(http, task, days_ago(0))).status_code == 404
    async with signed_in(other_therapist) as http:
        assert (await http.get(TASKS, params=of(client_person))).status_code == 404
        assert (await assign(http, client_person, session)).status_code == 404
        assert (await http.put(f"{TASKS}/{task}/cancellation", params=of(client_person))).status_code == 404
    async with signed_in(therapist) as http:
        assert (await mark(http, task, days_ago(0))).status_code == 403
        unknown = f"{TASKS}/{new_id()}/cancellation"
        assert (await http.put(unknown, params=of(client_person))).status_code == 404
    assert (await assign(as_client, client_person, session)).status_code == 403
    assert (await as_client.put(f"{TASKS}/{task}/marks/{new_id()}/withdrawal")).status_code == 404
    refused = await audited(database, "task.assigned")
    assert [one.outcome for one in refused] == ["success", "refused"]
    async with database.arrange() as arranging:
        await take_into_care(arranging, other_client, therapist)
    async with signed_in(therapist) as http:  # of another client, whom they treat too
        assert (await http.put(f"{TASKS}/{task}/cancellation", params=of(other_client))).status_code == 404
