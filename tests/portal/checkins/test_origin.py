"""Prompted, spontaneous and back-dated entries are told apart."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.portal.arranging import ago, check_in, put
from tests.portal.conftest import Open

PROMPT = text("""
    INSERT INTO prompts (client_id, id, slot, kind, local_date, due_at, expires_at, state, ask_at, sent_at)
    VALUES (:client, :id, :slot, 'daily', now(), :due_at, :expires_at, :state, now(), :sent_at)
""")
EVERYTHING = "/api/portal/check-ins"


async def remind(session: AsyncSession, client: Person, *, minutes: int, valid: int = 180, state: str = "sent") -> None:
    """A reminder so many minutes ago, which makes sense for `valid` minutes."""
    due_at = datetime.now(UTC) - timedelta(minutes=minutes)
    times = {"due_at": due_at, "expires_at": due_at + timedelta(minutes=valid)}
    sent_at = due_at if state == "sent" else None
    values = {"client": client.id, "id": new_id(), "slot": new_id().hex, "state": state, "sent_at": sent_at, **times}
    await session.execute(PROMPT, values)


async def answers(database: RolledBackDatabase) -> list[str | None]:
    """What answered each reminder, the oldest first."""
    async with database.arrange() as session:
        rows = await session.scalars(text("SELECT answered_by FROM prompts ORDER BY due_at"))
        return [None if row is None else str(row) for row in rows]


async def test_without_a_reminder_it_comes_by_itself(as_client: httpx.AsyncClient):
    assert (await put(as_client))["origin"] == "spontaneous"


async def test_the_first_after_a_reminder_is_prompted_and_the_next_is_not(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    async with database.arrange() as session:
        await remind(session, client_person, minutes=20)
    first, second = await put(as_client), await put(as_client)
    assert (first["origin"], second["origin"]) == ("prompted", "spontaneous")
    assert await answers(database) == [first["id"]]


async def test_everybody_who_reads_it_sees_how_it_came(
    as_client: httpx.AsyncClient, as_therapist: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    async with database.arrange() as session:
        await remind(session, client_person, minutes=20)
    stored = await put(as_client, visibility="therapist")
    one = f"{EVERYTHING}/{stored['id']}"
    change = check_in(mood=3, version_id=str(new_id()))
    edited = (await as_client.post(f"{one}/versions", json=change)).json()
    mine = [(await as_client.get(path)).json()["items"] for path in (EVERYTHING, f"{EVERYTHING}/timeline")]
    shared = (await as_therapist.get(EVERYTHING, params={"client": str(client_person.id)})).json()["items"]
    versions = (await as_client.get(f"{one}/versions")).json()["items"]
    for found in (*mine, shared, versions, [edited, (await as_client.get(one)).json()]):
        assert {each["origin"] for each in found} == {"prompted"}


async def test_the_same_again_has_the_same_answer(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    body, path = check_in(), f"{EVERYTHING}/{new_id()}"
    spontaneous = await as_client.put(path, json=body)
    async with database.arrange() as session:
        await remind(session, client_person, minutes=0)
    again = await as_client.put(path, json=body)
    assert (again.status_code, again.json()) == (200, spontaneous.json())
    assert await answers(database) == [None]
    prompted_body, prompted_path = check_in(), f"{EVERYTHING}/{new_id()}"
    first = await as_client.put(prompted_path, json=prompted_body)
    assert first.json()["origin"] == "prompted"
    assert (await as_client.put(prompted_path, json=prompted_body)).json() == first.json()


@pytest.mark.parametrize(
    ("reminder", "felt"),
    [
        ({"minutes": 200}, 1),  # it makes no sense any more
        ({"minutes": 20, "state": "handed_over"}, 1),  # it was not sent yet
        ({"minutes": 20, "state": "unsent"}, 1),
        ({"minutes": 60}, 30),  # back-dated
    ],
)
async def test_what_no_reminder_brought_comes_by_itself(
    as_client: httpx.AsyncClient,
    database: RolledBackDatabase,
    client_person: Person,
    reminder: dict[str, int],
    felt: int,
):
    async with database.arrange() as session:
        await remind(session, client_person, **reminder)  # type: ignore[arg-type]  # a state among the numbers
    assert (await put(as_client, felt_at=ago(minutes=felt)))["origin"] == "spontaneous"
    assert await answers(database) == [None]


async def test_a_newer_reminder_takes_the_place_of_the_one_before(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    async with database.arrange() as session:
        await remind(session, client_person, minutes=90)
        await remind(session, client_person, minutes=20)
    first, second = await put(as_client), await put(as_client)
    assert (first["origin"], second["origin"]) == ("prompted", "spontaneous")
    assert await answers(database) == [None, first["id"]]


async def test_a_reminder_is_its_receivers_alone(
    signed_in: Open, database: RolledBackDatabase, client_person: Person, other_client: Person
):
    async with database.arrange() as session:
        await remind(session, client_person, minutes=20)
    async with signed_in(other_client) as http:
        assert (await put(http))["origin"] == "spontaneous"
    assert await answers(database) == [None]


async def test_what_is_refused_answers_none(
    as_client: httpx.AsyncClient, database: RolledBackDatabase, client_person: Person
):
    async with database.arrange() as session:
        await remind(session, client_person, minutes=20)
    nothing = check_in(mood=None, energy=None, anxiety=None)
    assert (await as_client.put(f"{EVERYTHING}/{new_id()}", json=nothing)).status_code == 422
    assert await answers(database) == [None]


async def test_of_many_at_once_one_answers_it(
    committed_app: FastAPI,
    committed_superuser: Database,
    committed_people: tuple[Person, Person],
    issuer: TestIssuer,
):
    client, _ = committed_people
    async with committed_superuser.sessions() as session, session.begin():
        await remind(session, client, minutes=20)
    async with open_client(committed_app, issuer.token(client, "portal")) as http:
        await put(http, felt_at=ago(minutes=30))  # the data key is there before the race
        origins = Counter(one["origin"] for one in await asyncio.gather(*[put(http) for _ in range(8)]))
    assert origins == {"prompted": 1, "spontaneous": 7}
