"""A therapist opens a client's record: in care, and kept; otherwise not there, and kept."""

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person

from tests.portal.arranging import audited


async def test_a_client_in_care_is_opened_and_it_is_kept(
    as_therapist: httpx.AsyncClient, client_person: Person, therapist: Person, database: RolledBackDatabase
):
    answer = await as_therapist.get(f"/api/portal/clients/{client_person.id}")
    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(client_person.id),
        "name": client_person.name,
        "time_zone": "Europe/London",
        "since": "2026-01-01T00:00:00Z",
        "reading_ends_at": None,
        "open_until": None,
    }
    (event,) = await audited(database, "client.opened")
    assert (event.actor_id, event.subject_id, event.outcome) == (therapist.id, client_person.id, "success")


async def test_foreign_and_unknown_look_the_same_and_are_kept(
    as_therapist: httpx.AsyncClient, other_client: Person, therapist: Person, database: RolledBackDatabase
):
    foreign = await as_therapist.get(f"/api/portal/clients/{other_client.id}")
    unknown = await as_therapist.get(f"/api/portal/clients/{new_id()}")
    oneself = await as_therapist.get(f"/api/portal/clients/{therapist.id}")
    answers = [answer.json() | {"request_id": None} for answer in (foreign, unknown, oneself)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["status"] == 404
    events = await audited(database, "client.opened")
    assert [event.outcome for event in events] == ["refused"] * 3
    assert events[0].subject_id == other_client.id


@pytest.mark.parametrize("client", ["x", "%00", "1"])
async def test_an_id_that_is_none_names_its_field(as_therapist: httpx.AsyncClient, client: str):
    answer = await as_therapist.get(f"/api/portal/clients/{client}")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, ["client_id"])
