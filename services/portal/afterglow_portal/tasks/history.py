"""Take over tasks that were assigned and done elsewhere, as demonstration data are: sealed and held as any other."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from pydantic import UUID7
from sqlalchemy.dialects.postgresql import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.writer import Writer
from afterglow_portal.models import AuditEvent
from afterglow_portal.tasks.assigning import assign
from afterglow_portal.tasks.models import TaskMark
from afterglow_portal.tasks.schemas import MarkBody, TaskBody
from afterglow_portal.times import Instant


class ImportedMark(MarkBody, frozen=True):
    id: UUID7
    made_at: Instant

    def body(self) -> MarkBody:
        return MarkBody(done_on=self.done_on, occasion=self.occasion)


class ImportedTask(TaskBody, frozen=True):
    """A task with the id and time it had where it comes from, and when it was done."""

    id: UUID7
    made_at: Instant
    marks: tuple[ImportedMark, ...] = ()

    def body(self) -> TaskBody:
        return TaskBody.model_construct(**{name: getattr(self, name) for name in TaskBody.model_fields})


async def import_tasks(
    database: Database, keys: DataKeyStore, client_id: UUID, therapist_id: UUID, tasks: Sequence[ImportedTask]
) -> None:
    """Store those that are not there yet: tasks in the therapist's name, then what was done in the client's."""
    async with database.unit_of_work(RowContext(therapist_id, Role.therapist)) as session:
        key = await keys.find_or_make(session, client_id)
        writer = Writer(session, key, therapist_id, client_id)
        new = [one for one in tasks if await assign(writer, one.id, one.body(), at=one.made_at)]
        for one in new:
            event = event_values(
                None, AuditAction.task_imported, object_id=one.id, subject_id=client_id, purpose="import"
            )
            await session.execute(insert(AuditEvent).values(**event))
    async with database.unit_of_work(RowContext(client_id, Role.client)) as session:
        session.add_all(
            TaskMark(
                **mark.model_dump(),
                client_id=client_id,
                task_id=one.id,
                body_digest=key.digest(one.id.bytes + mark.body().canonical()),
            )
            for one in new
            for mark in one.marks
        )
