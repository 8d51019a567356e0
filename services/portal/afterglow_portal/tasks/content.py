"""From bodies to columns and back to answers; a task's words are sealed and opened here only."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from afterglow_foundation.sealing import DataKey

from afterglow_portal.course.content import named
from afterglow_portal.journal.content import binding
from afterglow_portal.tasks.models import Task
from afterglow_portal.tasks.schemas import DayOut, TaskBody, TaskContent, TaskOut
from afterglow_portal.tasks.window import Window, adherence

TABLE = "integration_tasks"


def columns_of(body: TaskBody, task_id: UUID, key: DataKey) -> dict[str, Any]:
    words = TaskContent(title=body.title, how=body.how).model_dump_json()
    plain = {name: getattr(body, name) for name in ("session_id", "minutes", "times_a_day", "days")}
    return {**plain, "content": key.seal(words, binding(TABLE, "content", task_id, key.owner))}


def task_out(
    row: Task, window: Window | None, days: list[DayOut], today: date, *, key: DataKey, names: Mapping[UUID, str]
) -> TaskOut:
    """A task as its readers see it. Raises SealBrokenError when its words do not open."""
    words = TaskContent.model_validate_json(key.open(row.content, binding(TABLE, "content", row.id, row.client_id)))
    plain = ("id", "session_id", "minutes", "times_a_day", "days", "made_at", "cancelled_at")
    return TaskOut(
        **words.model_dump(),
        **{name: getattr(row, name) for name in plain},
        **adherence(days, today).model_dump(),
        first=window.first if window else None,
        last=window.last if window else None,
        by_day=days,
        made_by=named(row.made_by, names),
    )
