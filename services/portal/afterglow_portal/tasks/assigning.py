"""Assign a task for the days after a dose, and cancel it; what was assigned stays in the record."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, NotFound, Refusal
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.dosing import NotDosing
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.course.sessions import lock
from afterglow_portal.course.writer import Writer
from afterglow_portal.dosing_day.recording import SessionCancelled
from afterglow_portal.tasks.content import columns_of
from afterglow_portal.tasks.models import Task
from afterglow_portal.tasks.policy import tasks_of
from afterglow_portal.tasks.reading import Calendar, calendar_of
from afterglow_portal.tasks.schemas import MOST_A_DAY, TaskBody

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow tasks ' || :client))")


class TooOften(Conflict):
    code, title = "too_often", "The tasks after the doses of one day come to more than twice a day"


class DaysOver(Conflict):
    code, title = "days_over", "The days after that dose are over"


async def assign(writer: Writer, task_id: UUID, body: TaskBody, *, at: datetime | None = None) -> bool:
    """Store a task of a dosing session; False if it was stored before.

    Raises NotFound, NotDosing, SessionCancelled, TooOften, DaysOver for one that would never be due, and Conflict.
    `at` is when it was made where that was earlier, elsewhere.
    """
    session, client = writer.session, writer.client
    await session.execute(ONE_AT_A_TIME, {"client": str(client)})  # before the session: two sessions share their days
    row = await lock(session, client, body.session_id, AuditAction.task_assigned)
    digest = writer.key.digest(body.canonical())
    if before := await session.scalar(tasks_of(client).where(col(Task.id) == task_id)):
        if before.body_digest != digest:
            raise Conflict
        return False
    if row.kind != Kind.dosing:
        raise NotDosing
    if row.state == State.cancelled:
        raise SessionCancelled
    calendar = await calendar_of(session, client)
    await refuse_too_often(writer, body, calendar)
    task = Task(
        client_id=client,
        id=task_id,
        made_at=at or datetime.now(UTC),
        made_by=writer.by,
        body_digest=digest,
        **columns_of(body, task_id, writer.key),
    )
    if task.session_id in calendar.dosed and calendar.window(task) is None:
        raise DaysOver
    made = await session.execute(
        insert(Task).values(**task.model_dump()).on_conflict_do_nothing().returning(col(Task.id))
    )
    if made.first() is None:  # of another session, at the same moment
        raise Conflict
    return True


async def refuse_too_often(writer: Writer, body: TaskBody, calendar: Calendar) -> None:
    """All tasks together that fall on these days, those of another session with a dose on the same day too."""
    standing = col(Task.session_id).in_(calendar.dosed_like(body.session_id)), col(Task.cancelled_at).is_(None)
    counted = tasks_of(writer.client).where(*standing).order_by(None)
    times = await writer.session.scalar(counted.with_only_columns(func.sum(col(Task.times_a_day)))) or 0
    if times + body.times_a_day > MOST_A_DAY:
        raise TooOften


async def cancel(writer: Writer, task_id: UUID) -> bool:
    """From today on it is not due; what was done until then stays. False if it was cancelled before."""
    row = await writer.session.scalar(tasks_of(writer.client).where(col(Task.id) == task_id).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.task_cancelled, task_id, writer.client))
    if row.cancelled_at:
        return False
    row.cancelled_at, row.cancelled_by = datetime.now(UTC), writer.by
    await writer.session.flush()
    return True
