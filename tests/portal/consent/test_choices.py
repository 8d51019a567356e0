"""Standing choices: nothing chosen beforehand, every change kept."""

from typing import Any

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.consent.history import import_choice
from sqlalchemy import text

from tests.portal.arranging import audited, number_of
from tests.portal.conftest import Open

CHOICES = "/api/portal/choices"


async def test_nothing_is_chosen_beforehand(as_client: httpx.AsyncClient):
    nothing = dict.fromkeys(("check_ins", "journal", "check_ins_a_day", "chosen_at"))
    assert (await as_client.get(CHOICES)).json() == nothing


async def test_a_choice_holds_for_its_room_alone(as_client: httpx.AsyncClient):
    answer = await as_client.put(CHOICES, json={"check_ins": "therapist"})
    assert answer.status_code == 200
    assert (answer.json()["check_ins"], answer.json()["journal"]) == ("therapist", None)
    both = await as_client.put(CHOICES, json={"check_ins": None, "journal": "next_session"})
    assert (both.json()["check_ins"], both.json()["journal"]) == ("therapist", "next_session")
    assert both.json()["chosen_at"] > answer.json()["chosen_at"]
    assert (await as_client.get(CHOICES)).json() == both.json()


async def test_every_change_stays_on_record_and_is_audited(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    for choice in ("only_me", "therapist", "therapist", "only_me"):
        assert (await as_client.put(CHOICES, json={"check_ins": choice})).json()["check_ins"] == choice
    async with database.arrange() as session:
        kept = await session.scalars(text("SELECT visibility FROM standing_choices ORDER BY chosen_at"))
        assert list(kept) == ["only_me", "therapist", "only_me"]
    events = await audited(database, "choice.made")
    assert [(event.actor_id, event.subject_id, event.outcome) for event in events] == [
        (client_person.id, client_person.id, "success")
    ] * 3


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("check_ins", {}),
        ("check_ins", {"check_ins": None, "journal": None}),
        ("check_ins", {"check_ins": "everyone"}),
        ("journal", {"journal": True}),
        ("check_ins_a_day", {"check_ins_a_day": -1}),
        ("check_ins_a_day", {"check_ins_a_day": 5}),
        ("check_ins_a_day", {"check_ins_a_day": "2"}),
        ("client_id", {"check_ins": "therapist", "client_id": "x"}),
    ],
)
async def test_what_is_no_choice_is_refused_by_name(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, field: str, body: dict[str, Any]
):
    answer = await as_client.put(CHOICES, json=body)
    assert (answer.status_code, {error["field"] for error in answer.json()["errors"]}) == (422, {field})
    assert await number_of(database, "standing_choices") == 0


async def test_choices_are_ones_own(as_client: httpx.AsyncClient, signed_in: Open, other_client: Person):
    await as_client.put(CHOICES, json={"check_ins": "therapist", "journal": "therapist"})
    async with signed_in(other_client) as http:
        assert (await http.get(CHOICES)).json()["check_ins"] is None


async def test_an_imported_choice_never_replaces_the_persons_own(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person, other_client: Person
):
    await as_client.put(CHOICES, json={"check_ins": "only_me"})
    assert not await import_choice(database, client_person.id, check_ins="therapist", journal="therapist")
    assert (await as_client.get(CHOICES)).json()["journal"] is None
    assert await import_choice(database, other_client.id, check_ins="therapist", journal="only_me")
    assert not await import_choice(database, other_client.id, check_ins="therapist", journal="only_me")
    events = await audited(database, "choice.made")
    assert [event.purpose for event in events] == [None, "import", "import"]
