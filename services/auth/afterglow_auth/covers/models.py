"""Cover: while a therapist is away, another one may read what their clients share. Grants say so of each client."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from afterglow_auth.base import Base


class Cover(Base, table=True):
    """From one time to another, for one client or, without `client_id`, for everybody whom the therapist treats."""

    __tablename__ = "covers"
    __table_args__ = (
        CheckConstraint("therapist_id <> covering_id", name="two_people"),
        CheckConstraint("starts_at < ends_at", name="lasts"),
        UniqueConstraint("id", "therapist_id"),  # so that a grant names the one whom its cover names
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
    """`therapist_id` may read a client's record for a time without treating them: a fact that others are told.

    One for each client of a cover, in the stead of `covered_id`; or an emergency, with its reason from a list (see
    `break_glass`), which `ended_by` ended at `ends_at`, before its hour was over.
    """

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("kind IN ('break_glass', 'cover')", name="kind"),
        CheckConstraint("(kind = 'cover') = (cover_id IS NOT NULL)", name="of_a_cover"),
        CheckConstraint("(kind = 'cover') = (covered_id IS NOT NULL)", name="covers_somebody"),
        ForeignKeyConstraint(
            ["cover_id", "covered_id"], ["covers.id", "covers.therapist_id"], name="fk_grants_cover_id_covered_id"
        ),
        CheckConstraint("(kind = 'break_glass') = (reason_code IS NOT NULL)", name="reason_code"),
        CheckConstraint("ended_by IS NULL OR kind = 'break_glass'", name="ended_early"),
        Index("ix_grants_break_glass", "id", postgresql_where=text("kind = 'break_glass'")),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: str = "cover"
    cover_id: UUID | None = Field(default=None, foreign_key="covers.id", index=True)
    client_id: UUID = Field(foreign_key="people.id", index=True)
    therapist_id: UUID = Field(foreign_key="people.id")
    covered_id: UUID | None = None
    reason_code: str | None = None
    starts_at: datetime = Field(sa_type=DateTime(timezone=True))
    ends_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_by: UUID | None = Field(default=None, foreign_key="people.id")
