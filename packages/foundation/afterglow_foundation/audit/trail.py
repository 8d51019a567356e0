"""Write audit events: in the caller's transaction, or for a refusal in one of its own."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from afterglow_foundation.audit.columns import AuditEventColumns, Outcome
from afterglow_foundation.callers import Caller, find_caller
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import Problem, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.telemetry import current_request_id

# One statement for many: they differ in two columns only.
INSERT_EACH = text("""
    INSERT INTO audit_events (id, at, actor_id, actor_role, subject_id, action, object_id, purpose, outcome, session_id,
                              request_id)
    SELECT each.id, CAST(:at AS timestamptz), CAST(:actor_id AS uuid), CAST(:actor_role AS text), each.subject_id,
           CAST(:action AS text), CAST(:object_id AS uuid), CAST(:purpose AS text), CAST(:outcome AS text),
           CAST(:session_id AS uuid), CAST(:request_id AS text)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:subject_ids AS uuid[])) AS each (id, subject_id)
""")


def event_values(
    caller: Caller | None,
    action: StrEnum | str,
    *,
    object_id: UUID | None = None,
    subject_id: UUID | None = None,
    purpose: str | None = None,
    outcome: Outcome = Outcome.success,
) -> dict[str, Any]:
    """The values of one event row, for a hot path that inserts it in its own statement.

    Of an act by a service in the person's stead the purpose names the service, before whatever else stands there.
    """
    return {
        "id": new_id(),
        "at": datetime.now(UTC),
        "actor_id": caller.id if caller else None,
        "actor_role": str(caller.role) if caller else None,
        "subject_id": subject_id,
        "action": str(action),
        "object_id": object_id,
        "purpose": in_whose_hands(caller, purpose),
        "outcome": str(outcome),
        "session_id": caller.session_id if caller else None,
        "request_id": current_request_id(),
    }


def in_whose_hands(caller: Caller | None, purpose: str | None) -> str | None:
    if caller is None or caller.actor is None:
        return purpose
    return f"{caller.actor}: {purpose}" if purpose else caller.actor


class AuditTrail:
    """One service's audit table."""

    def __init__(self, table: type[AuditEventColumns], database: Database) -> None:
        self._table = table
        self._database = database

    async def record(
        self,
        session: AsyncSession,
        caller: Caller | None,
        action: StrEnum | str,
        *,
        object_id: UUID | None = None,
        subject_id: UUID | None = None,
        purpose: str | None = None,
        outcome: Outcome = Outcome.success,
    ) -> None:
        """Insert an event in the transaction of what it tells; if that fails, so does the act."""
        values = event_values(
            caller, action, object_id=object_id, subject_id=subject_id, purpose=purpose, outcome=outcome
        )
        await session.execute(insert(self._table).values(**values))

    async def record_each(
        self, session: AsyncSession, caller: Caller, action: StrEnum | str, subject_ids: Iterable[UUID]
    ) -> None:
        """One event for each person whose record was read at once; one without a subject when nobody's was."""
        subjects: list[UUID | None] = [*subject_ids] or [None]
        values = event_values(caller, action) | {"ids": [new_id() for _ in subjects], "subject_ids": subjects}
        await session.execute(INSERT_EACH, values)

    async def refused(self, request: Request, refusal: Refusal) -> None:
        """Keep a denied attempt; the request's own transaction is already rolled back."""
        caller = await self._caller(request)
        async with self._database.unit_of_work(RowContext.of(caller)) as session:
            await self.record(
                session,
                caller,
                refusal.action,
                object_id=refusal.object_id,
                subject_id=refusal.subject_id,
                purpose=refusal.purpose,
                outcome=Outcome.refused,
            )

    @staticmethod
    async def _caller(request: Request) -> Caller | None:
        try:
            return await find_caller(request)
        except Problem:
            return None  # the refusal is about the token itself, so nobody is known


def trail_of(request: Request) -> AuditTrail:
    trail: AuditTrail = request.app.state.audit
    return trail


async def audit_trail(request: Request) -> AuditTrail:
    """The same as a dependency: async, to stay out of the thread pool."""
    return trail_of(request)
