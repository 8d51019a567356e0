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

    The words never change: what corrects them is a `MessageVersion`, and `corrections` is the number of the newest.
    Those of a withdrawn message stay sealed and are shown to nobody.
    `stored_in` is the transaction that stored the message or changed it last: by it, a cursor knows what is new
    (`messages/cursor.py`). A trigger keeps it.
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
    corrections: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    corrected_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    withdrawn_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    stored_in: int | None = Field(
        default=None,
        sa_column=Column(TransactionId, nullable=False, server_default=text("pg_current_xact_id()")),
    )


class MessageVersion(Base, table=True):
    """Words that took the place of earlier ones, numbered from 1: the message itself holds the first.

    `id` is made by who corrects, so that repeating it adds nothing; `digest` tells a replay from another correction.
    """

    __tablename__ = "message_versions"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id", "id"),
        CheckConstraint("number > 0", name="numbered_from_one"),
        ForeignKeyConstraint(["conversation_id", "message_id"], ["messages.conversation_id", "messages.id"]),
    )

    conversation_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    id: UUID
    sealed_text: bytes
    digest: bytes
    written_at: datetime = Field(sa_type=DateTime(timezone=True))
