"""The client says that a task was done, by one gesture, and may take it back. Nothing is asked about what was not."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.sealing import DataKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.impairment import refuse_sharing
from afterglow_portal.tasks.models import Task, TaskMark
from afterglow_portal.tasks.policy import tasks_of
from afterglow_portal.tasks.reading import calendar_of
from afterglow_portal.tasks.schemas import MarkBody

NOT_DUE = FieldError(field="done_on", code="not_due", message="The task is not for this day, or the day is long past.")
NOT_SO_OFTEN = FieldError(field="occasion", code="not_so_often", message="The task is for once a day.")


class AlreadyMarked(Conflict):
    code, title = "already_marked", "This is marked as done already"


async def mark(session: AsyncSession, key: DataKey, task_id: UUID, mark_id: UUID, body: MarkBody) -> bool:
    """Store that it was done; False if that was stored before, also where it was taken back since.

    Raises NotFound, InvalidInput for a day or a time it is not due, AlreadyMarked, Conflict, and UntilMorning from a
    dose until the next morning: whoever treats the client sees it.
    """
    client = key.owner
    task = await find(session, client, task_id, AuditAction.task_marked)
    digest = key.digest(task_id.bytes + body.canonical())
    if (before := await stored(session, client, mark_id)) is None:
        await refuse_sharing(session, client)
        await refuse_not_due(session, task, body)
        values = {"client_id": client, "id": mark_id, "task_id": task_id, "made_at": datetime.now(UTC)}
        made = await session.execute(
            insert(TaskMark)
            .values(**values, **body.model_dump(), body_digest=digest)
            .on_conflict_do_nothing()
            .returning(col(TaskMark.id))
        )
        if made.first() is not None:
            return True
        before = await stored(session, client, mark_id)
    if before is None:
        raise AlreadyMarked
    if before.body_digest != digest:
        raise Conflict
    return False


async def find(session: AsyncSession, client: UUID, task_id: UUID, action: AuditAction) -> Task:
    """One's own. Raises NotFound, kept as a refused `action`."""
    found: Task | None = await session.scalar(tasks_of(client).where(col(Task.id) == task_id))
    if found is None:
        raise NotFound(refusal=Refusal(action, task_id, client))
    return found


async def stored(session: AsyncSession, client: UUID, mark_id: UUID) -> TaskMark | None:
    found: TaskMark | None = await session.scalar(
        select(TaskMark).where(col(TaskMark.client_id) == client, col(TaskMark.id) == mark_id)
    )
    return found


async def refuse_not_due(session: AsyncSession, task: Task, body: MarkBody) -> None:
    calendar = await calendar_of(session, task.client_id)
    window = calendar.window(task)
    if window is None or not (window.holds(body.done_on) and calendar.now_marked.holds(body.done_on)):
        raise InvalidInput(errors=[NOT_DUE])
    if body.occasion > task.times_a_day:
        raise InvalidInput(errors=[NOT_SO_OFTEN])


async def withdraw(session: AsyncSession, client: UUID, task_id: UUID, mark_id: UUID) -> bool:
    """Take it back: at any time, since others see less by it. False if it was taken back before."""
    of_task = col(TaskMark.id) == mark_id, col(TaskMark.task_id) == task_id
    row = await session.scalar(select(TaskMark).where(col(TaskMark.client_id) == client, *of_task).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.task_mark_withdrawn, mark_id, client))
    if row.withdrawn_at:
        return False
    row.withdrawn_at = datetime.now(UTC)
    await session.flush()
    return True
