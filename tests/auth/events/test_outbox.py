"""The outbox: an event for each receiver, committed with the change or not at all."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable, enable
from afterglow_auth.care.service import assign, end
from afterglow_auth.events import outbox
from afterglow_auth.events.models import EventDelivery, EventReceiver, SecurityEvent
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import end_session, end_sessions_of, start
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import EventType
from afterglow_foundation.testing.databases import MigratedDatabase, RolledBackDatabase
from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from tests.auth.arranging import Program, add_person

ROLES = ("auth_app", "auth_worker")


@pytest_asyncio.fixture(loop_scope="session")
async def receivers(database: RolledBackDatabase, person: Person, staff: dict[str, Person]) -> list[str]:
    """Two services that take part. They arrive after the people, whom they know from their snapshots."""
    assert person.id not in {one.id for one in staff.values()}
    names = ["messaging", "portal"]
    async with database.arrange() as session:
        for name in names:
            await Program(name, kind="service", scopes="security_events").register(session)
            session.add(EventReceiver(client_id=name))
    return names


async def told(session: AsyncSession) -> list[SecurityEvent]:
    return list(await session.scalars(select(SecurityEvent).order_by(col(SecurityEvent.id))))


async def delivered(session: AsyncSession) -> list[tuple[str, Any]]:
    rows = await session.execute(
        select(col(EventDelivery.receiver), col(EventDelivery.event_id)).order_by(
            col(EventDelivery.event_id), col(EventDelivery.receiver)
        )
    )
    return [tuple(row) for row in rows]


async def sign_in(session: AsyncSession, person: Person) -> Session:
    return (await start(session, person, new_id().bytes, None)).session


async def test_disabling_tells_every_receiver_of_person_account_and_sessions(
    database: RolledBackDatabase, person: Person, receivers: list[str]
):
    async with database.arrange() as session:
        opened = [await sign_in(session, person) for _ in range(2)]
        await disable(session, person.id)
        await disable(session, person.id)  # nothing changes, so nothing is told

        events = await told(session)
        assert [event.type for event in events] == [
            EventType.session_revoked,
            EventType.session_revoked,
            EventType.person,
            EventType.account_disabled,
        ]
        assert {event.session_id for event in events[:2]} == {one.id for one in opened}
        assert {event.subject_id for event in events} == {person.id}
        fact = events[2].payload
        assert (fact["id"], fact["role"], fact["name"]) == (str(person.id), "client", person.name)
        assert datetime.fromisoformat(fact["disabled_at"]) <= datetime.fromisoformat(fact["as_of"])
        assert "email" not in fact
        assert await delivered(session) == [(name, event.id) for event in events for name in receivers]

        await enable(session, person.id)
        again = (await told(session))[4:]
        assert [event.type for event in again] == [EventType.person, EventType.account_enabled]
        assert again[0].payload["disabled_at"] is None
        assert again[0].occurred_at > events[2].occurred_at


async def test_care_is_told_when_it_begins_and_when_it_ends(
    database: RolledBackDatabase, person: Person, staff: dict[str, Person], receivers: list[str]
):
    assert receivers
    async with database.arrange() as session:
        begun = await assign(session, person.id, staff["therapist"].id)
        await assign(session, person.id, staff["therapist"].id)
        await end(session, begun.id)
        await end(session, begun.id)
        events = await told(session)
        assert [event.type for event in events] == [EventType.care_relationship] * 2
        assert [event.payload["ended_at"] is None for event in events] == [True, False]
        assert {event.subject_id for event in events} == {begun.id}
        assert events[0].payload["as_of"] < events[1].payload["as_of"]


async def test_only_sessions_that_were_live_are_told(
    database: RolledBackDatabase, person: Person, receivers: list[str]
):
    assert receivers
    async with database.arrange() as session:
        first, second = [await sign_in(session, person) for _ in range(2)]
        await end_session(session, first.id)
        await end_session(session, first.id)
        await end_sessions_of(session, person.id)
        assert [event.session_id for event in await told(session)] == [first.id, second.id]


async def test_everything_else_that_can_be_told(database: RolledBackDatabase, person: Person, receivers: list[str]):
    assert receivers
    now = datetime.now(UTC)
    grant = SimpleNamespace(
        id=new_id(), kind="cover", client_id=person.id, therapist_id=new_id(), covered_id=new_id(), reason_code=None,
        starts_at=now, ends_at=now + timedelta(hours=1),
    )  # fmt: skip
    async with database.arrange() as session:
        await outbox.grant_changed(session, grant)
        await outbox.credential_changed(session, person.id, "password", "update")
        await outbox.claims_changed(session, person.id, {"role": "therapist"})
        await outbox.account_purged(session, person.id)
        events = await told(session)
        assert [event.type for event in events] == [
            EventType.grant, EventType.credential_change, EventType.token_claims_change, EventType.account_purged,
        ]  # fmt: skip
        assert events[0].payload["ends_at"] == grant.ends_at.isoformat().replace("+00:00", "Z")
        assert [event.payload for event in events[1:]] == [
            {"credential_type": "password", "change_type": "update"}, {"claims": {"role": "therapist"}}, {},
        ]  # fmt: skip


async def test_what_is_not_as_its_schema_says_is_not_told(
    database: RolledBackDatabase, person: Person, receivers: list[str]
):
    assert receivers
    async with database.arrange() as session:
        with pytest.raises(ValidationError):
            await outbox.credential_changed(session, person.id, "horoscope", "update")  # type: ignore[arg-type]  # on purpose
        with pytest.raises(ValidationError):
            await outbox.claims_changed(session, person.id, {})
        changed = await session.get_one(Person, person.id)
        changed.time_zone = "Nowhere"
        with pytest.raises(ValidationError):
            await outbox.person_changed(session, changed)
        assert await told(session) == []
        await session.rollback()


async def test_without_receivers_nothing_is_kept(database: RolledBackDatabase, person: Person):
    async with database.arrange() as session:
        await disable(session, person.id)
        assert await told(session) == []


@pytest.mark.parametrize("role", ROLES)
async def test_app_and_worker_may_publish(
    database: RolledBackDatabase, person: Person, receivers: list[str], role: str
):
    async with database.as_role(role), database.sessions() as session, session.begin():
        await outbox.sessions_revoked(session, person.id, [new_id()])
    async with database.arrange() as session:
        assert len(await delivered(session)) == len(receivers)


async def test_rolled_back_nothing_was_told(committed_superuser: Database, committed: MigratedDatabase):
    receiver = f"service-{new_id().hex}"
    async with committed_superuser.sessions() as session, session.begin():
        await Program(receiver, kind="service", scopes="security_events").register(session)
        session.add(EventReceiver(client_id=receiver))
        person = await add_person(session)
    worker = Database.connect(committed.urls["auth_worker"], pool_size=1)
    mine = col(SecurityEvent.subject_id) == person.id
    async with worker.sessions() as session:
        await disable(session, person.id)
        await session.rollback()
    async with committed_superuser.sessions() as session:
        before = await session.scalar(select(func.count()).select_from(SecurityEvent).where(mine))
    async with worker.sessions() as session, session.begin():
        await disable(session, person.id)
    async with committed_superuser.sessions() as session:
        after = await session.scalar(select(func.count()).select_from(SecurityEvent).where(mine))
    await worker.close()
    assert (before, after) == (1, 3)  # that there is such a person; then that the account was closed, in two words
