"""Say what happened, in the transaction in which it happens: one event, and one delivery for each receiver.

Call these after the row was changed. Each flushes, takes the lock that keeps an event from falling between a new
receiver's snapshot and its feed, and only then asks the database for the time: so a later change of a row has a later
time, and a snapshot's time divides what it contains from what is still to be told.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import PAYLOADS, ChangeType, CredentialType, EventType
from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PersonFact, PracticeFact
from pydantic import BaseModel, JsonValue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.care.models import CareRelationship

CHANNEL = "security_events"
PUBLISHING = text("""
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(hashtext('afterglow security events')))
    SELECT clock_timestamp() FROM held
""")
REGISTERING = text("SELECT pg_advisory_xact_lock(hashtext('afterglow security events'))")
PUBLISH = text("""
    WITH receivers AS MATERIALIZED (
        SELECT client_id FROM event_receivers WHERE status <> 'disabled'
        AND (events_requested IS NULL OR CAST(:type AS text) = ANY (events_requested))
    ), event AS (
        INSERT INTO security_events (id, type, subject_id, session_id, payload, occurred_at)
        SELECT CAST(:id AS uuid), CAST(:type AS text), CAST(:subject_id AS uuid), CAST(:session_id AS uuid),
               CAST(:payload AS jsonb), CAST(:occurred_at AS timestamptz)
        WHERE EXISTS (SELECT FROM receivers)
    ), deliveries AS (
        INSERT INTO event_deliveries (receiver, event_id) SELECT client_id, CAST(:id AS uuid) FROM receivers
    )
    SELECT pg_notify('security_events', '')
""")


PUBLISH_TO_ONE = text("""
    WITH event AS (
        INSERT INTO security_events (id, type, subject_id, payload, occurred_at)
        SELECT CAST(:id AS uuid), CAST(:type AS text), CAST(:stream_id AS uuid), CAST(:payload AS jsonb),
               CAST(:occurred_at AS timestamptz)
    ), delivery AS (
        INSERT INTO event_deliveries (receiver, event_id) VALUES (CAST(:receiver AS text), CAST(:id AS uuid))
    )
    SELECT pg_notify('security_events', '')
""")


class PracticeRow(Protocol):
    """The practice's settings as auth keeps them."""

    id: UUID
    version: int
    document: dict[str, Any]
    logo: str | None


class GrantRow(Protocol):
    """Whatever keeps a grant: it has the attributes of GrantFact, apart from `as_of`."""

    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event on its way into the outbox."""

    type: EventType
    subject_id: UUID
    payload: dict[str, Any] = field(default_factory=dict)
    session_id: UUID | None = None


async def person_changed(session: AsyncSession, person: Person) -> None:
    """A person is there, or is no longer as they were."""
    now = await hold(session)
    await tell(session, now, [await person_fact(session, person, now)])


async def people_added(session: AsyncSession, people: Sequence[Person]) -> None:
    """Many are there at once, who were inserted in this transaction."""
    now = await hold(session)
    await tell(
        session,
        now,
        [Told(type=EventType.person, subject_id=one.id, payload=fact_of(PersonFact, one, now)) for one in people],
    )


async def care_begun(session: AsyncSession, care: Sequence[CareRelationship]) -> None:
    """Much care has begun at once, which was inserted in this transaction."""
    now = await hold(session)
    kind, facts = EventType.care_relationship, [(one.id, fact_of(CareRelationshipFact, one, now)) for one in care]
    await tell(session, now, [Told(type=kind, subject_id=subject, payload=fact) for subject, fact in facts])


async def care_changed(session: AsyncSession, relationship: CareRelationship) -> None:
    """Care has begun or ended."""
    now = await hold(session)
    stored = await session.get_one(CareRelationship, relationship.id, populate_existing=True)
    fact = fact_of(CareRelationshipFact, stored, now)
    await tell(session, now, [Told(type=EventType.care_relationship, subject_id=relationship.id, payload=fact)])


async def grants_changed(session: AsyncSession, grants: Sequence[GrantRow]) -> None:
    """The same of many at once."""
    if grants:
        now = await hold(session)
        kind, facts = EventType.grant, [(one.id, fact_of(GrantFact, one, now)) for one in grants]
        await tell(session, now, [Told(type=kind, subject_id=subject, payload=fact) for subject, fact in facts])


async def grant_changed(session: AsyncSession, grant: GrantRow) -> None:
    """A cover or an emergency access was given, changed or ended."""
    now = await hold(session)
    fact = fact_of(GrantFact, grant, now)
    await tell(session, now, [Told(type=EventType.grant, subject_id=grant.id, payload=fact)])


async def practice_changed(session: AsyncSession, practice: PracticeRow) -> None:
    """An admin saved the practice's settings, or another logo."""
    now = await hold(session)
    fact = practice_fact(practice, now).model_dump(mode="json")
    await tell(session, now, [Told(type=EventType.practice, subject_id=practice.id, payload=fact)])


