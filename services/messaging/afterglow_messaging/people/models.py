from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index
from sqlmodel import Field

from afterglow_messaging.base import Base


class Person(Base, table=True):
    __tablename__ = "people"

    id: UUID = Field(primary_key=True)
    name: str
    role: str
    locale: str
    time_zone: str
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class CareRelationship(Base, table=True):
    __tablename__ = "care_relationships"
    __table_args__ = (
        Index(None, "client_id", "therapist_id"),
        Index(None, "therapist_id"),
    )

    id: UUID = Field(primary_key=True)
    client_id: UUID
    therapist_id: UUID
    kind: str
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
