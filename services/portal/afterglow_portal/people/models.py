"""Portal's copies of people and of care; `as_of` is when auth said so, and orders what arrives out of order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index
from sqlmodel import Field

from afterglow_portal.base import Base


class PersonCopy(Base, table=True):
    __tablename__ = "people"

    id: UUID = Field(primary_key=True)
    name: str
    role: str
    locale: str
    time_zone: str
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    as_of: datetime = Field(sa_type=DateTime(timezone=True))


class CareRelationship(Base, table=True):
    """Without foreign keys to people: a relationship may arrive before the people it names."""

    __tablename__ = "care_relationships"
    __table_args__ = (
        Index("ix_care_relationships_therapist_id", "therapist_id", "client_id"),
        Index("ix_care_relationships_client_id", "client_id", "therapist_id"),
    )

    id: UUID = Field(primary_key=True)
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    as_of: datetime = Field(sa_type=DateTime(timezone=True))
