"""Withdraw a dose that was never given: the record keeps it with who, when and why, and no figure counts it."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, NotFound, Refusal
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.content import sealed_reason, withdrawal_reason
from afterglow_portal.course.models import Administration
from afterglow_portal.course.policy import recorded_of
from afterglow_portal.course.writer import Writer


class AdministrationWithdrawn(Conflict):
    code, title = "administration_withdrawn", "This record was withdrawn: it says that nothing was given"


async def withdraw(writer: Writer, session_id: UUID, administration_id: UUID, reason: str) -> bool:
    """Say that it was not given. False if that was said before with the same words.

    Raises NotFound, and AdministrationWithdrawn where it was withdrawn before for another reason.
    """
    session, client, key = writer.session, writer.client, writer.key
    of_session = col(Administration.id) == administration_id, col(Administration.session_id) == session_id
    row = await session.scalar(recorded_of(client).where(*of_session).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.administration_withdrawn, administration_id, client))
    if row.withdrawn_at is not None:
        if withdrawal_reason(row, key) != reason:
            raise AdministrationWithdrawn
        return False
    row.withdrawn_at, row.withdrawn_by = datetime.now(UTC), writer.by
    row.withdrawal = sealed_reason(reason, row.id, key)
    await session.flush()
    return True
