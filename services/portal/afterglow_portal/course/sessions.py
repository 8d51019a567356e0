"""Plan a session, move it, cancel it, open it, end it; how it stood before is kept."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.models import CourseSession, SessionColumns, SessionVersion
from afterglow_portal.course.planning import find_course
from afterglow_portal.course.policy import sessions_of
from afterglow_portal.course.reasons import keep_reason
from afterglow_portal.course.schemas import Kind, SessionBody, SessionChangeBody, State
from afterglow_portal.course.writer import Writer
from afterglow_portal.dosing_day.readiness import refuse_unready
from afterglow_portal.edits import Edits
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.journal.policy import shared

CHANGES = Edits(CourseSession, SessionVersion, of="session_id", named="change", at="changed_at")
NO_SUCH_ENTRY = FieldError(field="thread", code="unknown", message="The client shares no such entry.")


class SessionChanged(Conflict):
    code, title = "session_changed", "This session was changed since you opened it"


class NotPlanned(Conflict):
    code, title = "not_planned", "This session is no longer planned: it was opened, ended or cancelled"


class NotOpen(Conflict):
    code, title = "not_open", "This session is not open"


async def plan(writer: Writer, course_id: UUID, session_id: UUID, body: SessionBody) -> bool:
    """Store a session to come; False if it was stored before.

    Raises NotFound for no such course, InvalidInput for a thread that is not shared, and Conflict.
    """
    session, client, key = writer.session, writer.client, writer.key
    if await find_course(session, client, course_id) is None:
        raise NotFound(refusal=Refusal(AuditAction.course_session_planned, course_id, client))
    digest, now = key.digest(course_id.bytes + body.canonical()), datetime.now(UTC)
    made = await session.execute(
        insert(CourseSession)
        .values(
            client_id=client,
            id=session_id,
            course_id=course_id,
            made_at=now,
            changed_at=now,
            made_by=writer.by,
            version=1,
            state=State.planned.value,
            body_digest=digest,
            **columns_of(body),
        )
        .on_conflict_do_nothing()
        .returning(col(CourseSession.id))
    )
    if made.first() is not None:
        await refuse_unknown_thread(session, client, body.thread)
        return True
    before = await session.scalar(sessions_of(client).where(col(CourseSession.id) == session_id))
    if before is None or before.body_digest != digest:
        raise Conflict
    return False


def columns_of(body: SessionBody) -> dict[str, object]:
    return {
        "kind": body.kind.value,
        "planned_at": body.planned_at,
        "time_zone": body.time_zone,
        "thread": body.thread,
    }


async def refuse_unknown_thread(session: AsyncSession, client: UUID, thread: UUID | None) -> None:
    """Raise InvalidInput for a thread that is no entry which the client shares: of another nothing is told."""
    if thread and await session.scalar(shared(client).where(col(JournalEntry.id) == thread)) is None:
        raise InvalidInput(errors=[NO_SUCH_ENTRY])


async def lock(session: AsyncSession, client: UUID, session_id: UUID, action: AuditAction) -> CourseSession:
    """The session, locked until the transaction ends. Raises NotFound, kept as a refused `action`."""
    found: CourseSession | None = await session.scalar(
        sessions_of(client).where(col(CourseSession.id) == session_id).with_for_update()
    )
    if found is None:
        raise NotFound(refusal=Refusal(action, session_id, client))
    return found


async def move(writer: Writer, session_id: UUID, body: SessionChangeBody) -> bool:
    """Give a planned session another time, kind or thread, and keep why. False if this change was made before.

    Raises NotFound, InvalidInput for a thread that is not shared, NotPlanned, SessionChanged for a change of a version
    that is no longer current, and Conflict.
    """
    session, key = writer.session, writer.key
    row = await lock(session, writer.client, session_id, AuditAction.course_session_changed)
    digest = key.digest(body.canonical())
    if await CHANGES.made_before(session, row, body.change_id, digest):
        return False
    if row.state != State.planned:
        raise NotPlanned
    if body.base_version != row.version:
        raise SessionChanged
    if body.thread != row.thread:
        await refuse_unknown_thread(session, writer.client, body.thread)
    await change(session, row, columns_of(body), change_id=body.change_id, digest=digest)
    await keep_reason(writer, row, body.reason)
    return True


async def change(
    session: AsyncSession,
    row: CourseSession,
    values: dict[str, object],
    *,
    change_id: UUID | None = None,
    digest: bytes | None = None,
) -> None:
    """Keep how a locked session stands, and let it stand otherwise from now on."""
    kept = {name: getattr(row, name) for name in SessionColumns.model_fields}
    session.add(
        SessionVersion(
            client_id=row.client_id,
            id=new_id(),
            session_id=row.id,
            version=row.version,
            made_at=row.changed_at,
            change_id=row.change_id,
            change_digest=row.change_digest,
            **kept,
        )
    )
    for name, value in values.items():
        setattr(row, name, value)
    row.version += 1
    row.changed_at = datetime.now(UTC)
    row.change_id, row.change_digest = change_id, digest
    await session.flush()


async def cancel(writer: Writer, session_id: UUID, reason: str) -> bool:
    """Cancel a planned session, which stays in the record. False if it was cancelled before. Raises NotPlanned."""
    row = await lock(writer.session, writer.client, session_id, AuditAction.course_session_cancelled)
    done = await go_on(writer.session, row, State.planned, State.cancelled, NotPlanned)
    if done:
        await keep_reason(writer, row, reason)
    return done


async def start(session: AsyncSession, client: UUID, session_id: UUID) -> bool:
    """Open a planned session. False if it is open already.

    Raises NotPlanned for one that is over, and NotReady for a dosing session whose readiness list is not settled.
    """
    row = await lock(session, client, session_id, AuditAction.course_session_started)
    if row.kind == Kind.dosing and row.state == State.planned:
        await refuse_unready(session, client, session_id)
    return await go_on(session, row, State.planned, State.open, NotPlanned, opened_at=datetime.now(UTC))


async def end(session: AsyncSession, client: UUID, session_id: UUID) -> bool:
    """End an open session. False if it has ended before. Raises NotOpen for one that was never opened."""
    row = await lock(session, client, session_id, AuditAction.course_session_ended)
    return await go_on(session, row, State.open, State.ended, NotOpen, ended_at=datetime.now(UTC))


async def go_on(
    session: AsyncSession, row: CourseSession, before: State, after: State, refusal: type[Conflict], **values: datetime
) -> bool:
    """From the state `before` to the one `after`; False where it is there. Raises `refusal` from any other."""
    if row.state == after:
        return False
    if row.state != before:
        raise refusal
    await change(session, row, {"state": after.value, **values})
    return True
