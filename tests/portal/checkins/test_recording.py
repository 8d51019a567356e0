"""Recording: once, repeated, refused; kept on the trail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_portal.checkins import rules
from fastapi import FastAPI
from sqlalchemy import text

from tests.portal.arranging import ago, audited, check_in, number_of, put
from tests.portal.conftest import Open

FULL = {
    "items": {"hope": 3.5, "sleep_hours": 7},
    "words": ["calm", "at ease"],
    "note": "Slept, walked.\nBetter.",
    "tags": ["work"],
}


def path() -> str:
    return f"/api/portal/check-ins/{new_id()}"


async def test_a_check_in_is_recorded_and_read_back(as_client: httpx.AsyncClient, client_person: Person):
    where, body = path(), check_in(**FULL)
    answer = await as_client.put(where, json=body)
    assert answer.status_code == 201
    stored = answer.json()
    assert {name: stored[name] for name in FULL} == FULL
    assert (stored["mood"], stored["energy"], stored["anxiety"]) == (2, -1, 4)
    assert stored["client_id"] == str(client_person.id)
    assert (stored["version"], stored["edited_at"], stored["back_dated"]) == (1, None, False)
    assert (await as_client.get(where)).json() == stored


async def test_a_skipped_item_stays_null_and_is_never_zero(as_client: httpx.AsyncClient):
    stored = await put(as_client, mood=None, energy=None, anxiety=0, items={"hope": None}, note="")
    assert (stored["mood"], stored["energy"], stored["anxiety"]) == (None, None, 0)
    assert (stored["items"], stored["note"]) == ({}, None)


async def test_creating_is_audited_with_the_row(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    stored = await put(as_client)
    (event,) = await audited(database, "check_in.created")
    assert str(event.object_id) == stored["id"]
    assert (event.actor_id, event.actor_role, event.subject_id) == (client_person.id, "client", client_person.id)
    assert (event.outcome, event.session_id) == ("success", client_person.session_id)


async def test_without_its_audit_event_there_is_no_check_in(as_client: httpx.AsyncClient, database: RolledBackDatabase):
    await put(as_client)
    async with database.arrange() as session:
        await session.execute(text("REVOKE INSERT ON audit_events FROM portal_app"))
    answer = await as_client.put(path(), json=check_in())
    assert answer.status_code == 500
    assert await number_of(database, "check_ins") == 1


async def test_a_repeat_gets_the_first_answer_and_no_second_event(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    where, body = path(), check_in(**FULL)
    first = await as_client.put(where, json=body)
    again = await as_client.put(where, json=body)
    assert (again.status_code, again.content) == (200, first.content)
    assert len(await audited(database, "check_in.created")) == 1
    assert await number_of(database, "check_ins") == 1


async def test_the_same_content_spelled_otherwise_is_a_repeat(as_client: httpx.AsyncClient):
    where, at = path(), datetime.now(UTC) - timedelta(minutes=5)
    body = check_in(mood=2, felt_at=at.isoformat(), items={"hope": 1, "craving": 2})
    assert (await as_client.put(where, json=body)).status_code == 201
    elsewhere = (at.replace(tzinfo=None) + timedelta(hours=2)).isoformat() + "+02:00"
    spelled = body | {"mood": 2.0, "felt_at": elsewhere, "items": {"craving": 2.0, "hope": 1.0}, "note": None}
    assert (await as_client.put(where, json=spelled | {"words": [], "tags": []})).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"mood": 3},
        {"mood": None},
        {"note": "other"},
        {"visibility": "only_me"},
        {"items": {"hope": 0}},
        {"tags": ["a"]},
        {"time_zone": "Europe/Paris"},
        {"felt_at": "2026-01-01T00:00:00Z"},
    ],
)
async def test_another_body_is_a_conflict_and_changes_nothing(as_client: httpx.AsyncClient, change: dict[str, Any]):
    where, body = path(), check_in(note="first")
    first = await as_client.put(where, json=body)
    other = await as_client.put(where, json=body | change)
    assert other.status_code == (422 if "felt_at" in change else 409)
    assert (await as_client.get(where)).json() == first.json()


async def test_a_repeat_after_an_edit_still_gets_the_first_answer(as_client: httpx.AsyncClient):
    where, body = path(), check_in(note="first")
    first = await as_client.put(where, json=body)
    edit = check_in(note="second", mood=-4, version_id=str(new_id()))
    assert (await as_client.post(f"{where}/versions", json=edit)).status_code == 201
    again = await as_client.put(where, json=body)
    assert (again.status_code, again.content) == (200, first.content)


async def test_a_repeat_days_later_is_not_too_late(as_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch):
    where, body = path(), check_in(felt_at=ago(hours=47))
    first = await as_client.put(where, json=body)
    monkeypatch.setattr(rules, "LONGEST_BACK", timedelta(hours=46))  # as if two hours had passed since
    again = await as_client.put(where, json=body)
    assert (again.status_code, again.content) == (200, first.content)
    assert (await as_client.put(path(), json=body)).status_code == 422


async def test_another_persons_id_neither_collides_nor_tells(
    as_client: httpx.AsyncClient, signed_in: Open, other_client: Person
):
    where, body = path(), check_in(note="mine")
    assert (await as_client.put(where, json=body)).status_code == 201
    async with signed_in(other_client) as http:
        assert (await http.get(where)).status_code == 404
        assert (await http.put(where, json=check_in(note="theirs"))).status_code == 201
        assert (await http.get(where)).json()["note"] == "theirs"
    assert (await as_client.get(where)).json()["note"] == "mine"


@pytest.mark.parametrize("identifier", ["4a3b1c9e-58f4-4a3d-9a57-0e4a6f1a2b3c", "1", "%00", "x" * 300])
async def test_an_id_that_is_no_uuid_7_is_refused(as_client: httpx.AsyncClient, identifier: str):
    answer = await as_client.put(f"/api/portal/check-ins/{identifier}", json=check_in())
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["check_in_id"]


async def test_a_closed_account_writes_nothing(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    await put(as_client)
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET disabled_at = now()"))
    assert (await as_client.put(path(), json=check_in())).status_code == 403
    assert (await as_client.get("/api/portal/check-ins")).status_code == 403
    assert await number_of(database, "check_ins") == 1
    events = await audited(database, "person.not_live")
    assert [(event.actor_id, event.outcome) for event in events] == [(client_person.id, "refused")] * 2


async def test_a_token_of_a_role_that_was_taken_away_writes_nothing(
    as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    await put(as_client)
    async with database.arrange() as session:
        await session.execute(text("UPDATE people SET role = 'therapist' WHERE role = 'client'"))
    assert (await as_client.put(path(), json=check_in())).status_code == 403
    assert await number_of(database, "check_ins") == 1


async def test_somebody_not_yet_known_here_is_asked_to_try_again(
    signed_in: Open, client_person: Person, as_client: httpx.AsyncClient, database: RolledBackDatabase
):
    async with signed_in(Person(client_person.role, "Just invited")) as http:
        for answer in (await http.put(path(), json=check_in()), await http.get("/api/portal/check-ins")):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["retry-after"] == "5"
    await put(as_client)
    async with database.arrange() as session:
        await session.execute(text("DELETE FROM people WHERE id = :id"), {"id": client_person.id})
    assert (await as_client.put(path(), json=check_in())).status_code == 503


async def test_the_statement_sets_the_context_before_it_looks(
    committed_app: FastAPI, committed_people: tuple[Person, Person], issuer: TestIssuer
):
    """On a connection that never had a context, over and over until the plan is a generic one."""
    client, _ = committed_people
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        for _ in range(12):
            await put(http)
        assert len((await http.get("/api/portal/check-ins")).json()["items"]) == 12
