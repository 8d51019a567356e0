"""Resets: the old password and every session are over at once; only the link leads to another."""

import asyncio
from collections import Counter

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.passwords import verify
from afterglow_auth.links.doors import RESET
from afterglow_auth.resets.models import Reset
from afterglow_auth.sessions.models import Session
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in import service as signing_in
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from tests.auth.arranging import (
    FEWER_ROUNDS,
    PASSWORD,
    Browser,
    Desk,
    Program,
    add_person,
    audited,
    open_browser,
    problem,
)


async def test_a_reset_ends_the_password_and_every_session(
    desk: Desk, other_browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = await other_browser.tokens(person.email, web)
    path = f"/people/{person.id}/resets/{new_id()}"
    first, again = await desk.put(path), await desk.put(path)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["person_id"]) == ("open", str(person.id))
    refreshed = await other_browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    assert (await other_browser.sign_in(person.email, web.request(prompt="login"))).status_code == 400
    shown = await desk.get(f"/people/{person.id}")
    assert (shown["state"], shown["reset"]["id"], shown["sessions"]) == ("reset", first.json()["id"], 0)
    (kept,) = await audited(database, "reset:made")
    assert (kept.actor_id, kept.subject_id, str(kept.object_id)) == (desk.person.id, person.id, first.json()["id"])


async def test_another_reset_closes_the_earlier_link(desk: Desk, person: Person, database: RolledBackDatabase):
    for _ in range(2):
        assert (await desk.put(f"/people/{person.id}/resets/{new_id()}")).status_code == 201
    async with database.arrange() as session:
        links = (await session.scalars(select(Reset).order_by(col(Reset.id)))).all()
    assert [link.state for link in links] == ["withdrawn", "open"]


async def test_who_cannot_be_reset(desk: Desk, person: Person, database: RolledBackDatabase):
    invited = await desk.invite()
    answers = [await desk.put(f"/people/{whom}/resets/{new_id()}") for whom in (invited["person_id"], new_id())]
    await desk.put(f"/people/{person.id}/disablement")
    answers += [await desk.put(f"/people/{whom}/resets/{new_id()}") for whom in (person.id, desk.person.id)]
    assert [problem(answer) for answer in answers] == [
        (409, "no_account_yet"),
        (404, "not_found"),
        (409, "account_disabled"),
        (403, "own_account"),
    ]
    assert [one.outcome for one in await audited(database, "reset:made")] == ["refused"] * 4


async def test_one_id_stands_for_one_person(desk: Desk, person: Person, database: RolledBackDatabase):
    async with database.arrange() as session:
        other = await add_person(session)
    identifier = new_id()
    assert (await desk.put(f"/people/{person.id}/resets/{identifier}")).status_code == 201
    assert problem(await desk.put(f"/people/{other.id}/resets/{identifier}")) == (409, "conflict")
    async with database.arrange() as session:
        assert (await session.get_one(Person, other.id)).password_hash


async def test_a_reset_lives_a_day(desk: Desk, person: Person, settings: Settings, database: RolledBackDatabase):
    await desk.put(f"/people/{person.id}/resets/{new_id()}")
    async with database.arrange() as session:
        link = (await session.scalars(select(RESET.table))).one()
    assert abs((link.expires_at - link.created_at - settings.reset_lifetime).total_seconds()) < 2


async def test_of_twenty_resets_at_once_one_link_stays_open(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
        people = [await add_person(session) for _ in range(FEWER_ROUNDS)]
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for person in people:
            path = f"/people/{person.id}/resets/{new_id()}"
            same = await asyncio.gather(*(desk.put(path) for _ in range(20)))
            assert Counter(answer.status_code for answer in same) == {201: 1, 200: 19}
            different = await asyncio.gather(*(desk.put(f"/people/{person.id}/resets/{new_id()}") for _ in range(20)))
            assert {answer.status_code for answer in different} == {201}
            async with committed_superuser.sessions() as session:
                links = await session.scalars(select(Reset).where(col(Reset.person_id) == person.id))
                assert Counter(link.state for link in links) == {"withdrawn": 20, "open": 1}


@pytest.mark.parametrize("act", ["resets/{new}", "disablement"])
async def test_a_sign_in_under_way_does_not_outlive_it(
    committed_app: FastAPI, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch, act: str
):
    """The password was right when it was looked at; the reset or disablement came before the session began."""
    async with committed_superuser.sessions() as session, session.begin():
        admin, person = await add_person(session, "admin"), await add_person(session)
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client, open_browser(committed_app, "198.51.100.9") as other:
        desk, visitor = await Desk.of(Browser(client), admin, web), Browser(other)

        async def verified_just_before(password: str, stored: str | None) -> tuple[bool, str | None]:
            right = await verify(password, stored)
            assert (await desk.put(f"/people/{person.id}/{act.format(new=new_id())}")).status_code in {200, 201}
            return right

        hidden = await visitor.form(web.request())
        monkeypatch.setattr(signing_in, "verify", verified_just_before)
        assert (await visitor.submit(hidden, person.email, PASSWORD)).status_code == 400
    async with committed_superuser.sessions() as session:
        assert (await session.scalars(select(Session).where(col(Session.person_id) == person.id))).all() == []
