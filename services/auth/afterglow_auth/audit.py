"""Auth's audit table and every verb that may stand in it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.audit import AuditEventColumns, Outcome, event_values
from afterglow_foundation.audit.access_log import log_index
from afterglow_foundation.callers import Caller
from sqlalchemy import Index, insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.base import Base


class AuditEvent(Base, AuditEventColumns, table=True):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_actor_id_id", "actor_id", "id"),
        Index("ix_audit_events_subject_id_id", "subject_id", "id"),
        log_index(),
    )


class Verb(StrEnum):
    account_changed = "account:changed"
    assertion_reused = "client_assertion:reused"
    audit_read = "audit:read"
    break_glass_ended = "break_glass:ended"
    break_glass_listed = "break_glass:listed"
    break_glass_opened = "break_glass:opened"
    break_glass_reviewed = "break_glass:reviewed"
    care_assigned = "care:assigned"
    care_ended = "care:ended"
    care_listed = "care:listed"
    client_authentication = "oauth_client:authentication"
    client_authorized = "oauth_client:authorized"
    client_changed = "oauth_client:changed"
    client_disabled = "oauth_client:disabled"
    client_enabled = "oauth_client:enabled"
    client_keys_changed = "oauth_client:keys_changed"
    client_read = "oauth_client:read"
    client_registered = "oauth_client:registered"
    clients_listed = "oauth_clients:listed"
    code_replayed = "code:replayed"
    consent_given = "consent:given"
    consent_taken_back = "consent:taken_back"
    cover_arranged = "cover:arranged"
    cover_ended = "cover:ended"
    covers_listed = "covers:listed"
    events_read = "events:read"
    exports_held = "exports:held"
    exports_released = "exports:released"
    factor_reset_asked = "factor_reset:asked"
    factor_reset_carried_out = "factor_reset:carried_out"
    factor_reset_objected = "factor_reset:objected"
    factor_reset_withdrawn = "factor_reset:withdrawn"
    factor_tried = "factor:tried"
    import_carried_out = "import:carried_out"
    import_made = "import:made"
    import_read = "import:read"
    import_started = "import:started"
    invitation_accepted = "invitation:accepted"
    invitation_made = "invitation:made"
    invitation_sent_again = "invitation:sent_again"
    invitation_withdrawn = "invitation:withdrawn"
    invitations_listed = "invitations:listed"
    key_rotated = "signing_key:rotated"
    keys_listed = "signing_keys:listed"
    names_read = "names:read"
    notice_way_chosen = "notice_way:chosen"
    notices_asked = "notices:asked"
    notices_confirmed = "notices:confirmed"
    notices_stopped = "notices:stopped"
    passkey_added = "passkey:added"
    passkey_removed = "passkey:removed"
    passkey_renamed = "passkey:renamed"
    password_changed = "password:changed"  # noqa: S105  # a verb
    password_removed = "password:removed"  # noqa: S105  # a verb
    people_listed = "people:listed"
    person_created = "person:created"
    person_disabled = "person:disabled"
    person_enabled = "person:enabled"
    person_read = "person:read"
    practice_changed = "practice:changed"
    practice_logo_changed = "practice:logo_changed"
    proof_refused = "proof:refused"
    proposal_approved = "proposal:approved"
    proposal_carried_out = "proposal:carried_out"
    proposal_made = "proposal:made"
    proposal_read = "proposal:read"
    proposal_withdrawn = "proposal:withdrawn"
    proposals_listed = "proposals:listed"
    pushed_request_reused = "pushed_request:reused"
    push_subscription_added = "push_subscription:added"
    push_subscription_removed = "push_subscription:removed"
    quiet_hours_chosen = "quiet_hours:chosen"
    recovery_asked = "recovery:asked"
    recovery_code_used = "recovery_code:used"
    recovery_codes_made = "recovery_codes:made"
    recovery_codes_removed = "recovery_codes:removed"
    recovery_used = "recovery:used"
    refresh_reused = "refresh_token:reused"
    reset_made = "reset:made"
    reset_used = "reset:used"
    role_changed = "role:changed"
    session_ended = "session:ended"
    sessions_ended = "sessions:ended"
    sessions_listed = "sessions:listed"
    sign_in = "sign_in"
    stream_changed = "event_stream:changed"
    stream_created = "event_stream:created"
    stream_deleted = "event_stream:deleted"
    terms_accepted = "terms:accepted"
    token_exchanged = "token:exchanged"  # noqa: S105  # a verb
    token_introspected = "token:introspected"  # noqa: S105  # a verb
    token_revoked = "token:revoked"  # noqa: S105  # a verb
    totp_added = "totp:added"
    totp_removed = "totp:removed"


OPERATOR = "operator"
_purpose: ContextVar[str | None] = ContextVar("purpose", default=None)


@contextmanager
def as_operator() -> Iterator[None]:
    """Let every event in the block say that it came from the host's command line, where nobody is signed in."""
    marker = _purpose.set(OPERATOR)
    try:
        yield
    finally:
        _purpose.reset(marker)


INSERT = insert(AuditEvent.__table__)  # type: ignore[attr-defined]  # SQLModel's stubs do not know it


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
    purpose = purpose or _purpose.get()
    values = event_values(caller, verb, object_id=object_id, subject_id=subject_id, purpose=purpose, outcome=outcome)
    await session.execute(INSERT, values)


async def record_each(
    session: AsyncSession,
    verb: Verb,
    acts: Sequence[tuple[UUID, UUID]],
    caller: Caller | None = None,
    *,
    purpose: str | None = None,
) -> None:
    """The same of many at once: which object, and whose."""
    purpose = purpose or _purpose.get()
    values = [event_values(caller, verb, object_id=one, subject_id=whose, purpose=purpose) for one, whose in acts]
    if values:
        await session.execute(INSERT, values)
