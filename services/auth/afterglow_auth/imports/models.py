"""Imports: many clients at once from a file, looked at before any of them is made."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from afterglow_auth.base import Base


class ImportState(StrEnum):
    """`preview`: nothing is made. `failed`: something did not fit any more when it was carried out; nothing is made."""

    carried_out = "carried_out"
    failed = "failed"
    preview = "preview"
    under_way = "under_way"


class PeopleImport(Base, table=True):
    """A file that was read: `rows` as they would be made, or `faults` by row and column; never both.

    The rows are forgotten once they are people. `made` grows while it is carried out, for whoever waits; until all
    of it is done none of it is there.
    """

    __tablename__ = "people_imports"
    __table_args__ = (
        CheckConstraint("num_nonnulls(carried_out_at, failed_at) <= 1", name="one_end"),
        CheckConstraint("started_at IS NULL OR jsonb_array_length(faults) = 0 OR failed_at IS NOT NULL", name="faults"),
    )

    id: UUID = Field(primary_key=True)
    asked_by: UUID = Field(foreign_key="people.id")
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC), sa_type=DateTime(timezone=True))
    body_digest: bytes
    total: int
    rows: list[dict[str, Any]] = Field(sa_type=JSONB)
    faults: list[dict[str, Any]] = Field(sa_type=JSONB)
    made: int = 0
    started_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    carried_out_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    failed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def state(self) -> ImportState:
        if self.carried_out_at:
            return ImportState.carried_out
        if self.failed_at:
            return ImportState.failed
        return ImportState.under_way if self.started_at else ImportState.preview
