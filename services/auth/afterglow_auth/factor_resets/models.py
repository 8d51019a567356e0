"""Factor resets: taking away every way in that somebody has, a day after they were told."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, DateTime, Index, and_, text
from sqlmodel import Field, col

from afterglow_auth.base import Base

OPEN = "carried_out_at IS NULL AND objected_at IS NULL AND withdrawn_at IS NULL"


class FactorResetState(StrEnum):
    carried_out = "carried_out"
    objected = "objected"
    open = "open"
    withdrawn = "withdrawn"


class FactorReset(Base, table=True):
    """Until it is carried out, `due_at` or later, whoever it is about can object; one is open per person.

    Without `asked_by` the operator asked for it, at the host itself.
    """

    __tablename__ = "factor_resets"
    __table_args__ = (
        CheckConstraint("num_nonnulls(carried_out_at, objected_at, withdrawn_at) <= 1", name="one_end"),
        CheckConstraint("asked_by <> person_id", name="not_oneself"),
        Index("uq_factor_resets_open", "person_id", unique=True, postgresql_where=text(OPEN)),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="people.id", index=True)
    asked_by: UUID | None = Field(default=None, foreign_key="people.id")
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    due_at: datetime = Field(sa_type=DateTime(timezone=True))
    objected_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    withdrawn_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    withdrawn_by: UUID | None = Field(default=None, foreign_key="people.id")
    carried_out_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def expires_at(self) -> datetime:
        """What the token of the link by which they object is made of, besides the id."""
        return self.due_at

    @property
    def state(self) -> FactorResetState:
        if self.carried_out_at:
            return FactorResetState.carried_out
        if self.objected_at:
            return FactorResetState.objected
        return FactorResetState.withdrawn if self.withdrawn_at else FactorResetState.open


def is_open() -> ColumnElement[bool]:
    """The condition on `factor_resets` that says what `state` says."""
    ends = (FactorReset.carried_out_at, FactorReset.objected_at, FactorReset.withdrawn_at)
    return and_(*(col(end).is_(None) for end in ends))
