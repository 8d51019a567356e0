"""Whoever treats a client no longer reads their plan as it stood when that care ended, not what others make of it."""

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import assign
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, begin, courses, of, plan, schedule

NEW_PROBLEM = "I sleep, and do not want to get up."


async def test_a_plan_that_is_changed_later_is_shown_as_it_stood(
    *,
    database: RolledBackDatabase,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
):
    course = await begin(as_therapist, client_person)
    session = await schedule(as_therapist, client_person, course)
    async with database.arrange() as arranged:
        for table in ("courses", "course_sessions"):
            await arranged.execute(text(f"UPDATE {table} SET made_at = now() - interval '2 days'"))  # noqa: S608  # names of ours
        await assign(arranged, client_person, other_therapist)
        ended = "UPDATE care_relationships SET ended_at = now() - interval '1 day' WHERE therapist_id = :former"
        await arranged.execute(text(ended), {"former": therapist.id})
    versions = f"{COURSES}/{course}/versions"
    async with signed_in(other_therapist) as theirs:
        change = plan(version_id=str(new_id()), base_version=1, problem=NEW_PROBLEM)
        assert (await theirs.post(versions, params=of(client_person), json=change)).is_success
        await schedule(theirs, client_person, course)
        later = await begin(theirs, client_person)
        told = {one["id"]: one for one in await courses(theirs, client_person)}
        assert (told[course]["problem"], len(told[course]["sessions"]), len(told)) == (NEW_PROBLEM, 2, 2)
    (stood,) = await courses(as_therapist, client_person)
    assert (stood["id"], stood["problem"], stood["version"]) == (course, plan()["problem"], 1)
    assert stood["edited_at"] is None
    assert [one["id"] for one in stood["sessions"]] == [session]
    read = (await as_therapist.get(versions, params=of(client_person))).json()["items"]
    assert [(one["version"], one["problem"]) for one in read] == [(1, plan()["problem"])]
    unknown = await as_therapist.get(f"{COURSES}/{later}/versions", params=of(client_person))
    assert unknown.status_code == 404
