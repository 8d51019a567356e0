"""Proposals: acts that wait for a second person."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, DateTime, and_
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col

from afterglow_auth.base import Base


class Act(StrEnum):
    change_role = "change_role"
    enable = "enable"
    invite = "invite"
    reset = "reset"
    reset_factors = "reset_factors"


class ProposalState(StrEnum):
    """`failed`: its time came, and it no longer fitted."""

    carried_out = "carried_out"
    failed = "failed"
    open = "open"
    withdrawn = "withdrawn"


class Proposal(Base, table=True):
    """An act somebody asked for; `id` is that of the invitation or reset it will make.

    `due_at` is when it is carried out without a second person, where the practice has a single admin.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("act IN ('change_role', 'enable', 'invite', 'reset', 'reset_factors')", name="act"),
        CheckConstraint("approved_by <> proposed_by", name="second_person"),
        CheckConstraint("num_nonnulls(carried_out_at, withdrawn_at, failed_at) <= 1", name="one_end"),
        CheckConstraint("(act = 'invite') = (subject_id IS NULL)", name="subject"),
    )

    id: UUID = Field(primary_key=True)
    act: str
    subject_id: UUID | None = Field(default=None, foreign_key="people.id", index=True)
    details: dict[str, Any] = Field(sa_type=JSONB)
    body_digest: bytes
    proposed_by: UUID = Field(foreign_key="people.id")
    proposed_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    due_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    approved_by: UUID | None = Field(default=None, foreign_key="people.id")
    withdrawn_by: UUID | None = Field(default=None, foreign_key="people.id")
    withdrawn_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    carried_out_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    failed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    failed_because: str | None = None

    @property
    def state(self) -> ProposalState:
        if self.carried_out_at:
            return ProposalState.carried_out
        if self.withdrawn_at:
            return ProposalState.withdrawn
        return ProposalState.failed if self.failed_at else ProposalState.open


def is_open() -> ColumnElement[bool]:
    """The condition on `proposals` that says what `state` says."""
    return and_(*(col(end).is_(None) for end in (Proposal.carried_out_at, Proposal.withdrawn_at, Proposal.failed_at)))
