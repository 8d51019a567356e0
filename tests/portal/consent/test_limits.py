"""A limit of check-ins a day is the client's own: set and lifted by them, seen by nobody else, refusing nothing."""

import httpx
from afterglow_foundation.callers import Role
from afterglow_foundation.database import RowContext
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.consent.limits import limit_of

from tests.portal.arranging import put
from tests.portal.consent.test_choices import CHOICES


async def test_set_changed_and_lifted(as_client: httpx.AsyncClient):
    for wanted, held in ((2, 2), (1, 1), (0, None)):
        answer = await as_client.put(CHOICES, json={"check_ins_a_day": wanted})
        assert (answer.status_code, answer.json()["check_ins_a_day"]) == (200, held)
        assert (await as_client.get(CHOICES)).json()["check_ins_a_day"] == held


async def test_a_choice_of_a_room_leaves_it(as_client: httpx.AsyncClient):
    await as_client.put(CHOICES, json={"check_ins_a_day": 3})
    assert (await as_client.put(CHOICES, json={"journal": "only_me"})).json()["check_ins_a_day"] == 3


async def test_nobody_who_treats_the_client_sees_it(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, therapist: Person
):
    await as_client.put(CHOICES, json={"check_ins_a_day": 3})
    async with database.unit_of_work(RowContext(therapist.id, Role.therapist)) as session:
        assert await limit_of(session, client_person.id) is None
    async with database.unit_of_work(RowContext(client_person.id, Role.client)) as session:
        assert await limit_of(session, client_person.id) == 3


async def test_a_check_in_that_was_made_is_taken_all_the_same(as_client: httpx.AsyncClient):
    """Offline, say: what somebody noted is never lost to a limit."""
    await as_client.put(CHOICES, json={"check_ins_a_day": 1})
    for _ in range(2):
        await put(as_client)
