"""Auth's audit table and every verb that may stand in it."""

from enum import StrEnum
from uuid import UUID

from afterglow_foundation.audit import AuditEventColumns, Outcome, event_values
from afterglow_foundation.callers import Caller
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.base import Base


class AuditEvent(Base, AuditEventColumns, table=True):
    __tablename__ = "audit_events"


class Verb(StrEnum):
    assertion_reused = "client_assertion:reused"
    care_assigned = "care:assigned"
    care_ended = "care:ended"
    client_authentication = "oauth_client:authentication"
    client_authorized = "oauth_client:authorized"
    client_registered = "oauth_client:registered"
    code_replayed = "code:replayed"
    events_read = "events:read"
    key_rotated = "signing_key:rotated"
    people_listed = "people:listed"
    person_created = "person:created"
    person_disabled = "person:disabled"
    refresh_reused = "refresh_token:reused"
    session_ended = "session:ended"
    sign_in = "sign_in"
    token_revoked = "token:revoked"  # noqa: S105  # a verb


async def record(
    session: AsyncSession,
    verb: Verb,
    caller: Caller | None = None,
    *,
    object_id: UUID | None = None,
    subject_id: UUID | None = None,
    purpose: str | None = None,
    outcome: Outcome = Outcome.success,
) -> None:
    """Insert an event in the transaction of what it tells."""
    values = event_values(caller, verb, object_id=object_id, subject_id=subject_id, purpose=purpose, outcome=outcome)
    await session.execute(insert(AuditEvent).values(**values))
