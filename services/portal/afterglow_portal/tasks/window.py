"""On which days a task is due, and how often it was done of how often it was due: one figure for every reader.

The days are those of the client's own calendar. They begin the day after the dose, not before the task was assigned,
and end with the day before the next dose: so tasks of two doses never fall together, unless
both were given on one day: then they are counted together (`assigning.py`).
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from afterglow_portal.tasks.models import Task, TaskMark
from afterglow_portal.tasks.schemas import Adherence, DayOut, MarkOut
from afterglow_portal.times import local_date

DAY = timedelta(days=1)
LATE = 2 * DAY  # as far back as a check-in can be made


@dataclass(frozen=True, slots=True)
class Window:
    """From `first` to `last`, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    def days(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + number * DAY


def window_of(task: Task, dosed: date | None, dose_days: Sequence[date], time_zone: str) -> Window | None:
    """When it is due, None for never. `dosed` is the day of its session's dose, `dose_days` of all doses, in order."""
    if dosed is None:
        return None
    first = max(dosed + DAY, local_date(task.made_at, time_zone))
    last = dosed + task.days * DAY
    later = bisect_right(dose_days, dosed)
    if later < len(dose_days):
        last = min(last, dose_days[later] - DAY)
    if task.cancelled_at:
        last = min(last, local_date(task.cancelled_at, time_zone) - DAY)
    return Window(first, last) if first <= last else None


def by_day(
    task: Task, window: Window | None, marks: Iterable[TaskMark], *, now_marked: Window | None = None
) -> list[DayOut]:
    """Each day of the window, and each other day on which it was done all the same, which is due as far as it was.

    `now_marked` are the days on which the client can mark something now.
    """
    due = dict.fromkeys(window.days(), task.times_a_day) if window else {}
    done: dict[date, list[MarkOut]] = {}
    for mark in sorted(marks, key=lambda mark: mark.occasion):
        done.setdefault(mark.done_on, []).append(MarkOut.model_validate(mark))
    days = []
    for day in sorted({*due, *done}):
        times = done.get(day, [])
        left = {*range(1, due.get(day, 0) + 1)} - {mark.occasion for mark in times}
        may_mark = min(left, default=None) if now_marked and now_marked.holds(day) else None
        one = DayOut(date=day, due=due.get(day, len(times)), done=len(times), may_mark=may_mark, marks=times)
        days.append(one)
    return days


def adherence(days: Iterable[DayOut], today: date, since: date = date.min) -> Adherence:
    """Of the days from `since` until today."""
    past = [day for day in days if since <= day.date <= today]
    return Adherence(
        done=sum(day.done for day in past),
        due=sum(day.done if day.date == today else day.due for day in past),
    )
