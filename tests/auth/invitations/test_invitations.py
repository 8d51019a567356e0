"""Invitations: the account exists at once, a repeat makes nobody twice, an address belongs to one person."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from tests.auth.arranging import FEWER_ROUNDS, Browser, Desk, Program, add_person, audited, guest, open_browser, problem


async def test_a_client_is_invited_and_exists_at_once(desk: Desk, database: RolledBackDatabase):
    identifier, wanted = new_id(), guest(time_zone="Europe/Berlin", locale="de")
    answer = await desk.put(f"/invitations/{identifier}", wanted)
    made = answer.json()
    assert (answer.status_code, made["id"], made["state"]) == (201, str(identifier), "open")
    assert {name: made[name] for name in ("email", "name", "role")} == {
        name: wanted[name] for name in ("email", "name", "role")
    }
    shown = await desk.get(f"/people/{made['person_id']}")
    assert (shown["state"], shown["time_zone"], shown["locale"]) == ("invited", "Europe/Berlin", "de")
    assert (shown["invitation"]["id"], shown["sessions"], shown["care"]) == (str(identifier), 0, [])
    (event,) = await audited(database, "invitation:made")
    assert (event.actor_id, event.object_id, str(event.subject_id)) == (desk.person.id, identifier, made["person_id"])
    assert [str(event.subject_id) for event in await audited(database, "person:created")][-1] == made["person_id"]


async def test_a_repeat_answers_the_first_and_another_wish_is_refused(desk: Desk, database: RolledBackDatabase):
    path, wanted = f"/invitations/{new_id()}", guest()
    first = await desk.put(path, wanted)
    again = await desk.put(path, wanted)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert problem(await desk.put(path, wanted | {"name": "Somebody else"})) == (409, "conflict")
    assert problem(await desk.put(path, wanted | {"role": "therapist"})) == (409, "conflict")
    assert [event.outcome for event in await audited(database, "invitation:made")] == ["success", "refused", "refused"]


@pytest.mark.parametrize("role", ["client", "therapist"])
async def test_an_address_that_is_taken_names_the_field(desk: Desk, person: Person, role: str):
    answer = await desk.put(f"/invitations/{new_id()}", guest(role, email=person.email.upper()))
    assert problem(answer) == (409, "address_taken")
    assert [error["field"] for error in answer.json()["errors"]] == ["email"]


async def test_who_never_came_can_be_invited_anew(desk: Desk):
    first = await desk.invite()
    anew = guest(email=first["email"], name="Noor A.")
    assert problem(await desk.put(f"/invitations/{new_id()}", anew)) == (409, "address_taken")
    assert (await desk.put(f"/invitations/{first['id']}/withdrawal")).json()["state"] == "withdrawn"
    assert (await desk.get(f"/people/{first['person_id']}"))["state"] == "disabled"
    second = (await desk.put(f"/invitations/{new_id()}", anew)).json()
    assert (second["person_id"], second["name"], second["state"]) == (first["person_id"], "Noor A.", "open")
    shown = await desk.get(f"/people/{first['person_id']}")
    assert (shown["state"], shown["invitation"]["id"]) == ("invited", second["id"])
    assert problem(await desk.ask("POST", f"/invitations/{first['id']}/mails")) == (409, "no_longer_open")


async def test_withdrawing_again_changes_nothing(desk: Desk, database: RolledBackDatabase):
    made = await desk.invite()
    for _ in range(2):
        answer = await desk.put(f"/invitations/{made['id']}/withdrawal")
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    assert len(await audited(database, "invitation:withdrawn")) == 1
    assert problem(await desk.put(f"/invitations/{new_id()}/withdrawal")) == (404, "not_found")
    assert problem(await desk.ask("POST", f"/invitations/{new_id()}/mails")) == (404, "not_found")
    assert [event.outcome for event in await audited(database, "invitation:withdrawn")] == ["success", "refused"]
    assert [event.outcome for event in await audited(database, "invitation:sent_again")] == ["refused"]


async def test_invitations_are_listed_the_newest_first_by_state(desk: Desk):
    made = [await desk.invite() for _ in range(3)]
    await desk.put(f"/invitations/{made[1]['id']}/withdrawal")
    page = await desk.get("/invitations", limit=2)
    rest = await desk.get("/invitations", limit=2, after=page["next"])
    assert [one["id"] for one in page["items"] + rest["items"]] == [one["id"] for one in reversed(made)]
    assert rest["next"] is None
    assert [one["id"] for one in (await desk.get("/invitations", state="withdrawn"))["items"]] == [made[1]["id"]]
    assert len((await desk.get("/invitations", state="open"))["items"]) == 2
    assert (await desk.get("/invitations", state="used"))["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b\x00"}, "email"),
        ({"email": "a@b" + "c" * 400}, "email"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "line\nbreak"}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"role": "service"}, "role"),
        ({"role": "owner"}, "role"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"time_zone": "Factory"}, "time_zone"),
        ({"locale": "../en"}, "locale"),
        ({"locale": "en" + "-abcdefgh" * 4}, "locale"),
        ({"password": "known-to-the-admin"}, "password"),
        ({"id": str(new_id())}, "id"),
    ],
)
async def test_what_cannot_be_invited(desk: Desk, changes: dict[str, Any], field: str):
    answer = await desk.put(f"/invitations/{new_id()}", guest() | changes)
    assert problem(answer) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_an_id_is_a_version_7(desk: Desk):
    answer = await desk.put("/invitations/2b0b6a9e-6f3c-4b57-9c0a-000000000000", guest())
    assert problem(answer) == (422, "invalid_input")


async def test_of_twenty_same_wishes_at_once_one_is_the_first(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for _ in range(FEWER_ROUNDS):
            path, wanted = f"/invitations/{new_id()}", guest()
            answers = await asyncio.gather(*(desk.put(path, wanted) for _ in range(20)))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
            assert len({answer.text for answer in answers}) == 1
            address = guest()
            rivals = await asyncio.gather(*(desk.put(f"/invitations/{new_id()}", address) for _ in range(20)))
            assert Counter(answer.status_code for answer in rivals) == {201: 1, 409: 19}
            async with committed_superuser.sessions() as session:
                people = select(Person).where(col(Person.email).in_([wanted["email"], address["email"]]))
                assert len((await session.scalars(people)).all()) == 2


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "n\u0430or@example.org", "look_alike"),
        ("email", "noor@ex\u0430mple.org", "domain_not_ascii"),
        ("name", "Noor\u202eziA", "control_characters"),
    ],
)
async def test_nobody_is_invited_in_disguise(desk: Desk, field: str, value: str, code: str):
    answer = await desk.put(f"/invitations/{new_id()}", guest() | {field: value})
    assert problem(answer) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    plain = await desk.put(f"/invitations/{new_id()}", guest(email="noor@xn--exmple-4nf.org"))
    assert plain.status_code == 201
