"""A link is used while an admin resets, sends again, withdraws or disables: one order or the other, never a fault."""

import asyncio
from collections import Counter

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.links.doors import INVITATION, RESET, Door, address_of
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from fastapi import FastAPI
from sqlalchemy import select
from sqlmodel import col

from tests.auth.arranging import ROUNDS, Browser, Desk, Program, add_person, guest, open_browser

NEW = "four words nobody guesses"
ACTS = [
    (RESET, "PUT", "/people/{person}/resets/{new}"),
    (RESET, "PUT", "/people/{person}/disablement"),
    (INVITATION, "POST", "/invitations/{link}/mails"),
    (INVITATION, "PUT", "/invitations/{link}/withdrawal"),
    (INVITATION, "PUT", "/people/{person}/disablement"),
]


@pytest.mark.parametrize(("door", "method", "act"), ACTS)
async def test_using_a_link_while_an_admin_acts(
    committed_app: FastAPI, committed_superuser: Database, door: Door, method: str, act: str
):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as one, open_browser(committed_app, "2001:db8::9") as other:
        desk, visitor = await Desk.of(Browser(one), admin, web), Browser(other)
        seen: Counter[int] = Counter()
        for _ in range(ROUNDS):
            person, link = await link_of(committed_app, committed_superuser, desk, door)
            hidden = await visitor.follow(link)
            fields = {**hidden, "choosing": "password", "password": NEW, "repeated": NEW}
            path = act.format(person=person, link=await link_id(committed_superuser, door, person), new=new_id())
            chosen, *acted = await asyncio.gather(
                other.post(door.path, data=fields), *(desk.ask(method, path) for _ in range(3))
            )
            assert chosen.status_code in {303, 410}, chosen.text
            assert {answer.status_code for answer in acted} <= {200, 201, 202, 409}
            seen[chosen.status_code] += 1
            async with committed_superuser.sessions() as session:
                stored = await session.get_one(Person, person)
            if "resets" in act:
                assert stored.password_hash is None or chosen.status_code == 303
            if chosen.status_code == 410:
                assert stored.password_hash is None
        assert seen.total() == ROUNDS


async def link_of(app: FastAPI, database: Database, desk: Desk, door: Door) -> tuple[object, str]:
    """Somebody new with an open link of this kind, and its path with the token."""
    if door is INVITATION:
        person = (await desk.put(f"/invitations/{new_id()}", guest())).json()["person_id"]
    else:
        async with database.sessions() as session, session.begin():
            person = (await add_person(session)).id
        assert (await desk.put(f"/people/{person}/resets/{new_id()}")).status_code == 201
    async with database.sessions() as session:
        row = (await session.scalars(select(door.table).where(col(door.table.person_id) == person))).one()
    provider = app.state.provider
    return row.person_id, address_of(provider.settings, provider.digests, row)


async def link_id(database: Database, door: Door, person: object) -> object:
    async with database.sessions() as session:
        return (await session.scalars(select(col(door.table.id)).where(col(door.table.person_id) == person))).one()
