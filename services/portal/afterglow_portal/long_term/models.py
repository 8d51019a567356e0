"""What was asked on one day. Rows are only added: what was wrong is recorded once more, and both stay."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index
from sqlmodel import Field

from afterglow_portal.base import Base


class LongTermCheck(Base, table=True):
    """`content` is sealed, answers and words alike."""

    __tablename__ = "long_term_checks"
    __table_args__ = (Index("ix_long_term_checks_client_id", "client_id", "asked_on"),)

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    asked_on: date
    content: bytes
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    body_digest: bytes
