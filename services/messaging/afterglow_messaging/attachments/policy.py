"""Which attachments a caller may see: the scoped selects. Row-level security says the same underneath."""

from uuid import UUID

from afterglow_foundation.callers import Caller
from sqlalchemy import Select, select
from sqlmodel import col

from afterglow_messaging.attachments.models import Attachment
from afterglow_messaging.conversations.models import Conversation
from afterglow_messaging.conversations.policy import conversations_of
from afterglow_messaging.messages.models import Message


def uploads_of(caller: Caller, conversation_id: UUID) -> Select[Attachment]:
    """One's own in that conversation that no message has taken."""
    return of_conversation(caller, conversation_id).where(
        col(Attachment.sender_id) == caller.person, col(Attachment.message_id).is_(None)
    )


def sent_to(caller: Caller, conversation_id: UUID) -> Select[Attachment]:
    """What messages of the conversation carry, for all who are in it; a withdrawn message shows no file either."""
    shown = select(col(Message.id)).where(
        col(Message.conversation_id) == conversation_id, col(Message.withdrawn_at).is_(None)
    )
    return of_conversation(caller, conversation_id).where(col(Attachment.message_id).in_(shown))


def of_conversation(caller: Caller, conversation_id: UUID) -> Select[Attachment]:
    mine = conversations_of(caller).where(col(Conversation.id) == conversation_id)
    return select(Attachment).where(col(Attachment.conversation_id).in_(mine.with_only_columns(col(Conversation.id))))
