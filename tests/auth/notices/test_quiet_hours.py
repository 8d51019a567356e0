"""Everybody chooses their own quiet hours."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_foundation.testing.databases import RolledBackDatabase

from tests.auth.arranging import Browser, Desk, Program, audited

QUIET = "/quiet-hours"


@pytest_asyncio.fixture(loop_scope="session")
async def as_person(browser: Browser, person: Person, web: Program) -> Desk:
    return await Desk.of(browser, person, web)


async def choose(desk: Desk, begin: object, end: object) -> httpx.Response:
    return await desk.put(QUIET, json={"from": begin, "until": end})


async def test_everybody_begins_with_the_night(as_person: Desk):
    assert await as_person.get(QUIET) == {"from": "22:00", "until": "08:00", "time_zone": "Europe/Berlin"}


async def test_a_choice_holds_and_is_kept_once(as_person: Desk, database: RolledBackDatabase, person: Person):
    for _ in range(2):
        answer = await choose(as_person, "20:30", "09:15")
        assert (answer.status_code, answer.json()["from"], answer.json()["until"]) == (200, "20:30", "09:15")
    assert (await choose(as_person, None, None)).json()["from"] is None
    assert (await as_person.get(QUIET))["until"] is None
    events = await audited(database, "quiet_hours:chosen")
    assert [(event.actor_id, event.subject_id) for event in events] == [(person.id, person.id)] * 2


@pytest.mark.parametrize(
    "body",
    [
        {"from": "22:00", "until": "22:00"},
        {"from": "22:00", "until": None},
        {"from": None, "until": "08:00"},
        {"from": "22:00"},
        {"from": "22:00:00", "until": "08:00"},
        {"from": "24:00", "until": "08:00"},
        {"from": 22, "until": 8},
        {"from": "22:00", "until": "08:00", "person_id": "x"},
    ],
)
async def test_what_are_no_hours_is_refused(as_person: Desk, body: dict[str, Any]):
    assert (await as_person.put(QUIET, json=body)).status_code == 422
    assert (await as_person.get(QUIET))["from"] == "22:00"


async def test_an_admin_has_their_own(desk: Desk, database: RolledBackDatabase):
    assert (await choose(desk, "18:00", "07:00")).status_code == 200
    assert len(await audited(database, "quiet_hours:chosen")) == 1
