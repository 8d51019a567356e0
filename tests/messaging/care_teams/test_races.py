"""Care teams under races, and while something breaks: one conversation each, nothing lost, nobody in it who left."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import MigratedDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.care_teams.opening import open_teams
from afterglow_messaging.conversations.models import Conversation
from sqlalchemy import func, select, text
from sqlmodel import col

from tests.messaging.practice import Pair, Practice

ROUNDS = 8


@pytest_asyncio.fixture(loop_scope="session")
async def three(committed_practice: Practice, committed_pair: Pair, other_therapist: Person) -> AsyncIterator[Pair]:
    """A client with two therapists, in the conversation of their care team; all of it committed."""
    await committed_practice.pair_up(committed_pair.client, other_therapist)
    await committed_practice.want_care_teams()
    yield await committed_practice.team_of(committed_pair)
    await committed_practice.want_care_teams(False)  # others share the database


async def opened(practice: Practice, client: Person) -> int:
    teams = select(func.count()).where(
        col(Conversation.client_id) == client.id, col(Conversation.therapist_id).is_(None)
    )
    async with practice.arrange() as session:
        return (await session.execute(teams)).scalar_one()


@pytest.mark.usefixtures("three")
async def test_workers_that_open_at_once_make_one(
    committed_practice: Practice, committed_pair: Pair, committed: MigratedDatabase
) -> None:
    worker = Database.connect(committed.urls["messaging_worker"], pool_size=ROUNDS)

    async def once() -> None:
        async with worker.sessions() as session, session.begin():
            await open_teams(session, [committed_pair.client.id])

    try:
        async with committed_practice.arrange() as session:
            await session.execute(text("DELETE FROM conversations WHERE therapist_id IS NULL"))
        await asyncio.gather(*(once() for _ in range(ROUNDS)))
    finally:
        await worker.close()
    assert await opened(committed_practice, committed_pair.client) == 1
    events = await committed_practice.audited(subject_id=committed_pair.client.id, purpose="care_team")
    assert len(events) == 2  # that of the fixture, and one


async def test_all_who_write_at_once_are_numbered_without_a_gap(
    committed_practice: Practice, three: Pair, other_therapist: Person
) -> None:
    people = [three.client, three.therapist, other_therapist]
    sent = await asyncio.gather(
        *(committed_practice.send(three, person, f"{number}") for number in range(ROUNDS) for person in people)
    )
    assert sorted(one["sequence"] for one in sent) == list(range(1, len(sent) + 1))
    for person in people:
        assert len(await committed_practice.read(three, person)) == len(sent)


@pytest.mark.parametrize("leaving", ["care", "setting"])
async def test_who_writes_while_it_closes_to_them_is_in_it_or_refused(
    committed_practice: Practice, three: Pair, other_therapist: Person, leaving: str
) -> None:
    """Never half of it: what was answered is there for the others, and afterwards nothing is taken."""
    third = Person(Role.therapist, "Third")
    await committed_practice.know(third)
    care = await committed_practice.care(three.client, third)
    await committed_practice.send(three, three.client, "Hello")

    async def send() -> int:
        async with committed_practice.signed_in(third) as http:
            return (await http.put(f"{three.messages}/{new_id()}", json={"text": "Hello"})).status_code

    async def close() -> Any:
        if leaving == "care":
            return await committed_practice.care(three.client, third, care, ended=timedelta(seconds=0))
        return await committed_practice.want_care_teams(False)

    *answers, _ = await asyncio.gather(*(send() for _ in range(ROUNDS)), close())
    assert set(answers) <= {201, 403}
    assert await send() == 403
    assert len(await committed_practice.read(three, three.client)) == 1 + answers.count(201)
    for person in (three.therapist, other_therapist):
        assert len(await committed_practice.read(three, person)) == 1 + answers.count(201)


async def test_whoever_is_in_it_is_woken_and_nobody_else(
    committed_practice: Practice, three: Pair, other_therapist: Person
) -> None:
    gone = Person(Role.therapist, "Gone")
    await committed_practice.know(gone)
    await committed_practice.care(three.client, gone, ended=timedelta(days=1))
    woken: list[str] = []
    async with committed_practice.arrange() as session:
        raw = await (await session.connection()).get_raw_connection()
        driver: Any = raw.driver_connection
        await driver.add_listener("live", lambda *told: woken.append(told[-1]))
        await committed_practice.send(three, three.client, "Hello")
        for _ in range(100):
            if woken:
                break
            await session.execute(text("SELECT pg_sleep(0.05)"))
        await driver.reset(timeout=None)
    assert len(woken) == 1
    for person, told in ((three.client, True), (three.therapist, True), (other_therapist, True), (gone, False)):
        assert (str(person.id) in woken[0]) is told


async def test_without_its_database_a_sender_is_asked_to_try_again_and_it_is_stored_once(
    committed_practice: Practice, three: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, database = f"{three.messages}/{new_id()}", committed_practice.database

    async def broken(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    async with committed_practice.signed_in(three.therapist) as http:
        monkeypatch.setattr(type(database), "single_statement", broken)
        assert (await http.put(path, json={"text": "Hello"})).status_code == 503
        monkeypatch.undo()
        assert [(await http.put(path, json={"text": "Hello"})).status_code for _ in range(2)] == [201, 200]
    assert len(await committed_practice.read(three, three.client)) == 1
