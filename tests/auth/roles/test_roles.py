"""Changing a role: asked for by one admin, done by another; and the same for staff whose account was long closed."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.accounts.service import disable
from afterglow_auth.audit import AuditEvent
from afterglow_auth.care.service import assign
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_auth.problems import LastAdmin
from afterglow_auth.proposals.models import Proposal
from afterglow_auth.roles.service import Wish, change
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.auth.arranging import Browser, Desk, Program, add_person, audited, letters, open_browser, problem


async def ask(desk: Desk, person: Person, role: str, wish: Any = None) -> Any:
    return await desk.put(f"/people/{person.id}/roles/{wish or new_id()}", {"role": role})


async def test_a_therapist_becomes_an_admin_when_another_one_approves(
    app: FastAPI, desk: Desk, other_desk: Desk, staff: dict[str, Person], database: RolledBackDatabase
):
    therapist, proposal = staff["therapist"], new_id()
    async with database.arrange() as session:
        await Program("portal", kind="service", scopes="security_events").register(session)
        session.add(EventReceiver(client_id="portal"))
    asked, again = await ask(desk, therapist, "admin", proposal), await ask(desk, therapist, "admin", proposal)
    assert (asked.status_code, asked.json()) == (202, again.json())
    assert (asked.json()["act"], asked.json()["becomes"], asked.json()["about"]["role"]) == (
        "change_role",
        "admin",
        "therapist",
    )
    assert problem(await ask(desk, therapist, "therapist", proposal)) == (409, "conflict")
    assert problem(await ask(desk, therapist, "admin")) == (409, "already_proposed")
    assert problem(await desk.put(f"/proposals/{proposal}/approval")) == (403, "needs_another_person")
    assert (await other_desk.put(f"/proposals/{proposal}/approval")).json()["state"] == "carried_out"
    assert (await desk.get(f"/people/{therapist.id}"))["role"] == "admin"
    assert (await ask(desk, therapist, "admin", proposal)).json()["state"] == "carried_out"
    (kept,) = [one for one in await audited(database, "role:changed") if one.outcome == "success"]
    assert (kept.actor_id, kept.subject_id, kept.purpose) == (other_desk.person.id, therapist.id, "admin")
    assert [one.to for one in await letters(app, database) if one.letter == "role_changed" and one.mail] == [
        therapist.id
    ]
    async with database.arrange() as session:
        told = {one.type: one.payload for one in await session.scalars(select(SecurityEvent))}
    assert told["urn:afterglow:event:person"]["role"] == "admin"
    (claims,) = [payload for kind, payload in told.items() if kind.endswith("token-claims-change")]
    assert claims == {"claims": {"role": "admin"}}


async def test_whoever_changes_role_is_signed_out(
    desk: Desk, other_desk: Desk, database: RolledBackDatabase, app: FastAPI, web: Program
):
    async with database.arrange() as session:
        third = await add_person(session, "admin")
    async with open_browser(app, "203.0.113.4") as client:
        theirs = await Desk.of(Browser(client), third, web)
        asked = (await ask(desk, third, "therapist")).json()
        await other_desk.put(f"/proposals/{asked['id']}/approval")
        assert (await theirs.ask("GET", "/people")).status_code == 401


async def test_what_cannot_be(desk: Desk, staff: dict[str, Person], person: Person, database: RolledBackDatabase):
    therapist = staff["therapist"]
    async with database.arrange() as session:
        closed, treating, lonely = [await add_person(session, "therapist") for _ in range(3)]
        await disable(session, closed.id)
        await assign(session, person.id, treating.id)
    answers = [
        await ask(desk, person, "therapist"),
        await ask(desk, therapist, "client"),
        await ask(desk, therapist, "therapist"),
        await ask(desk, closed, "admin"),
        await ask(desk, treating, "admin"),
        await ask(desk, desk.person, "therapist"),
        await desk.put(f"/people/{new_id()}/roles/{new_id()}", {"role": "admin"}),
    ]
    assert [problem(answer) for answer in answers] == [
        (409, "client_stays"),
        (409, "client_stays"),
        (409, "already_so"),
        (409, "account_disabled"),
        (409, "still_treating"),
        (403, "own_account"),
        (404, "not_found"),
    ]
    assert [one.outcome for one in await audited(database, "role:changed")] == ["refused"] * len(answers)
    assert (await ask(desk, lonely, "admin")).status_code == 202


async def test_what_does_not_fit_any_more_stays_open(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], person: Person, database: RolledBackDatabase
):
    therapist = staff["therapist"]
    asked = (await ask(desk, therapist, "admin")).json()
    async with database.arrange() as session:
        await assign(session, person.id, therapist.id)
    assert problem(await other_desk.put(f"/proposals/{asked['id']}/approval")) == (409, "still_treating")
    assert (await desk.get(f"/proposals/{asked['id']}"))["state"] == "open"
    assert (await desk.get(f"/people/{therapist.id}"))["role"] == "therapist"


async def test_the_last_admin_stays_one(database: RolledBackDatabase):
    async with database.arrange() as session:
        lonely = await add_person(session, "admin")
        with pytest.raises(LastAdmin):
            await change(session, Wish(new_id(), lonely, PersonRole.therapist))


async def test_staff_closed_for_a_while_are_let_in_by_two(
    desk: Desk, other_desk: Desk, staff: dict[str, Person], person: Person, database: RolledBackDatabase
):
    therapist = staff["therapist"]
    for who in (therapist, person):
        await desk.put(f"/people/{who.id}/disablement")
        undone = await desk.ask("DELETE", f"/people/{who.id}/disablement")
        assert (undone.status_code, undone.json()["state"]) == (200, "active")  # a mistake is undone at once
        await desk.put(f"/people/{who.id}/disablement")
    async with database.arrange() as session:
        await session.execute(update(Person).values(disabled_at=col(Person.disabled_at) - timedelta(days=2)))
    assert (await desk.ask("DELETE", f"/people/{person.id}/disablement")).json()["state"] == "active"
    asked = await desk.ask("DELETE", f"/people/{therapist.id}/disablement")
    assert (asked.status_code, asked.json()["act"]) == (202, "enable")
    assert problem(await desk.ask("DELETE", f"/people/{therapist.id}/disablement")) == (409, "already_proposed")
    assert (await desk.get(f"/people/{therapist.id}"))["state"] == "disabled"
    assert (await other_desk.put(f"/proposals/{asked.json()['id']}/approval")).status_code == 200
    assert (await desk.get(f"/people/{therapist.id}"))["state"] == "active"
    (enabled, *_) = [one for one in await audited(database, "person:enabled") if one.actor_id == other_desk.person.id]
    assert enabled.subject_id == therapist.id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people SET role = 'admin' WHERE id = '{therapist}'",
        "UPDATE people SET role = 'therapist' WHERE id = '{client}'",
        "UPDATE people SET disabled_at = NULL WHERE id = '{closed}'",
    ],
)
async def test_the_database_itself_asks_for_the_second_person(
    desk: Desk, staff: dict[str, Person], person: Person, database: RolledBackDatabase, statement: str
):
    async with database.arrange() as session:
        closed = await add_person(session, "therapist")
        await disable(session, closed.id)
        await session.execute(update(Person).values(disabled_at=col(Person.disabled_at) - timedelta(days=2)))
    await ask(desk, staff["therapist"], "admin")  # proposed, and approved by nobody
    filled = statement.format(therapist=staff["therapist"].id, client=person.id, closed=closed.id)
    with pytest.raises(DBAPIError, match="second person"):
        async with database.unit_of_work(RowContext(desk.person.id, Role.admin)) as session:
            await session.execute(text(filled))


CLOSED_LONG_AGO = "UPDATE people SET disabled_at = now() - interval '2 days' WHERE id = :id"
UNDONE_AND_DONE = {
    "UPDATE people SET role = 'therapist' WHERE id = :id": "UPDATE people SET role = 'admin' WHERE id = :id",
    CLOSED_LONG_AGO: "UPDATE people SET disabled_at = NULL WHERE id = :id",
}


@pytest.mark.parametrize("undo", UNDONE_AND_DONE)
@pytest.mark.parametrize("away", [timedelta(minutes=-2), timedelta(minutes=2)])
async def test_what_two_agreed_on_happens_then_and_not_again(  # noqa: PLR0917  # a case and two desks
    desk: Desk,
    other_desk: Desk,
    staff: dict[str, Person],
    database: RolledBackDatabase,
    undo: str,
    away: timedelta,
):
    therapist = {"id": staff["therapist"].id}
    role = (await ask(desk, staff["therapist"], "admin")).json()
    await other_desk.put(f"/proposals/{role['id']}/approval")
    async with database.arrange() as session:
        await session.execute(text(CLOSED_LONG_AGO), therapist)
    enabling = (await desk.ask("DELETE", f"/people/{therapist['id']}/disablement")).json()
    await other_desk.put(f"/proposals/{enabling['id']}/approval")
    async with database.arrange() as session:
        await session.execute(update(Proposal).values(carried_out_at=col(Proposal.carried_out_at) + away))
        await session.execute(text(undo), therapist)
    with pytest.raises(DBAPIError, match="second person"):
        async with database.unit_of_work(RowContext(other_desk.person.id, Role.admin)) as session:
            await session.execute(text(UNDONE_AND_DONE[undo]), therapist)


async def test_approved_many_times_at_once_it_happens_once(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admins = [await add_person(session, "admin") for _ in range(2)]
        therapist = await add_person(session, "therapist")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as one, open_browser(committed_app, "198.51.100.9") as two:
        desk, other = await Desk.of(Browser(one), admins[0], web), await Desk.of(Browser(two), admins[1], web)
        proposal = new_id()
        answers = await asyncio.gather(*(ask(desk, therapist, "admin", proposal) for _ in range(20)))
        assert Counter(answer.status_code for answer in answers) == {202: 20}
        await asyncio.gather(*(other.put(f"/proposals/{proposal}/approval") for _ in range(20)))
    async with committed_superuser.sessions() as session:
        done = select(func.count()).where(
            col(AuditEvent.object_id) == UUID(str(proposal)),
            col(AuditEvent.action) == "role:changed",
            col(AuditEvent.outcome) == "success",
        )
        assert await session.scalar(done) == 1
        assert (await session.get_one(Person, therapist.id)).role == "admin"
