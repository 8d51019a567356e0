"""What portal's tests put in place: people, care, check-ins."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.copying import upsert
from afterglow_foundation.security_events.facts import CareRelationshipFact, GrantFact, PersonFact
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_portal.models import AuditEvent
from afterglow_portal.people.models import Grant
from afterglow_portal.people.receiving import COPY
from sqlalchemy import Row, event, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


async def introduce(session: AsyncSession, *people: Person) -> None:
    """Tell portal who they are, as auth would."""
    for person in people:
        fact = PersonFact(
            id=person.id, name=person.name, role=person.role, locale="en", time_zone="Europe/London", as_of=LONG_AGO
        )
        await COPY.apply_people(session, [fact])


async def assign(session: AsyncSession, client: Person, therapist: Person, **changes: Any) -> CareRelationshipFact:
    """Put a client in a therapist's care."""
    values = {"id": new_id(), "kind": "treating", "started_at": LONG_AGO, "as_of": LONG_AGO} | changes
    fact = CareRelationshipFact(client_id=client.id, therapist_id=therapist.id, **values)
    await COPY.apply_care(session, [fact])
    return fact


async def stand_in(session: AsyncSession, client: Person, covering: Person, covers_for: Person) -> None:
    """Let somebody stand in for a client's therapist until tomorrow."""
    fact = GrantFact(
        id=new_id(),
        kind="cover",
        client_id=client.id,
        therapist_id=covering.id,
        covered_id=covers_for.id,
        starts_at=LONG_AGO,
        ends_at=datetime.now(UTC) + timedelta(days=1),
        as_of=LONG_AGO,
    )
    await upsert(session, Grant, [fact])


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def check_in(**changes: Any) -> dict[str, Any]:
    """A body that portal accepts."""
    body = {"mood": 2, "energy": -1, "anxiety": 4, "felt_at": ago(minutes=1), "time_zone": "Europe/London"}
    return body | {"visibility": "therapist"} | changes


async def put(http: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Record a check-in that must be accepted, and return the answer."""
    answer = await http.put(f"/api/portal/check-ins/{new_id()}", json=check_in(**changes))
    assert answer.status_code == 201, answer.text
    stored: dict[str, Any] = answer.json()
    return stored


async def audited(database: RolledBackDatabase, action: str) -> list[Row[Any]]:
    """The audit events of one action, oldest first, as seen from above row-level security."""
    async with database.arrange() as session:
        rows = await session.execute(
            select(
                col(AuditEvent.actor_id),
                col(AuditEvent.actor_role),
                col(AuditEvent.subject_id),
                col(AuditEvent.object_id),
                col(AuditEvent.outcome),
                col(AuditEvent.session_id),
                col(AuditEvent.purpose),
            )
            .where(col(AuditEvent.action) == action)
            .order_by(col(AuditEvent.at))
        )
        return list(rows)


async def number_of(database: RolledBackDatabase, table: str) -> int:
    async with database.arrange() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  # names of ours


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements sent while the block runs."""
    sent: list[str] = []

    def keep(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    yield sent
    event.remove(engine.sync_engine, "before_cursor_execute", keep)
