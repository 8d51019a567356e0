from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, UniqueConstraint, text
from sqlmodel import Field

from afterglow_messaging.base import Base


class Conversation(Base, table=True):
    """`last_sequence` numbers the messages: it grows by one in the statement that stores each of them.

    That of a client's care team has no therapist of its own: whoever treats the client is in it, at most one for each
    client. Without foreign keys to people: care, from which a conversation comes, may arrive before them.
    """

    __tablename__ = "conversations"
    __table_args__ = (
        UniqueConstraint("client_id", "therapist_id"),
        Index("ix_conversations_care_team", "client_id", unique=True, postgresql_where=text("therapist_id IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    client_id: UUID
    therapist_id: UUID | None = Field(default=None, index=True)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    last_sequence: int = Field(default=0, sa_type=BigInteger)
    last_message_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
