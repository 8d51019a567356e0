"""What a plan said before: read by its client and whoever is in care, with who wrote each version and when."""

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person

from tests.portal.arranging import assign, audited
from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, begin, of, plan


async def change(http: httpx.AsyncClient, client: Person, course: str, base: int, **changes: object) -> None:
    body = plan(version_id=str(new_id()), base_version=base, **changes)
    answer = await http.post(f"{COURSES}/{course}/versions", params=of(client), json=body)
    assert answer.status_code == 201, answer.text


async def test_every_version_with_who_and_when(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    therapist: Person, other_therapist: Person, database: RolledBackDatabase,
):  # fmt: skip
    asked = {"contraindications_asked": ["Gout", "A cold"], "contraindications": ["A cold"]}
    course = await begin(as_therapist, client_person, goals=["First"], **asked)
    await change(as_therapist, client_person, course, 1, goals=["Second"], ended_on="2026-04-01")
    async with database.arrange() as arranged:
        await assign(arranged, client_person, other_therapist)
    async with signed_in(other_therapist) as http:
        await change(http, client_person, course, 2, goals=["Third"], items=[])
    own = (await as_client.get(f"{COURSES}/{course}/versions")).json()["items"]
    assert [(one["version"], one["goals"], one["ended_on"], one["items"]) for one in own] == [
        (1, ["First"], None, ["hope"]),
        (2, ["Second"], "2026-04-01", ["hope"]),
        (3, ["Third"], None, []),
    ]
    assert {name: own[0][name] for name in asked} == asked
    assert own[1]["contraindications_asked"] == []
    assert [one["made_by"]["id"] for one in own] == [str(therapist.id)] * 2 + [str(other_therapist.id)]
    assert sorted(one["made_at"] for one in own) == [one["made_at"] for one in own]
    assert await audited(database, "course.read") == []  # one's own
    shown = await as_therapist.get(f"{COURSES}/{course}/versions", params=of(client_person))
    assert [one["goals"] for one in shown.json()["items"]] == [["First"], ["Second"], ["Third"]]
    (one,) = await audited(database, "course.read")
    assert (one.actor_id, str(one.object_id), one.subject_id) == (therapist.id, course, client_person.id)


async def test_nobody_else_reads_them(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, client_person: Person,
    other_client: Person, other_therapist: Person, admin: Person, database: RolledBackDatabase,
):  # fmt: skip
    path = f"{COURSES}/{await begin(as_therapist, client_person)}/versions"
    async with signed_in(other_therapist) as http:
        assert (await http.get(path, params=of(client_person))).status_code == 404
    (refused,) = await audited(database, "course.read")
    assert refused.outcome != "success"
    async with signed_in(other_client) as http:
        assert (await http.get(path)).status_code == 404
        assert (await http.get(path, params=of(client_person))).status_code == 404
    async with signed_in(admin) as http:
        assert (await http.get(path, params=of(client_person))).status_code == 403
    assert (await as_client.get(f"{COURSES}/{new_id()}/versions")).status_code == 404
    assert (await as_therapist.get(path)).status_code == 422
