"""What auth tells, as messaging takes it over: the newest holds, care makes a conversation, streams are told to end."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_messaging.people.models import CareRelationship, PersonCopy
from afterglow_messaging.people.receiving import BOOKS, COPY
from afterglow_messaging.settings import Settings
from joserfc.jwk import ECKey
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.messaging.practice import Practice
from tests.transmitter import Transmitter, care_fact, now, person_fact, somebody

NOW = datetime.now(UTC).replace(microsecond=0)


@asynccontextmanager
async def worker(database: RolledBackDatabase) -> AsyncIterator[AsyncSession]:
    async with database.as_role("messaging_worker"), database.sessions() as session, session.begin():
        yield session


async def test_a_newer_fact_replaces_and_an_older_one_does_not(
    database: RolledBackDatabase, client_person: Person
) -> None:
    later, earlier = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
    for as_of, name in ((NOW, "first"), (NOW, "corrected"), (later, "newest"), (earlier, "late")):
        async with worker(database) as session:
            await COPY.apply_people(session, [person_fact(client_person, name=name, as_of=as_of)])
    async with database.arrange() as session:
        assert (await session.get_one(PersonCopy, client_person.id)).name == "newest"


async def test_care_that_ended_is_not_opened_by_a_late_fact(
    database: RolledBackDatabase, client_person: Person, therapist: Person
) -> None:
    began = care_fact(client_person, therapist, started_at=NOW, as_of=NOW)
    ended = began.model_copy(update={"ended_at": NOW, "as_of": NOW + timedelta(seconds=1)})
    for fact in (ended, began, ended, began):
        async with worker(database) as session:
            await COPY.apply_care(session, [fact])
    async with database.arrange() as session:
        assert (await session.get_one(CareRelationship, began.id)).ended_at == NOW


@pytest.mark.parametrize("change", [{"role": "owner"}, {"as_of": "2026-01-01T00:00:00"}, {"id": "x"}, {"name": None}])
def test_a_fact_that_makes_no_sense_is_refused(client_person: Person, change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        person_fact(client_person, **change)


@pytest.fixture
def own_settings(settings_values: dict[str, Any]) -> Settings:
    key = ECKey.generate_key("P-256", {"kid": "messaging-1"}, auto_kid=False)
    return Settings(**settings_values, client_id="messaging", client_private_key=json.dumps(key.as_dict(private=True)))


@pytest.fixture
def auth(own_settings: Settings, issuer: TestIssuer) -> Transmitter:
    return Transmitter.of(issuer, own_settings, f"messaging-{new_id().hex}")


@pytest.fixture
async def receiver(
    own_settings: Settings, auth: Transmitter, committed: MigratedDatabase, issuer: TestIssuer
) -> AsyncIterator[Receiver]:
    database = Database.connect(committed.urls["messaging_worker"], pool_size=1)
    made = Receiver(
        own_settings, client_id=auth.receiver, keys=issuer.keys(), copy=COPY, books=BOOKS, auth=auth.client,
        database=database,
    )  # fmt: skip
    yield made
    await made.close()


CONVERSATIONS = text("SELECT count(*) FROM conversations WHERE client_id = :client")


async def test_care_makes_a_conversation_in_snapshot_and_feed_alike(
    receiver: Receiver, auth: Transmitter, committed_practice: Practice
) -> None:
    therapist, first, second = somebody("therapist"), somebody(), somebody()
    auth.named = [person_fact(therapist), person_fact(first), care_fact(first, therapist)]
    await receiver.go_round()
    auth.tell_fact(person_fact(second))
    auth.tell_fact(care_fact(second, therapist))
    await receiver.go_round()
    await receiver.begin()
    async with committed_practice.arrange() as session:
        made = [await session.scalar(CONVERSATIONS, {"client": one.id}) for one in (first, second)]
    assert made == [1, 1]


async def test_care_that_arrives_before_its_people_is_made_up_for(
    receiver: Receiver, auth: Transmitter, committed_practice: Practice
) -> None:
    """A conversation needs both people. Out of order, the event is refused, and the snapshot brings all three."""
    therapist, client = somebody("therapist"), somebody()
    await receiver.go_round()
    care = care_fact(client, therapist)
    auth.named, auth.taken_at = [person_fact(therapist), person_fact(client), care], now() + timedelta(seconds=1)
    auth.tell_fact(care)
    await receiver.go_round()
    await receiver.go_round()
    assert auth.waiting == {}
    async with committed_practice.arrange() as session:
        assert await session.scalar(CONVERSATIONS, {"client": client.id}) == 1


async def test_open_streams_are_told_who_is_revoked(
    receiver: Receiver, auth: Transmitter, committed: MigratedDatabase
) -> None:
    await receiver.go_round()
    client, closed = somebody(), somebody()
    heard: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    connection = await asyncpg.connect(committed.app_url.replace("+asyncpg", ""))
    await connection.add_listener("live", lambda *said: heard.put_nowait(json.loads(str(said[3]))))
    auth.tell_fact(person_fact(closed, disabled_at=now()))
    auth.tell_fact(person_fact(client))
    auth.tell_revoked(client)
    await receiver.go_round()
    async with asyncio.timeout(10):
        told = [await heard.get() for _ in range(2)]
    await connection.close()
    assert told == [{"revoked_person": str(closed.id)}, {"revoked_session": str(client.session_id)}]
