"""What became of an emergency: that somebody else has looked at it. The grant itself is a row of `grants`."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlmodel import Field

from afterglow_auth.base import Base


class Reason(StrEnum):
    danger = "danger"
    medical = "medical"
    unreachable = "unreachable"
    other = "other"


class Outcome(StrEnum):
    in_order = "in_order"
    to_follow_up = "to_follow_up"


class BreakGlassReview(Base, table=True):
    """One for each grant, added once and never changed. `remark` is sealed under auth's own keys."""

    __tablename__ = "break_glass_reviews"
    __table_args__ = (
        CheckConstraint("outcome IN ('in_order', 'to_follow_up')", name="outcome"),
        CheckConstraint("(remark IS NULL) = (key_version IS NULL)", name="sealed"),
    )

    grant_id: UUID = Field(primary_key=True, foreign_key="grants.id")
    reviewed_by: UUID = Field(foreign_key="people.id")
    reviewed_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    outcome: str
    remark: bytes | None = None
    key_version: int | None = None
