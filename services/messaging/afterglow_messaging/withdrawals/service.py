"""Take a message back: its place and its trace stay, its words are shown to nobody."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.care_teams.members import people_in
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.live.waking import wake
from afterglow_messaging.messages.models import Message
from afterglow_messaging.messages.service import find_own_message, refuse_closed

WITHDRAWABLE_FOR = timedelta(hours=24)  # decision 0050: what was written in a bad night can go the next morning
ACTION = AuditAction.message_withdrawn


class TooLate(Conflict):
    code, title = "too_late", "A message can be withdrawn for 24 hours; this one is older and stays in the record"


async def withdraw(
    session: AsyncSession, caller: Caller, conversation: Conversation, message_id: UUID
) -> tuple[Message, bool]:
    """The withdrawn message, and whether this call withdrew it: repeating changes nothing.

    Raises NotFound or Forbidden for a message that is not the caller's, Forbidden once care has ended, TooLate.
    """
    message = await find_own_message(session, caller, conversation, message_id, ACTION)
    if message.withdrawn_at:
        return message, False
    await refuse_closed(session, caller, conversation, ACTION)
    now = datetime.now(UTC)
    statement = (
        update(Message)
        .where(
            col(Message.conversation_id) == conversation.id,
            col(Message.id) == message_id,
            col(Message.withdrawn_at).is_(None),
            col(Message.sent_at) >= now - WITHDRAWABLE_FOR,
        )
        .values(withdrawn_at=now)
        .returning(col(Message.id))
        .execution_options(synchronize_session=False)
    )
    first = await session.scalar(statement) is not None
    await session.refresh(message)
    if not message.withdrawn_at:
        raise TooLate
    if first:
        await wake(session, conversation.id, await people_in(session, conversation))
    return message, first