async def account_disabled(session: AsyncSession, person: Person) -> None:
    """An account was closed. Ending its sessions is told by whoever ends them."""
    await account_changed(session, person, EventType.account_disabled)


async def account_enabled(session: AsyncSession, person: Person) -> None:
    """A closed account was opened again."""
    await account_changed(session, person, EventType.account_enabled)


async def account_purged(session: AsyncSession, person_id: UUID) -> None:
    """An account is gone for good."""
    await tell(session, await hold(session), [Told(type=EventType.account_purged, subject_id=person_id)])


async def sessions_revoked(session: AsyncSession, person_id: UUID, session_ids: Iterable[UUID]) -> None:
    """These sessions of a person are over, and with them every token that was issued in one."""
    events = [Told(type=EventType.session_revoked, subject_id=person_id, session_id=ended) for ended in session_ids]
    if events:
        await tell(session, await hold(session), events)


async def authorizations_revoked(session: AsyncSession, ended: Iterable[tuple[UUID, UUID]]) -> None:
    """What programs were allowed is over, and with it every token of theirs: which authorizations, and whose."""
    kind = EventType.authorization_revoked
    events = [
        Told(type=kind, subject_id=person_id, payload={"authorization_id": authorization_id})
        for authorization_id, person_id in ended
    ]
    if events:
        await tell(session, await hold(session), events)


async def credential_changed(
    session: AsyncSession, person_id: UUID, credential_type: CredentialType, change_type: ChangeType
) -> None:
    """Somebody's means of signing in was added, changed or taken away."""
    payload = {"credential_type": credential_type, "change_type": change_type}
    event = Told(type=EventType.credential_change, subject_id=person_id, payload=payload)
    await tell(session, await hold(session), [event])


async def claims_changed(session: AsyncSession, person_id: UUID, claims: dict[str, JsonValue]) -> None:
    """What tokens say about a person is no longer so: the changed claims with their new values."""
    event = Told(type=EventType.token_claims_change, subject_id=person_id, payload={"claims": claims})
    await tell(session, await hold(session), [event])


async def account_changed(session: AsyncSession, person: Person, kind: EventType) -> None:
    """The standard event for whoever knows only that, and the fact for our own services."""
    now = await hold(session)
    fact = await person_fact(session, person, now)
    await tell(session, now, [fact, Told(type=kind, subject_id=person.id)])


async def verification(session: AsyncSession, receiver: str, stream_id: UUID, state: str | None) -> None:
    """A receiver wants to see that its stream works. Told to nobody else."""
    payload = {} if state is None else {"state": state}
    values = {"id": new_id(), "type": str(EventType.verification), "occurred_at": await hold(session)}
    values |= {"stream_id": stream_id, "receiver": receiver, "payload": json.dumps(payload)}
    await session.execute(PUBLISH_TO_ONE, values)


async def hold(session: AsyncSession) -> datetime:
    """Keep new receivers out until this transaction ends, and return the database's time."""
    await session.flush()
    now: datetime = (await session.execute(PUBLISHING)).scalar_one()
    return now


async def person_fact(session: AsyncSession, person: Person, now: datetime) -> Told:
    stored = await session.get_one(Person, person.id, populate_existing=True)  # others' committed changes included
    return Told(type=EventType.person, subject_id=person.id, payload=fact_of(PersonFact, stored, now))


def practice_fact(row: PracticeRow, now: datetime) -> PracticeFact:
    return PracticeFact(id=row.id, as_of=now, version=row.version, document=row.document | {"logo": row.logo})


def fact_of(schema: type[BaseModel], row: object, now: datetime) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in schema.model_fields if name != "as_of"}
    return schema(**values, as_of=now).model_dump(mode="json")


async def tell(session: AsyncSession, now: datetime, events: Iterable[Told]) -> None:
    """Put events into the outbox. Raises ValidationError for a payload that is not as its type says."""
    rows = []
    for event in events:
        payload = PAYLOADS[event.type].model_validate(event.payload).model_dump(mode="json")
        values = {
            "id": new_id(),
            "type": str(event.type),
            "subject_id": event.subject_id,
            "session_id": event.session_id,
            "payload": json.dumps(payload),
            "occurred_at": now,
        }
        rows.append(values)
    if rows:
        await session.execute(PUBLISH, rows)
