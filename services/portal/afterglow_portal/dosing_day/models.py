"""What is recorded of the day of a dose. Rows are only added: one that `replaces` another leaves it where it was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from afterglow_portal.base import Base

SESSION = (["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"])


class RecordColumns(SQLModel):
    """What every record has. The digest judges a repeated PUT."""

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    replaces: UUID | None = None
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    body_digest: bytes


def held(table: str) -> tuple[ForeignKeyConstraint | UniqueConstraint | Index, ...]:
    """Each belongs to a session, and each is replaced once at most; made anew per table."""
    return (
        ForeignKeyConstraint(*SESSION),
        ForeignKeyConstraint(["client_id", "replaces"], [f"{table}.client_id", f"{table}.id"]),
        UniqueConstraint("client_id", "replaces"),
        Index(f"ix_{table}_client_id", "client_id", "session_id"),
    )


class VitalSigns(Base, RecordColumns, table=True):
    """One reading. `moment` says which of the day's it is; scores stay plain, as elsewhere."""

    __tablename__ = "vital_signs"
    __table_args__ = (
        *held("vital_signs"),
        CheckConstraint("moment IN ('baseline', 'after_40_minutes', 'before_leaving', 'other')", name="moment"),
    )

    measured_at: datetime = Field(sa_type=DateTime(timezone=True))
    moment: str
    systolic: int | None = None
    diastolic: int | None = None
    pulse: int | None = None
    oxygen: int | None = None


class AdverseEvent(Base, RecordColumns, table=True):
    """What did not go well. `words` (what it was, and how it went) are sealed."""

    __tablename__ = "adverse_events"
    __table_args__ = (*held("adverse_events"), CheckConstraint("ended_at >= began_at", name="in_order"))

    kind: str
    began_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    words: bytes


class Observation(Base, RecordColumns, table=True):
    """From when until when the client was observed, and who was there: kinds of people, with sealed `words`."""

    __tablename__ = "observations"
    __table_args__ = (*held("observations"), CheckConstraint("ended_at >= began_at", name="in_order"))

    began_at: datetime = Field(sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    present: list[str] = Field(sa_type=ARRAY(Text))
    words: bytes


class Checklist(Base, RecordColumns, table=True):
    """Which steps of a list were ticked. `words` say, sealed, why it goes on without the others, if `reasoned`."""

    __tablename__ = "dosing_checklists"
    __table_args__ = (
        *held("dosing_checklists"),
        CheckConstraint("kind IN ('readiness', 'discharge')", name="kind"),
    )

    kind: str
    steps: list[str] = Field(sa_type=ARRAY(Text))
    reasoned: bool
    words: bytes
