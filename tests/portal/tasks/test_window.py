"""Which days a task is due on, by hand."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from afterglow_portal.tasks.models import Task, TaskMark
from afterglow_portal.tasks.window import adherence, by_day, window_of

DOSE = date(2026, 3, 10)
EARLY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def task(days: int = 4, made_at: datetime = EARLY, cancelled_at: datetime | None = None, times: int = 1) -> Task:
    return Task(
        client_id=uuid4(), id=uuid4(), session_id=uuid4(), content=b"", minutes=10, times_a_day=times, days=days,
        made_at=made_at, made_by=uuid4(), body_digest=b"", cancelled_at=cancelled_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "doses", "expected"),
    [
        (task(), [10], (11, 14)),
        (task(1), [10], (11, 11)),
        (task(), [7, 10, 13], (11, 12)),  # until the day before the next dose
        (task(), [10, 11], None),
        (task(), [10, 25], (11, 14)),
        (task(made_at=datetime(2026, 3, 13, 9, tzinfo=UTC)), [10], (13, 14)),  # not before it was assigned
        (task(made_at=datetime(2026, 3, 12, 23, 30, tzinfo=UTC)), [10], (13, 14)),  # by the client's own calendar
        (task(made_at=datetime(2026, 3, 15, 9, tzinfo=UTC)), [10], None),
        (task(cancelled_at=datetime(2026, 3, 13, 9, tzinfo=UTC)), [10], (11, 12)),
        (task(cancelled_at=datetime(2026, 3, 9, 9, tzinfo=UTC)), [10], None),
    ],
)
def test_the_days_of_a_task(one: Task, doses: list[int], expected: tuple[int, int] | None):
    window = window_of(one, DOSE, [date(2026, 3, day) for day in doses], "Europe/Berlin")
    assert (window and (window.first.day, window.last.day)) == expected


def test_without_a_dose_there_are_none():
    assert window_of(task(), None, [DOSE], "Europe/Berlin") is None


def test_what_was_done_on_another_day_counts_as_far_as_it_was():
    """A dose that is corrected to another day takes nothing of what was done away, and adds no gap."""
    one = task(times=2)
    marks = [
        TaskMark(id=uuid4(), task_id=one.id, done_on=date(2026, 3, day), occasion=1, made_at=EARLY) for day in (9, 12)
    ]
    days = by_day(one, window_of(one, DOSE, [DOSE], "Europe/Berlin"), marks)
    assert [(day.date.day, day.due, day.done) for day in days] == [
        (9, 1, 1),
        (11, 2, 0),
        (12, 2, 1),
        (13, 2, 0),
        (14, 2, 0),
    ]
    assert adherence(days, date(2026, 3, 12)).model_dump() == {"done": 2, "due": 4}
    assert adherence(days, date(2026, 3, 30)).model_dump() == {"done": 2, "due": 9}
    assert adherence(days, date(2026, 3, 30), date(2026, 3, 13)).model_dump() == {"done": 0, "due": 4}
    assert adherence([], DOSE).model_dump() == {"done": 0, "due": 0}
