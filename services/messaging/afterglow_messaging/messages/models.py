from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field

from afterglow_messaging.base import Base


class Message(Base, table=True):
    """`digest` is the keyed digest of the first body: it tells a replay from another message with the same id."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "sequence"),
        CheckConstraint("sequence > 0", name="numbered_from_one"),
        ForeignKeyConstraint(["conversation_id", "reply_to"], ["messages.conversation_id", "messages.id"]),
    )

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    sender_id: UUID
    sealed_text: bytes
    digest: bytes
    reply_to: UUID | None = None
    sent_at: datetime = Field(sa_type=DateTime(timezone=True))
