"""The optional items of a check-in that a therapist switched on: told to the client whom they are for, nobody else."""

from typing import Any

import httpx
from afterglow_foundation.testing.people import Person

from tests.portal.conftest import Open
from tests.portal.course.treating import COURSES, begin, of, plan


async def asked_for(http: httpx.AsyncClient) -> Any:
    return (await http.get("/api/portal/check-ins/vocabulary")).json()["switched_on"]


async def test_nothing_is_on_until_somebody_switches_it_on(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):  # fmt: skip
    assert await asked_for(as_client) == []
    await begin(as_therapist, client_person, items=["sleep_hours", "hope"])
    assert await asked_for(as_client) == ["hope", "sleep_hours"]  # as every form has them
    assert await asked_for(as_therapist) == []


async def test_two_courses_ask_once_and_one_that_has_ended_asks_nothing(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):  # fmt: skip
    await begin(as_therapist, client_person, items=["hope", "craving"])
    await begin(as_therapist, client_person, items=["hope"])
    await begin(as_therapist, client_person, items=["rumination"], ended_on="2026-03-20")
    assert await asked_for(as_client) == ["hope", "craving"]


async def test_it_is_switched_off_by_the_next_version(
    *, as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, client_person: Person
):  # fmt: skip
    course = await begin(as_therapist, client_person, items=["hope"])
    edit = plan(items=[]) | {"version_id": "019c0000-0000-7000-8000-00000000000a", "base_version": 1}
    answer = await as_therapist.post(f"{COURSES}/{course}/versions", params=of(client_person), json=edit)
    assert answer.status_code == 201, answer.text
    assert await asked_for(as_client) == []


async def test_another_client_is_not_asked(
    *, signed_in: Open, as_therapist: httpx.AsyncClient, client_person: Person, other_client: Person
):  # fmt: skip
    await begin(as_therapist, client_person, items=["hope"])
    async with signed_in(other_client) as http:
        assert await asked_for(http) == []
