"""A client's choice of reminders."""

from typing import Any

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.reminders.history import import_reminders
from afterglow_portal.reminders.schemas import RemindersBody

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open

REMINDERS = "/api/portal/reminders"
WANTED = {"daily": True, "daily_at": "20:15", "after_dose": False}


async def test_everybody_begins_with_one_in_the_evening_and_those_after_a_dose(as_client: httpx.AsyncClient):
    held = (await as_client.get(REMINDERS)).json()
    assert held == {"daily": True, "daily_at": "19:00", "after_dose": True, "chosen": False}


async def test_a_choice_holds_until_the_next_and_changes_once(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    for _ in range(2):
        answer = await as_client.put(REMINDERS, json=WANTED)
        assert (answer.status_code, answer.json()) == (200, {**WANTED, "chosen": True})
    assert (await as_client.put(REMINDERS, json={**WANTED, "daily": False})).json()["daily"] is False
    assert (await as_client.get(REMINDERS)).json() == {**WANTED, "daily": False, "chosen": True}
    events = await audited(database, "reminders.chosen")
    assert [(event.actor_id, event.subject_id) for event in events] == [(client_person.id, client_person.id)] * 2


async def test_to_say_that_the_beginning_is_wanted_is_a_choice(as_client: httpx.AsyncClient):
    held = (await as_client.get(REMINDERS)).json()
    sent = {name: held[name] for name in ("daily", "daily_at", "after_dose")}
    assert (await as_client.put(REMINDERS, json=sent)).json()["chosen"] is True


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("daily", {"daily": "yes"}),
        ("daily", {"daily": None}),
        ("daily_at", {"daily_at": "24:00"}),
        ("daily_at", {"daily_at": "7:00"}),
        ("daily_at", {"daily_at": "07:00:00"}),
        ("daily_at", {"daily_at": None}),
        ("after_dose", {"after_dose": 1}),
        ("client_id", {"client_id": "x"}),
    ],
)
async def test_what_is_no_choice_is_refused_by_name(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, field: str, change: dict[str, Any]
):
    answer = await as_client.put(REMINDERS, json=WANTED | change)
    assert (answer.status_code, {error["field"] for error in answer.json()["errors"]}) == (422, {field})
    assert await number_of(database, "reminder_choices") == 0


async def test_choices_are_ones_own_and_staff_have_none(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, signed_in: Open, other_client: Person
):
    await as_client.put(REMINDERS, json=WANTED)
    async with signed_in(other_client) as http:
        assert (await http.get(REMINDERS)).json()["chosen"] is False
    assert (await as_therapist.get(REMINDERS)).status_code == 403
    assert (await as_therapist.put(REMINDERS, json=WANTED)).status_code == 403


async def test_an_imported_choice_never_replaces_the_persons_own(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, other_client: Person
):
    await as_client.put(REMINDERS, json=WANTED)
    none = RemindersBody(daily=False, daily_at="19:00", after_dose=False)
    assert not await import_reminders(database, client_person.id, none)
    assert (await as_client.get(REMINDERS)).json()["daily"] is True
    assert await import_reminders(database, other_client.id, none)
    assert [event.actor_id for event in await audited(database, "reminders.chosen")] == [client_person.id, None]
