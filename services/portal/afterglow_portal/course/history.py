"""Take over a course that was kept elsewhere, for example demonstration data: the same sealing and row security."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKeyStore
from pydantic import UUID7, BaseModel, Field
from sqlalchemy.dialects.postgresql import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.content import administration_columns, sealed_reason
from afterglow_portal.course.models import Administration, CourseSession, SessionVersion
from afterglow_portal.course.planning import begin, edit
from afterglow_portal.course.schemas import AdministrationBody, CourseBody, CourseVersionBody, Kind, State
from afterglow_portal.course.writer import Writer
from afterglow_portal.models import AuditEvent
from afterglow_portal.times import Instant, TimeZone


class Stage(BaseModel, extra="forbid", frozen=True):
    """How a session stood from `at` on, planned for `planned_at`."""

    at: Instant
    state: State
    planned_at: Instant


class ImportedSession(BaseModel, extra="forbid", frozen=True):
    """A session with everything it was, oldest first; the last stage is how it stands."""

    id: UUID7
    kind: Kind
    time_zone: TimeZone
    thread: UUID7 | None = None
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]

    def since(self, state: State) -> datetime | None:
        """When it came into that state."""
        return next((stage.at for stage in self.stages if stage.state == state), None)


class ImportedAdministration(AdministrationBody, frozen=True):
    id: UUID7
    session_id: UUID7
    made_at: Instant
    withdrawn_at: Instant | None = None
    withdrawal_reason: str = ""

    def body(self) -> AdministrationBody:
        return AdministrationBody.model_construct(
            **{name: getattr(self, name) for name in AdministrationBody.model_fields}
        )


class ImportedEdit(CourseVersionBody, frozen=True):
    """An edit of the plan with the time it had where it comes from."""

    made_at: Instant

    def body(self) -> CourseVersionBody:
        return CourseVersionBody.model_construct(
            **{name: getattr(self, name) for name in CourseVersionBody.model_fields}
        )


class ImportedCourse(CourseBody, frozen=True):
    """A course with the ids and times it had where it comes from: what it said first, and the edits, oldest first."""

    id: UUID7
    made_at: Instant
    edits: tuple[ImportedEdit, ...] = ()
    sessions: tuple[ImportedSession, ...] = ()
    administrations: tuple[ImportedAdministration, ...] = ()

    def body(self) -> CourseBody:
        return CourseBody.model_construct(**{name: getattr(self, name) for name in CourseBody.model_fields})


async def import_course(
    database: Database, keys: DataKeyStore, client_id: UUID, therapist_id: UUID, course: ImportedCourse
) -> bool:
    """Store a course with its sessions and what was given, in one transaction; False where its id is there already.

    `database` is the app role's: the transaction acts for the therapist under row-level security, who must treat the
    client now.
    """
    async with database.unit_of_work(RowContext(therapist_id, Role.therapist)) as session:
        key = await keys.find_or_make(session, client_id)
        writer = Writer(session, key, therapist_id, client_id)
        if not await begin(writer, course.id, course.body(), at=course.made_at):
            return False
        for change in course.edits:
            await edit(writer, course.id, change.body(), at=change.made_at)
        for table, rows in (
            (CourseSession, [session_row(writer, course.id, one) for one in course.sessions]),
            (SessionVersion, [row for one in course.sessions for row in earlier_rows(client_id, one)]),
            (Administration, [administration_row(writer, one) for one in course.administrations]),
        ):
            if rows:
                await session.execute(insert(table), rows)
        event = event_values(
            None, AuditAction.course_imported, object_id=course.id, subject_id=client_id, purpose="import"
        )
        await session.execute(insert(AuditEvent).values(**event))
    keys.remember(key)
    return True


def session_row(writer: Writer, course_id: UUID, one: ImportedSession) -> dict[str, Any]:
    now = one.stages[-1]
    return {
        **stage_columns(one, now),
        "client_id": writer.client,
        "id": one.id,
        "course_id": course_id,
        "made_at": one.stages[0].at,
        "made_by": writer.by,
        "version": len(one.stages),
        "changed_at": now.at,
        "opened_at": one.since(State.open),
        "ended_at": one.since(State.ended),
        "body_digest": writer.key.digest(one.model_dump_json().encode()),
    }


def earlier_rows(client_id: UUID, one: ImportedSession) -> Iterator[dict[str, Any]]:
    for version, stage in enumerate(one.stages[:-1], start=1):
        identity = {"client_id": client_id, "id": new_id(), "session_id": one.id}
        yield {**stage_columns(one, stage), **identity, "version": version, "made_at": stage.at}


def stage_columns(one: ImportedSession, stage: Stage) -> dict[str, Any]:
    return {
        "kind": str(one.kind),
        "time_zone": one.time_zone,
        "thread": one.thread,
        "state": str(stage.state),
        "planned_at": stage.planned_at,
    }


def administration_row(writer: Writer, one: ImportedAdministration) -> dict[str, Any]:
    body, withdrawn = one.body(), one.withdrawn_at is not None
    return {
        **administration_columns(body, one.id, writer.key),
        "client_id": writer.client,
        "id": one.id,
        "session_id": one.session_id,
        "made_at": one.made_at,
        "made_by": writer.by,
        "body_digest": writer.key.digest(one.session_id.bytes + body.canonical()),
        "withdrawn_at": one.withdrawn_at,
        "withdrawn_by": writer.by if withdrawn else None,
        "withdrawal": sealed_reason(one.withdrawal_reason, one.id, writer.key) if withdrawn else None,
    }
