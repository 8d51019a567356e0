from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime
from sqlmodel import Field

from afterglow_messaging.base import Base

LONGEST_TARGET = 14 * 24  # hours


class AnswerTarget(Base, table=True):
    """Within how many hours a therapist wants to answer; without one nothing is ever overdue."""

    __tablename__ = "answer_targets"
    __table_args__ = (CheckConstraint(f"hours BETWEEN 1 AND {LONGEST_TARGET}", name="hours"),)

    therapist_id: UUID = Field(primary_key=True)
    hours: int
    chosen_at: datetime = Field(sa_type=DateTime(timezone=True))


class NoAnswerNeeded(Base, table=True):
    """Up to which message of a conversation a therapist says that no answer is needed. Nobody else learns it."""

    __tablename__ = "no_answers_needed"

    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    therapist_id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    said_at: datetime = Field(sa_type=DateTime(timezone=True))
