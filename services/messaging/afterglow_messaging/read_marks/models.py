from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime
from sqlmodel import Field

from afterglow_messaging.base import Base


class ReadMark(Base, table=True):
    """The newest message that a person has marked as read in a conversation; who else sees it says `seen/`."""

    __tablename__ = "read_marks"

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    person_id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    marked_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
