"""Cover: one therapist stands in for another, for a time, for whoever that one treats; everybody is told."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.care import service as care
from afterglow_auth.covers.models import Cover, Grant
from afterglow_auth.events import snapshot
from afterglow_auth.events.models import EventReceiver, SecurityEvent
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from tests.auth.arranging import Browser, Desk, Program, add_person, audited, letters, open_browser, problem


class Away(NamedTuple):
    """A therapist who will be away, two clients of theirs, and who stands in."""

    therapist: Person
    covering: Person
    clients: list[Person]

    def wanted(self, **changes: Any) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "therapist_id": str(self.therapist.id),
            "covering_id": str(self.covering.id),
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(days=14)).isoformat(),
        } | changes


@pytest_asyncio.fixture(loop_scope="session")
async def away(database: RolledBackDatabase, staff: dict[str, Person]) -> AsyncIterator[Away]:
    async with database.arrange() as session:
        covering = await add_person(session, "therapist", name="The one who covers")
        clients = [await add_person(session) for _ in range(2)]
        for client in clients:
            await care.assign(session, client.id, staff["therapist"].id, started_at=datetime(2026, 1, 1, tzinfo=UTC))
        await Program("portal", kind="service", scopes="security_events").register(session)
        session.add(EventReceiver(client_id="portal"))
    yield Away(staff["therapist"], covering, clients)


async def grants(database: RolledBackDatabase) -> list[Grant]:
    async with database.arrange() as session:
        return list(await session.scalars(select(Grant).order_by(col(Grant.id))))


async def told(database: RolledBackDatabase) -> list[dict[str, Any]]:
    async with database.arrange() as session:
        asked = select(SecurityEvent).where(col(SecurityEvent.type) == "urn:afterglow:event:grant")
        return [one.payload for one in await session.scalars(asked.order_by(col(SecurityEvent.id)))]


async def test_everybody_in_their_care_is_covered_for_and_everybody_is_told(
    app: FastAPI, desk: Desk, away: Away, database: RolledBackDatabase
):
    path, wanted = f"/covers/{new_id()}", away.wanted()
    first, again = await desk.put(path, wanted), await desk.put(path, wanted)
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    assert (first.json()["covering"]["name"], first.json()["clients"], first.json()["client"]) == (
        "The one who covers",
        2,
        None,
    )
    clients = {client.id for client in away.clients}
    assert {(one.client_id, one.therapist_id, one.kind) for one in await grants(database)} == {
        (client, away.covering.id, "cover") for client in clients
    }
    assert {UUID(fact["client_id"]) for fact in await told(database)} == clients
    mailed = Counter(one.to for one in await letters(app, database) if one.letter == "care_changed" and one.mail)
    assert mailed == Counter([away.therapist.id, away.covering.id, *clients])
    (kept,) = await audited(database, "cover:arranged")
    assert (kept.actor_id, kept.outcome) == (desk.person.id, "success")
    for person in (away.therapist, away.covering):
        assert [one["id"] for one in (await desk.get("/covers", person=str(person.id)))["items"]] == [
            first.json()["id"]
        ]
    assert (await desk.get("/covers", person=str(desk.person.id)))["items"] == []
    async with database.arrange() as session:
        assert len((await snapshot.take(session, "portal")).grants) == 2


async def test_one_client_alone(desk: Desk, away: Away, database: RolledBackDatabase):
    client = away.clients[0]
    made = await desk.put(f"/covers/{new_id()}", away.wanted(client_id=str(client.id)))
    assert (made.json()["client"]["id"], made.json()["clients"]) == (str(client.id), 1)
    assert [one.client_id for one in await grants(database)] == [client.id]


async def test_ended_it_is_over_at_once(app: FastAPI, desk: Desk, away: Away, database: RolledBackDatabase):
    made = (await desk.put(f"/covers/{new_id()}", away.wanted())).json()
    for _ in range(2):
        ended = await desk.put(f"/covers/{made['id']}/end")
        assert ended.status_code == 200
        assert ended.json()["ended_at"]
    now = datetime.now(UTC)
    assert all(one.ends_at <= now for one in await grants(database))
    assert len(await told(database)) == 4  # two came, two ended
    assert problem(await desk.put(f"/covers/{new_id()}/end")) == (404, "not_found")
    refused = [one.outcome for one in await audited(database, "cover:ended")]
    assert sorted(refused) == ["refused", "success"]
    assert len([one for one in await letters(app, database) if one.letter == "care_changed"]) == 8


async def test_cover_follows_the_care(desk: Desk, away: Away, person: Person, database: RolledBackDatabase):
    """Who comes meanwhile is covered for; who is treated no longer is not."""
    await desk.put(f"/covers/{new_id()}", away.wanted())
    pair = {"client_id": str(person.id), "therapist_id": str(away.therapist.id)}
    begun = await desk.put(f"/care-relationships/{new_id()}", pair)
    assert {one.client_id for one in await grants(database)} == {person.id, *(one.id for one in away.clients)}
    await desk.put(f"/care-relationships/{begun.json()['id']}/end")
    over = [one.client_id for one in await grants(database) if one.ends_at <= datetime.now(UTC)]
    assert over == [person.id]


async def test_what_cannot_be(desk: Desk, away: Away, person: Person, database: RolledBackDatabase):
    async with database.arrange() as session:
        closed = await add_person(session, "therapist")
        await disable(session, closed.id)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    wishes = [
        ({"covering_id": str(person.id)}, {"covering_id"}),
        ({"covering_id": str(closed.id)}, {"covering_id"}),
        ({"covering_id": str(away.therapist.id)}, {"covering_id"}),
        ({"therapist_id": str(new_id())}, {"therapist_id"}),
        ({"client_id": str(person.id)}, {"client_id"}),
        ({"ends_at": yesterday}, {"ends_at"}),
    ]
    for changes, fields in wishes:
        answer = await desk.put(f"/covers/{new_id()}", away.wanted(**changes))
        assert (problem(answer), {one["field"] for one in answer.json()["errors"]}) == ((422, "invalid_input"), fields)
    own = await desk.put(f"/covers/{new_id()}", away.wanted(covering_id=str(desk.person.id)))
    assert problem(own) == (403, "own_account")
    identifier = new_id()
    await desk.put(f"/covers/{identifier}", away.wanted(client_id=str(away.clients[0].id)))
    other = away.wanted(client_id=str(away.clients[1].id))
    assert problem(await desk.put(f"/covers/{identifier}", other)) == (409, "conflict")
    outcomes = Counter(one.outcome for one in await audited(database, "cover:arranged"))
    assert outcomes == {"refused": len(wishes) + 2, "success": 1}


async def test_who_covers_stays_a_therapist(desk: Desk, away: Away):
    await desk.put(f"/covers/{new_id()}", away.wanted())
    answer = await desk.put(f"/people/{away.covering.id}/roles/{new_id()}", {"role": "admin"})
    assert problem(answer) == (409, "still_treating")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grants SET ends_at = now() + interval '9 years'",
        "UPDATE grants SET therapist_id = client_id",
        "UPDATE covers SET ends_at = now() + interval '9 years'",
        "DELETE FROM grants",
    ],
)
async def test_the_database_itself_lets_cover_only_be_ended(
    desk: Desk, away: Away, database: RolledBackDatabase, statement: str
):
    await desk.put(f"/covers/{new_id()}", away.wanted())
    with pytest.raises(DBAPIError, match=r"row-level security|permission denied"):
        async with database.unit_of_work(RowContext(desk.person.id, Role.admin)) as session:
            await session.execute(text(statement))
    for context in (RowContext(), RowContext(new_id(), Role.therapist)):
        async with database.unit_of_work(context) as session:
            ended = await session.execute(text("UPDATE grants SET ends_at = now() RETURNING id"))
            assert ended.all() == []


async def test_of_twenty_same_wishes_at_once_one_is_the_first(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        therapist, covering = [await add_person(session, "therapist") for _ in range(2)]
        client = await add_person(session)
        await care.assign(session, client.id, therapist.id)
        web = await Program(f"web-{new_id().hex}").register(session)
    away, cover = Away(therapist, covering, [client]), new_id()
    async with open_browser(committed_app) as browser:
        desk, wanted = await Desk.of(Browser(browser), admin, web), away.wanted()
        answers = await asyncio.gather(*(desk.put(f"/covers/{cover}", wanted) for _ in range(20)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
        await asyncio.gather(*(desk.put(f"/covers/{cover}/end") for _ in range(20)))
    async with committed_superuser.sessions() as session:
        assert len((await session.scalars(select(Grant).where(col(Grant.cover_id) == cover))).all()) == 1
        assert (await session.get_one(Cover, cover)).ended_at
