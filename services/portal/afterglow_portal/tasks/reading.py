"""Read a client's tasks with what was done: a handful of statements, however many there are."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from afterglow_foundation.sealing import DataKeyStore
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.course.impairment import impaired_until
from afterglow_portal.course.models import Administration
from afterglow_portal.course.policy import administrations_of
from afterglow_portal.people.models import PersonCopy
from afterglow_portal.people.names import names_of
from afterglow_portal.sealing import find_key
from afterglow_portal.tasks.content import task_out
from afterglow_portal.tasks.models import Task, TaskMark
from afterglow_portal.tasks.policy import marks_of, tasks_of
from afterglow_portal.tasks.schemas import Adherence, DayOut, Tasks
from afterglow_portal.tasks.window import LATE, Window, adherence, by_day, window_of
from afterglow_portal.times import local_date


@dataclass(frozen=True, slots=True)
class Calendar:
    """A client's own: what day it is, and on which days doses were, by session and all of them in order."""

    time_zone: str
    today: date
    dosed: dict[UUID, date]

    @property
    def dose_days(self) -> list[date]:
        return sorted(set(self.dosed.values()))

    def dosed_like(self, session_id: UUID) -> set[UUID]:
        """That session, and those whose dose was on the same day: their tasks fall on the same days."""
        day = self.dosed.get(session_id)
        return {session_id} | {one for one, dosed in self.dosed.items() if dosed == day}

    @property
    def now_marked(self) -> Window:
        """The days on which something can still be marked."""
        return Window(self.today - LATE, self.today)

    def window(self, task: Task) -> Window | None:
        return window_of(task, self.dosed.get(task.session_id), self.dose_days, self.time_zone)


async def calendar_of(session: AsyncSession, client: UUID) -> Calendar:
    person = await session.get_one(PersonCopy, client)
    columns = col(Administration.session_id), col(Administration.given_at)
    given = await session.execute(administrations_of(client).with_only_columns(*columns).order_by(columns[1]))
    dosed: dict[UUID, date] = {}
    for row in given:
        dosed.setdefault(row.session_id, local_date(row.given_at, person.time_zone))
    return Calendar(person.time_zone, local_date(datetime.now(UTC), person.time_zone), dosed)


async def with_days(
    session: AsyncSession, client: UUID, calendar: Calendar, now_marked: Window | None = None
) -> list[tuple[Task, list[DayOut]]]:
    """Each task and its days, in the order in which they were assigned; no words are opened for it."""
    tasks = list(await session.scalars(tasks_of(client)))
    marks: dict[UUID, list[TaskMark]] = {}
    for mark in await session.scalars(marks_of(client)) if tasks else ():
        marks.setdefault(mark.task_id, []).append(mark)
    return [(one, by_day(one, calendar.window(one), marks.get(one.id, []), now_marked=now_marked)) for one in tasks]


async def find_tasks(session: AsyncSession, keys: DataKeyStore, client: UUID) -> Tasks:
    """Whoever has none is answered at once: their first page asks each time."""
    calendar = await calendar_of(session, client)
    found = await with_days(session, client, calendar, calendar.now_marked)
    if not found:
        return Tasks(today=calendar.today, marked_again_at=None, items=[])
    impaired = await impaired_until(session, client)
    key = await find_key(keys, session, client)
    if key is None:
        raise LookupError("a task whose client has no data key that may be read")
    names = await names_of(session, {one.made_by for one, _ in found})
    if impaired:
        found = [(one, resting(days)) for one, days in found]
    return Tasks(
        today=calendar.today,
        marked_again_at=impaired,
        items=[task_out(one, calendar.window(one), days, calendar.today, key=key, names=names) for one, days in found],
    )


def resting(days: list[DayOut]) -> list[DayOut]:
    """The same days while nothing can be marked."""
    return [day.model_copy(update={"may_mark": None}) for day in days]


async def done_since(session: AsyncSession, client: UUID, since: date) -> Adherence:
    """Of all tasks together, from that day on."""
    calendar = await calendar_of(session, client)
    days = [day for _, of_one in await with_days(session, client, calendar) for day in of_one]
    return adherence(days, calendar.today, since)
