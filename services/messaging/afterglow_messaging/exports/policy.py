"""Whose conversations leave: nobody's whose exports the practice holds, and none of a client whose are held."""

from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Forbidden, Refusal
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.people.models import PersonCopy


class NotNow(Forbidden):
    """Does not say that something is held: whoever asks may not be the one whom it protects."""

    code, title = "export_unavailable", "This cannot be taken out just now; please ask the practice"


async def refuse_held(session: AsyncSession, caller: Caller, conversation_id: UUID, client_id: UUID) -> None:
    """Raise NotNow, audited, while exports of the caller's or of the client's are held."""
    held = select(col(PersonCopy.id)).where(
        col(PersonCopy.id).in_([caller.person, client_id]), col(PersonCopy.exports_held)
    )
    if (await session.execute(held)).first():
        raise NotNow(refusal=Refusal(AuditAction.conversation_exported, conversation_id, client_id, "held"))
