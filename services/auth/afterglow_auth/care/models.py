"""Who treats whom."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from sqlalchemy import CheckConstraint, DateTime, Index, text
from sqlmodel import Field

from afterglow_auth.base import Base


class CareRelationship(Base, table=True):
    """A therapist treats a client from one time to another; one live per pair.

    `ends_at` is when it is planned to end; then a job ends it.
    """

    __tablename__ = "care_relationships"
    __table_args__ = (
        CheckConstraint("client_id <> therapist_id", name="two_people"),
        CheckConstraint("kind = 'treating'", name="kind"),
        Index(
            "uq_care_relationships_live",
            "client_id",
            "therapist_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: UUID = Field(foreign_key="people.id")
    therapist_id: UUID = Field(foreign_key="people.id", index=True)
    kind: str = "treating"
    started_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
