"""Whoever wrote a record keeps their name in it: for its client, for whoever treats them next, and once they left."""

import httpx
import pytest
from afterglow_foundation.database import RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from sqlalchemy import text

from tests.portal.arranging import assign
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, courses, of, plan
from tests.portal.notes.summing_up import SUMMARIES, edit, written

NAMES = text("SELECT name FROM staff_names(:people)")


async def test_both_writers_are_named_though_one_has_left(
    *,
    database: RolledBackDatabase,
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    client_person: Person,
    therapist: Person,
    other_therapist: Person,
):
    summary = await written(as_therapist, client_person)
    (begun,) = await courses(as_therapist, client_person)
    async with database.arrange() as session:
        await assign(session, client_person, other_therapist)
        left = "UPDATE care_relationships SET ended_at = now() - interval '20 days' WHERE therapist_id = :former"
        await session.execute(text(left), {"former": therapist.id})
        await session.execute(text("UPDATE people SET disabled_at = now() WHERE id = :id"), {"id": therapist.id})
    async with signed_in(other_therapist) as theirs:
        assert (await edit(theirs, client_person, summary)).is_success
        change = plan(version_id=str(new_id()), base_version=1)
        path = f"{COURSES}/{begun['id']}/versions"
        assert (await theirs.post(path, params=of(client_person), json=change)).is_success
        for http, whose in ((theirs, of(client_person)), (as_client, {})):
            read = (await http.get(f"{SUMMARIES}/{summary}", params=whose)).json()
            (course,) = (await http.get(COURSES, params=whose)).json()["items"]
            for one in (read, course):
                names = (one["made_by"]["name"], one["edited_by"]["name"])
                assert names == (therapist.name, other_therapist.name)
            versions = (await http.get(path, params=whose)).json()["items"]
            assert [one["made_by"]["name"] for one in versions] == [therapist.name, other_therapist.name]


@pytest.mark.usefixtures("known")
async def test_no_client_is_named_and_nobody_asks_for_nobody(
    database: RolledBackDatabase, client_person: Person, other_client: Person, therapist: Person, admin: Person
):
    everybody = {"people": [one.id for one in (client_person, other_client, therapist, admin)]}
    for person in (therapist, client_person, admin):
        async with database.unit_of_work(RowContext(person.id, person.role)) as session:
            named = set(await session.scalars(NAMES, everybody))
            assert named == {therapist.name, admin.name}
    async with database.unit_of_work(RowContext()) as session:
        assert (await session.scalars(NAMES, everybody)).all() == []
