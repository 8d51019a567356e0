"""What portal answers about tasks, as far as pages show it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel


class Mark(BaseModel):
    id: UUID
    occasion: int


class Day(BaseModel):
    """`may_mark` is the time of that day that the client can mark as done now."""

    date: date
    due: int
    done: int
    may_mark: int | None
    marks: list[Mark]


class Adherence(BaseModel):
    """Done of due, until now."""

    done: int
    due: int


class Task(Adherence):
    id: UUID
    session_id: UUID
    title: str
    how: str
    minutes: int
    times_a_day: int
    days: int
    first: date | None
    last: date | None
    by_day: list[Day]
    cancelled_at: datetime | None

    def is_over(self, today: date) -> bool:
        return self.cancelled_at is not None or (self.last is not None and self.last < today)

    def on(self, day: date) -> Day | None:
        return next((one for one in self.by_day if one.date == day), None)


class Tasks(BaseModel):
    """In the order in which they were assigned; `today` by the client's calendar."""

    today: date
    marked_again_at: datetime | None
    items: list[Task]

    @property
    def now(self) -> list[Task]:
        """What is due or will be, the newest first."""
        return [one for one in reversed(self.items) if not one.is_over(self.today)]

    @property
    def over(self) -> list[Task]:
        return [one for one in reversed(self.items) if one.is_over(self.today)]

    def of(self, session_id: UUID) -> "Tasks":
        """Those of one session."""
        return self.model_copy(update={"items": [one for one in self.items if one.session_id == session_id]})

    @property
    def due_today(self) -> list[Task]:
        """What can be marked today."""
        return [one for one in self.items if (day := one.on(self.today)) and day.may_mark]
