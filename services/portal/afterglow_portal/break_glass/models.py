"""The words of an emergency, sealed, with what the grant said."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field

from afterglow_portal.base import Base


class BreakGlassReason(Base, table=True):
    """One for each grant, under the grant's id; added once and never changed. `therapist_id` opened the record."""

    __tablename__ = "break_glass_reasons"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="in_order"),)

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    therapist_id: UUID
    therapist_name: str
    reason_code: str
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    words: bytes
    body_digest: bytes
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
