"""Check-ins as they stand now, the versions they had before, and who opened which."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from afterglow_portal.base import Base


def ranges() -> tuple[CheckConstraint, ...]:
    """What the database holds whoever writes; made anew per table, since a constraint belongs to one."""
    return (
        CheckConstraint("mood BETWEEN -5 AND 5", name="mood"),
        CheckConstraint("energy BETWEEN -5 AND 5", name="energy"),
        CheckConstraint("anxiety BETWEEN 0 AND 10", name="anxiety"),
        CheckConstraint("visibility IN ('only_me', 'therapist', 'next_session')", name="visibility"),
    )


SOMETHING_SAID = "coalesce(mood, energy, anxiety) IS NOT NULL"


class ContentColumns(SQLModel):
    """What the client said. `mood` and `energy` lie in -5…5, `anxiety` in 0…10, null if skipped; `note` is sealed."""

    mood: float | None = None
    energy: float | None = None
    anxiety: float | None = None
    items: dict[str, float] = Field(sa_type=JSONB)
    words: list[str] = Field(sa_type=ARRAY(Text))
    tags: list[str] = Field(sa_type=ARRAY(Text))
    note: bytes | None = None
    felt_at: datetime = Field(sa_type=DateTime(timezone=True))
    time_zone: str
    local_date: date
    visibility: str
    back_dated: bool


class CheckIn(Base, ContentColumns, table=True):
    """The current version. The key is the owner's: another person's id neither collides nor tells anything.

    `body_digest` is of the first body, and judges a repeated PUT; `version_id` and `version_digest` are of the
    edit that made this version, and judge a repeated POST. One that was erased says nothing and keeps its id.
    While it is shared, it has been so since `shared_version`: a therapist learns of no edit before that. And since
    `shared_at`, or since it was entered: with whoever treated the client then, and with nobody who came later.
    `waits_for` are those for whom it is kept until a session; once one began, those of them with whom it is shared.
    """

    __tablename__ = "check_ins"
    __table_args__ = (
        *ranges(),
        CheckConstraint(f"(erased_at IS NULL) = ({SOMETHING_SAID})", name="something_said"),
        Index("ix_check_ins_client_id", "client_id", "felt_at", "id"),
        Index("ix_check_ins_shared", "client_id", "felt_at", "id", postgresql_where=text("visibility = 'therapist'")),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    entered_at: datetime = Field(sa_type=DateTime(timezone=True))
    origin: str
    version: int = 1
    shared_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    shared_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    waits_for: list[UUID] | None = Field(default=None, sa_type=ARRAY(Uuid))
    edited_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    erased_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    body_digest: bytes
    version_id: UUID | None = None
    version_digest: bytes | None = None


class CheckInVersion(Base, ContentColumns, table=True):
    """A version that an edit replaced. Its note is sealed anew, bound to this row's `id`."""

    __tablename__ = "check_in_versions"
    __table_args__ = (
        *ranges(),
        CheckConstraint(SOMETHING_SAID, name="something_said"),
        ForeignKeyConstraint(["client_id", "check_in_id"], ["check_ins.client_id", "check_ins.id"]),
        UniqueConstraint("client_id", "check_in_id", "version"),
        UniqueConstraint("client_id", "version_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    check_in_id: UUID
    version: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    version_id: UUID | None = None
    version_digest: bytes | None = None


class CheckInReading(Base, table=True):
    """A therapist opened this version of a check-in, and first at this time."""

    __tablename__ = "check_in_readings"
    __table_args__ = (ForeignKeyConstraint(["client_id", "check_in_id"], ["check_ins.client_id", "check_ins.id"]),)

    client_id: UUID = Field(primary_key=True)
    check_in_id: UUID = Field(primary_key=True)
    reader_id: UUID = Field(primary_key=True)
    version: int = Field(primary_key=True)
    first_read_at: datetime = Field(sa_type=DateTime(timezone=True))


class CheckInMark(Base, table=True):
    """All marks of a client together change with each write of a shared check-in, by triggers (decision 0071)."""

    __tablename__ = "check_in_marks"

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    mark: int = Field(sa_type=BigInteger)
