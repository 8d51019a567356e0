"""Editing: every version is kept, the owner alone edits, sending twice is safe."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person

from tests.portal.arranging import ago, audited, check_in, number_of, put
from tests.portal.conftest import Open


def versions_of(stored: dict[str, Any]) -> str:
    return f"/api/portal/check-ins/{stored['id']}/versions"


def edit(**changes: Any) -> dict[str, Any]:
    return check_in(**{"version_id": str(new_id())} | changes)


async def test_an_edit_replaces_what_is_shown_and_keeps_what_was(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    stored = await put(as_client, note="first", mood=-3)
    second = (await as_client.post(versions_of(stored), json=edit(note="second", mood=1))).json()
    third = (await as_client.post(versions_of(stored), json=edit(note=None, mood=2, items={"hope": 5}))).json()
    assert [entry["version"] for entry in (second, third)] == [2, 3]
    assert second["edited_at"] < third["edited_at"]
    assert {entry["entered_at"] for entry in (stored, second, third)} == {stored["entered_at"]}
    assert (await as_client.get(versions_of(stored))).json()["items"] == [stored, second, third]
    assert (await as_client.get(f"/api/portal/check-ins/{stored['id']}")).json() == third
    events = await audited(database, "check_in.edited")
    assert [(event.object_id, event.subject_id, event.outcome) for event in events] == [
        (UUID(stored["id"]), client_person.id, "success")
    ] * 2


async def test_a_repeated_edit_gets_its_own_first_answer(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    stored = await put(as_client)
    body = edit(note="second")
    first = await as_client.post(versions_of(stored), json=body)
    assert (await as_client.post(versions_of(stored), json=body)).content == first.content
    await as_client.post(versions_of(stored), json=edit(note="third"))
    again = await as_client.post(versions_of(stored), json=body)
    assert (again.status_code, again.content) == (200, first.content)
    assert await number_of(database, "check_in_versions") == 2
    assert len(await audited(database, "check_in.edited")) == 2


async def test_another_body_under_the_same_version_id_is_a_conflict(as_client: httpx.AsyncClient):
    stored, other = await put(as_client), await put(as_client)
    body = edit(note="second")
    await as_client.post(versions_of(stored), json=body)
    assert (await as_client.post(versions_of(stored), json=body | {"note": "x"})).status_code == 409
    await as_client.post(versions_of(stored), json=edit(note="third"))
    assert (await as_client.post(versions_of(stored), json=body | {"note": "x"})).status_code == 409
    assert (await as_client.post(versions_of(other), json=body)).status_code == 409
    assert (await as_client.get(versions_of(other))).json()["items"] == [other]


async def test_a_version_id_belongs_to_one_check_in(as_client: httpx.AsyncClient):
    """Also while that edit is the current one: otherwise the next edit of either would find its place taken."""
    first, second = await put(as_client), await put(as_client)
    body = edit(note="second")
    assert (await as_client.post(versions_of(first), json=body)).status_code == 201
    assert (await as_client.post(versions_of(second), json=body)).status_code == 409
    for stored in (first, second):
        assert (await as_client.post(versions_of(stored), json=edit(note="later"))).status_code == 201


async def test_only_the_owner_edits(
    as_client: httpx.AsyncClient,
    as_therapist: httpx.AsyncClient,
    signed_in: Open,
    other_client: Person,
    database: RolledBackDatabase,
):
    stored = await put(as_client)
    async with signed_in(other_client) as http:
        assert (await http.post(versions_of(stored), json=edit())).status_code == 404
        assert (await http.get(versions_of(stored))).status_code == 404
    assert (await as_therapist.post(versions_of(stored), json=edit())).status_code == 403
    assert (await as_therapist.get(versions_of(stored))).status_code == 403
    (refused,) = await audited(database, "check_in.edited")
    assert (refused.actor_id, refused.outcome) == (other_client.id, "refused")
    assert (await as_client.get(versions_of(stored))).json()["items"] == [stored]


async def test_an_old_check_in_is_edited_within_its_own_two_days(as_client: httpx.AsyncClient):
    stored = await put(as_client, felt_at=ago(hours=40))
    moved = await as_client.post(versions_of(stored), json=edit(felt_at=ago(hours=47)))
    assert (moved.status_code, moved.json()["back_dated"]) == (201, True)
    for wrong in (ago(hours=49), ago(minutes=-4)):
        answer = await as_client.post(versions_of(stored), json=edit(felt_at=wrong))
        assert [error["field"] for error in answer.json()["errors"]] == ["felt_at"]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("version_id", {"version_id": None}),
        ("version_id", {"version_id": "4a3b1c9e-58f4-4a3d-9a57-0e4a6f1a2b3c"}),
        ("mood", {"mood": 9}),
        ("mood", {"mood": None, "energy": None, "anxiety": None}),
        ("client_id", {"client_id": str(new_id())}),
        ("version", {"version": 7}),
    ],
)
async def test_an_edit_is_held_to_the_same_rules(as_client: httpx.AsyncClient, field: str, changes: dict[str, Any]):
    stored = await put(as_client)
    answer = await as_client.post(versions_of(stored), json=edit(**changes))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await as_client.get(versions_of(stored))).json()["items"] == [stored]
