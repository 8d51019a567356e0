"""Whether somebody wants to be told of messages that wait, and every notice that was ever due."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field

from afterglow_messaging.base import Base


class NoticeChoice(Base, table=True):
    """Without one somebody is told."""

    __tablename__ = "notice_choices"

    person_id: UUID = Field(primary_key=True)
    messages: bool
    chosen_at: datetime = Field(sa_type=DateTime(timezone=True))


class MessageNotice(Base, table=True):
    """A line of foundation's ledger: that one or more messages wait for somebody. Which ones is not kept."""

    __tablename__ = "message_notices"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'handed_over', 'sent', 'unsent')", name="state"),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
        CheckConstraint("due_at < expires_at", name="in_order"),
        Index("ix_message_notices_unsettled", "ask_at", postgresql_where=text("state IN ('planned', 'handed_over')")),
        Index("ix_message_notices_person_id_due_at", "person_id", "due_at"),
    )

    person_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    state: str = "planned"
    ask_at: datetime = Field(sa_type=DateTime(timezone=True))
    handed_over_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
