from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field

from afterglow_messaging.base import Base


class ScheduledMessage(Base, table=True):
    """Its words are sealed as those of the message that it becomes, under the same id, so that sending opens nothing.

    `first_digest` tells a replay. One that could not be sent says why in `refusal`, until its sender puts it away.
    """

    __tablename__ = "scheduled_messages"
    __table_args__ = (
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint("(refused_at IS NULL) = (refusal IS NULL)", name="refused"),
        CheckConstraint("refusal IN ('closed', 'sender', 'late')", name="refusal"),
        Index("ix_scheduled_messages_sender_id", "sender_id", "conversation_id"),
        Index("ix_scheduled_messages_due", "send_at", postgresql_where=text("refused_at IS NULL")),
    )

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    id: UUID = Field(primary_key=True)
    sender_id: UUID
    sealed_text: bytes
    digest: bytes
    first_digest: bytes
    reply_to: UUID | None = None
    send_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = 0
    refused_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    refusal: str | None = None
