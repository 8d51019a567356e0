"""A client's courses of treatment with their versions, the sessions with their history, and what was administered."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from afterglow_portal.base import Base

COURSE = (["client_id", "course_id"], ["courses.client_id", "courses.id"])
SESSION = (["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"])


class PlanColumns(SQLModel):
    """Intake and plan. `content` is sealed; how many doses in which distance, and what is switched on, is plain."""

    content: bytes
    items: list[str] = Field(sa_type=ARRAY(Text))
    watch_energy: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    planned_doses: int | None = None
    spacing_days: int | None = None
    started_on: date
    ended_on: date | None = None


class Course(Base, PlanColumns, table=True):
    """The current version. The digests judge a repeated PUT and a repeated edit, as on journal entries."""

    __tablename__ = "courses"
    __table_args__ = (
        CheckConstraint("ended_on >= started_on", name="in_order"),
        Index("ix_courses_watched", "client_id", postgresql_where=text("watch_energy")),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    version: int = 1
    edited_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    edited_by: UUID | None = None
    body_digest: bytes
    version_id: UUID | None = None
    version_digest: bytes | None = None


class CourseVersion(Base, PlanColumns, table=True):
    """A version that an edit replaced, sealed anew and bound to this row's `id`."""

    __tablename__ = "course_versions"
    __table_args__ = (
        ForeignKeyConstraint(*COURSE),
        UniqueConstraint("client_id", "course_id", "version"),
        UniqueConstraint("client_id", "version_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    course_id: UUID
    version: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    version_id: UUID | None = None
    version_digest: bytes | None = None


def known_words() -> tuple[CheckConstraint, ...]:
    """What the database holds whoever writes; made anew per table, since a constraint belongs to one."""
    return (
        CheckConstraint("kind IN ('preparation', 'dosing', 'integration', 'counselling')", name="kind"),
        CheckConstraint("state IN ('planned', 'open', 'ended', 'cancelled')", name="state"),
    )


class SessionColumns(SQLModel):
    """What a session is and how it stands. `thread` is the journal entry that the client's writing about it follows."""

    kind: str
    state: str
    planned_at: datetime = Field(sa_type=DateTime(timezone=True))
    time_zone: str
    thread: UUID | None = None


class CourseSession(Base, SessionColumns, table=True):
    """As it stands now. `change_id` and `change_digest` are of the change that made this version."""

    __tablename__ = "course_sessions"
    __table_args__ = (
        *known_words(),
        ForeignKeyConstraint(*COURSE),
        Index("ix_course_sessions_client_id", "client_id", "planned_at", "id"),
        Index("ix_course_sessions_open", "client_id", postgresql_where=text("state = 'open'")),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    course_id: UUID
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    version: int = 1
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    opened_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    body_digest: bytes
    change_id: UUID | None = None
    change_digest: bytes | None = None


class SessionVersion(Base, SessionColumns, table=True):
    """How a session stood before it was changed: another time, another kind, or before it was cancelled."""

    __tablename__ = "course_session_versions"
    __table_args__ = (
        *known_words(),
        ForeignKeyConstraint(*SESSION),
        UniqueConstraint("client_id", "session_id", "version"),
        UniqueConstraint("client_id", "change_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    version: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    change_id: UUID | None = None
    change_digest: bytes | None = None


class SessionReason(Base, table=True):
    """Why a session came to stand as its `version` says: why it was moved, or cancelled. `words` are sealed."""

    __tablename__ = "course_session_reasons"
    __table_args__ = (ForeignKeyConstraint(*SESSION), UniqueConstraint("client_id", "session_id", "version"))

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    version: int
    words: bytes
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID


def possible_doses() -> tuple[CheckConstraint, ...]:
    return (
        CheckConstraint("route IN ('im', 'iv', 'intranasal', 'sublingual', 'oral')", name="route"),
        CheckConstraint("dose_mg > 0", name="dose_mg"),
        CheckConstraint("weight_kg > 0", name="weight_kg"),
    )


class GivenColumns(SQLModel):
    """What was given, when and how. `circumstances` (setting and who was present) are sealed."""

    given_at: datetime = Field(sa_type=DateTime(timezone=True))
    time_zone: str
    route: str
    medicine: str
    dose_mg: float
    weight_kg: float | None = None
    circumstances: bytes


class Administration(Base, GivenColumns, table=True):
    """A medicine given in a dosing session, as it is known now. `correction_…` are of what made this version.

    One that is withdrawn was never given: `withdrawal` says why, sealed, and nothing counts it.
    """

    __tablename__ = "administrations"
    __table_args__ = (
        *possible_doses(),
        CheckConstraint("num_nulls(withdrawn_at, withdrawn_by, withdrawal) IN (0, 3)", name="withdrawn_why"),
        ForeignKeyConstraint(*SESSION),
        Index("ix_administrations_client_id", "client_id", "given_at", "id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    body_digest: bytes
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    corrected_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    corrected_by: UUID | None = None
    correction_id: UUID | None = None
    correction_digest: bytes | None = None
    withdrawn_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    withdrawn_by: UUID | None = None
    withdrawal: bytes | None = None


class AdministrationVersion(Base, GivenColumns, table=True):
    """What a record said before it was corrected, sealed anew and bound to this row's `id`."""

    __tablename__ = "administration_versions"
    __table_args__ = (
        *possible_doses(),
        ForeignKeyConstraint(["client_id", "administration_id"], ["administrations.client_id", "administrations.id"]),
        UniqueConstraint("client_id", "administration_id", "version"),
        UniqueConstraint("client_id", "correction_id"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    administration_id: UUID
    version: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    correction_id: UUID | None = None
    correction_digest: bytes | None = None
