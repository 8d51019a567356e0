"""Tasks for the days after a dose, and each time that one was done."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from afterglow_portal.base import Base


class Task(Base, table=True):
    """What to do on each of so many days after the dose of `session_id`. `content` is sealed and never changes."""

    __tablename__ = "integration_tasks"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "session_id"], ["course_sessions.client_id", "course_sessions.id"]),
        Index("ix_integration_tasks_client_id", "client_id", "session_id"),
        CheckConstraint("minutes BETWEEN 1 AND 20", name="minutes"),
        CheckConstraint("times_a_day BETWEEN 1 AND 2", name="times_a_day"),
        CheckConstraint("days BETWEEN 1 AND 14", name="days"),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    session_id: UUID
    content: bytes
    minutes: int
    times_a_day: int
    days: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    made_by: UUID
    body_digest: bytes
    cancelled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    cancelled_by: UUID | None = None


class TaskMark(Base, table=True):
    """That it was done, the `occasion`th time of that day. One that is taken back stays, and leaves its place free."""

    __tablename__ = "integration_task_marks"
    __table_args__ = (
        ForeignKeyConstraint(["client_id", "task_id"], ["integration_tasks.client_id", "integration_tasks.id"]),
        CheckConstraint("occasion BETWEEN 1 AND 2", name="occasion"),
        Index(
            "uq_integration_task_marks_occasion",
            *("client_id", "task_id", "done_on", "occasion"),
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    client_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    task_id: UUID
    done_on: date
    occasion: int
    made_at: datetime = Field(sa_type=DateTime(timezone=True))
    body_digest: bytes
    withdrawn_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
