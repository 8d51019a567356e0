"""Tasks in and out. Strict, as the course is."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import UUID7, BaseModel, Field

from afterglow_portal.course.schemas import Line, Text
from afterglow_portal.people.schemas import Named

LONGEST, MOST_A_DAY, MOST_DAYS = 20, 2, 14  # minutes and times a day are the domain's (DOMAIN §6)
Minutes = Annotated[int, Field(strict=True, ge=1, le=LONGEST)]
TimesADay = Annotated[int, Field(strict=True, ge=1, le=MOST_A_DAY)]
TaskDays = Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS)]


class TaskContent(BaseModel, frozen=True):
    """What is sealed: what to do, and how if that needs words."""

    title: Line
    how: Text = ""


class TaskBody(TaskContent, extra="forbid", frozen=True):
    """For so many `days` after the dose of a session; they end early where the next dose comes."""

    session_id: UUID7
    minutes: Minutes
    times_a_day: TimesADay = 1
    days: TaskDays

    def canonical(self) -> bytes:
        """The same bytes for the same content, however it was spelled."""
        return self.model_dump_json(exclude_defaults=True).encode()


class MarkBody(BaseModel, extra="forbid", frozen=True):
    """Done on that day of the client's own calendar, as its first or second time."""

    done_on: date
    occasion: TimesADay = 1

    def canonical(self) -> bytes:
        return self.model_dump_json(exclude_defaults=True).encode()


class MarkOut(BaseModel, from_attributes=True):
    id: UUID
    occasion: int
    made_at: datetime


class DayOut(BaseModel):
    """One day of a task: how often it was to be done, and the times it was. A day to come has its `due` too.

    `may_mark` is the time of that day that the client can mark as done now, null where there is none.
    """

    date: date
    due: int
    done: int
    may_mark: int | None
    marks: list[MarkOut]


class Adherence(BaseModel):
    """Done of due. Today is due as far as it is done: the day is not over."""

    done: int
    due: int


class TaskOut(TaskContent, Adherence):
    """`first` and `last` day, both included: null while no dose is recorded, and where the next dose left none."""

    id: UUID
    session_id: UUID
    minutes: int
    times_a_day: int
    days: int
    first: date | None
    last: date | None
    by_day: list[DayOut]
    made_at: datetime
    made_by: Named
    cancelled_at: datetime | None


class Tasks(BaseModel):
    """A client's tasks, in the order in which they were assigned; `today` by their calendar.

    `marked_again_at` is the morning before which nothing is marked: null where no dose was given since the last one.
    """

    today: date
    marked_again_at: datetime | None
    items: list[TaskOut]
