"""Cover: while a therapist is away, another one may read what their clients share."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class Cover(Base, table=True):
    """From one time to another, for one client or, without `client_id`, for everybody whom the therapist treats."""

    __tablename__ = "covers"
    __table_args__ = (
        CheckConstraint("therapist_id <> covering_id", name="two_people"),
        CheckConstraint("starts_at < ends_at", name="lasts"),
    )

    id: UUID = Field(primary_key=True)
    therapist_id: UUID = Field(foreign_key="people.id", index=True)
    covering_id: UUID = Field(foreign_key="people.id", index=True)
    client_id: UUID | None = Field(default=None, foreign_key="people.id")
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    asked_by: UUID = Field(foreign_key="people.id")
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Grant(Base, table=True):
    """What a cover comes to for one client: a fact that the other services are told. `therapist_id` covers."""

    __tablename__ = "grants"
    __table_args__ = (CheckConstraint("kind = 'cover'", name="kind"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = "cover"
    cover_id: UUID = Field(foreign_key="covers.id", index=True)
    client_id: UUID = Field(foreign_key="people.id", index=True)
    therapist_id: UUID = Field(foreign_key="people.id")
    reason_code: str | None = None
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
