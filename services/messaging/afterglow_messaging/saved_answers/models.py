from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index
from sqlmodel import Field

from afterglow_messaging.base import Base


class SavedAnswer(Base, table=True):
    """`digest` is that of the first name and text, by which a replay is known; `version` counts the changes."""

    __tablename__ = "saved_answers"
    __table_args__ = (
        CheckConstraint("version >= 0", name="version"),
        Index("ix_saved_answers_therapist_id", "therapist_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    therapist_id: UUID
    sealed_name: bytes
    sealed_text: bytes
    digest: bytes
    version: int = 0
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
