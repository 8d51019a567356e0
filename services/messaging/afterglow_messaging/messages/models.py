from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from afterglow_messaging.base import Base


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's `xid8`: 64 bits, never reused."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401  # as SQLAlchemy has it
        return "xid8"


class Message(Base, table=True):
    """`digest` is the keyed digest of the first body: it tells a replay from another message with the same id.

    `stored_in` is the transaction that stored the message: by it, a cursor knows what is new (`messages/cursor.py`).
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "sequence"),
        CheckConstraint("sequence > 0", name="numbered_from_one"),
        ForeignKeyConstraint(["conversation_id", "reply_to"], ["messages.conversation_id", "messages.id"]),
        Index("ix_messages_conversation_id_stored_in", "conversation_id", "stored_in"),
    )

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    sender_id: UUID
    sealed_text: bytes
    digest: bytes
    reply_to: UUID | None = None
    sent_at: datetime = Field(sa_type=DateTime(timezone=True))
    stored_in: int | None = Field(
        default=None,
        sa_column=Column(TransactionId, nullable=False, server_default=text("pg_current_xact_id()")),
    )
