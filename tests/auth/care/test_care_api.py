"""Care at the accounts API: begun and ended once, safe to repeat, between those who fit."""

import asyncio
from collections import Counter

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI

from tests.auth.arranging import FEWER_ROUNDS, Browser, Desk, Program, add_person, audited, open_browser, problem


def pair(client: Person, therapist: Person) -> dict[str, str]:
    return {"client_id": str(client.id), "therapist_id": str(therapist.id)}


async def test_assigning_is_safe_to_repeat_and_ending_too(
    desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    path, wanted = f"/care-relationships/{new_id()}", pair(person, staff["therapist"])
    first, again = await desk.put(path, wanted), await desk.put(path, wanted)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["client"] == {"id": str(person.id), "name": person.name}
    ended = await desk.put(f"{path}/end")
    assert (ended.status_code, ended.json()["ended_at"] is None) == (200, False)
    assert (await desk.put(f"{path}/end")).json() == ended.json()
    assert (await desk.put(path, wanted)).json() == ended.json()  # a late repeat brings nothing back
    assert (await desk.put(f"/care-relationships/{new_id()}", wanted)).status_code == 201
    assert [(one.actor_id, one.subject_id) for one in await audited(database, "care:assigned")] == [
        (desk.person.id, person.id)
    ] * 2
    assert len(await audited(database, "care:ended")) == 1


async def test_another_pair_or_another_id_is_refused(
    desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    async with database.arrange() as session:
        other = await add_person(session)
    path = f"/care-relationships/{new_id()}"
    assert (await desk.put(path, pair(person, staff["therapist"]))).status_code == 201
    assert problem(await desk.put(path, pair(other, staff["therapist"]))) == (409, "conflict")
    answer = await desk.put(f"/care-relationships/{new_id()}", pair(person, staff["therapist"]))
    assert problem(answer) == (409, "already_assigned")
    assert [one.outcome for one in await audited(database, "care:assigned")] == ["success", "refused", "refused"]


async def test_who_does_not_fit_is_named_by_field(
    desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    async with database.arrange() as session:
        gone = await add_person(session, "therapist")
        await disable(session, gone.id)
    cases = [
        (pair(staff["therapist"], person), {"client_id", "therapist_id"}),
        (pair(person, gone), {"therapist_id"}),
        (pair(person, person), {"therapist_id"}),
        (pair(person, staff["therapist"]) | {"client_id": str(new_id())}, {"client_id"}),
    ]
    for body, fields in cases:
        answer = await desk.put(f"/care-relationships/{new_id()}", body)
        assert problem(answer) == (422, "invalid_input")
        assert {error["field"] for error in answer.json()["errors"]} == fields
    assert {one.outcome for one in await audited(database, "care:assigned")} == {"refused"}


async def test_nobody_assigns_themselves(desk: Desk, person: Person, staff: dict[str, Person]):
    for body in (pair(person, staff["admin"]), pair(staff["admin"], staff["therapist"])):
        assert problem(await desk.put(f"/care-relationships/{new_id()}", body)) == (403, "own_account")


async def test_somebody_invited_can_be_assigned_before_they_come(desk: Desk, staff: dict[str, Person]):
    invited = await desk.invite()
    body = {"client_id": invited["person_id"], "therapist_id": str(staff["therapist"].id)}
    assert (await desk.put(f"/care-relationships/{new_id()}", body)).status_code == 201


async def test_care_is_listed_the_newest_first_and_by_person(
    desk: Desk, person: Person, staff: dict[str, Person], database: RolledBackDatabase
):
    async with database.arrange() as session:
        others = [await add_person(session) for _ in range(2)]
    ids = [str(new_id()) for _ in range(3)]
    for identifier, client in zip(ids, [person, *others], strict=True):
        await desk.put(f"/care-relationships/{identifier}", pair(client, staff["therapist"]))
    await desk.put(f"/care-relationships/{ids[0]}/end")
    first = await desk.get("/care-relationships", limit=2)
    rest = await desk.get("/care-relationships", limit=2, after=first["next"])
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
    assert [one["id"] for one in (await desk.get("/care-relationships", person=person.id))["items"]] == ids[:1]
    assert len((await desk.get("/care-relationships", person=staff["therapist"].id))["items"]) == 3
    assert [one["id"] for one in (await desk.get(f"/people/{staff['therapist'].id}"))["care"]] == ids[1:]
    assert len(await audited(database, "care:listed")) == 4


async def test_an_unknown_relationship_is_not_ended(desk: Desk, database: RolledBackDatabase):
    assert problem(await desk.put(f"/care-relationships/{new_id()}/end")) == (404, "not_found")
    assert [one.outcome for one in await audited(database, "care:ended")] == ["refused"]


@pytest.mark.parametrize("body", [{}, {"client_id": "x"}, {"client_id": None}, [], "text", {"kind": "treating"}])
async def test_what_is_no_pair(desk: Desk, body: object):
    assert problem(await desk.put(f"/care-relationships/{new_id()}", body)) == (422, "invalid_input")


async def test_of_twenty_at_once_one_begins(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin, therapist = await add_person(session, "admin"), await add_person(session, "therapist")
        web = await Program(f"web-{new_id().hex}").register(session)
        clients = [await add_person(session) for _ in range(2 * FEWER_ROUNDS)]
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for number in range(FEWER_ROUNDS):
            path, wanted = f"/care-relationships/{new_id()}", pair(clients[2 * number], therapist)
            answers = await asyncio.gather(*(desk.put(path, wanted) for _ in range(20)))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
            wanted = pair(clients[2 * number + 1], therapist)
            rivals = await asyncio.gather(*(desk.put(f"/care-relationships/{new_id()}", wanted) for _ in range(20)))
            assert Counter(answer.status_code for answer in rivals) == {201: 1, 409: 19}
