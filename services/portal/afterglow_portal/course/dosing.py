"""What was given in a dosing session, recorded once. Nothing here suggests a dose or judges one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.rules import CLOCK_SKEW
from afterglow_portal.course.content import administration_columns
from afterglow_portal.course.models import Administration, CourseSession
from afterglow_portal.course.policy import recorded_of
from afterglow_portal.course.schemas import AdministrationBody, Kind, State
from afterglow_portal.course.sessions import NotOpen, lock
from afterglow_portal.course.writer import Writer
from afterglow_portal.dosing_day.readiness import refuse_unready

NOT_YET = FieldError(field="given_at", code="in_the_future", message="This time is still to come.")


class NotDosing(Conflict):
    code, title = "not_dosing", "Medicine is recorded in a dosing session"


async def administer(writer: Writer, session_id: UUID, administration_id: UUID, body: AdministrationBody) -> bool:
    """Store what was given in an open dosing session, or afterwards; False if it was stored before.

    Raises NotFound, InvalidInput, NotDosing, NotOpen for a session that was never opened, NotReady for one that is open
    and whose readiness list is not settled, and Conflict.
    """
    session, client = writer.session, writer.client
    row = await lock(session, client, session_id, AuditAction.administration_recorded)
    digest = writer.key.digest(session_id.bytes + body.canonical())
    before = await session.scalar(recorded_of(client).where(col(Administration.id) == administration_id))
    if before is None:
        refuse_impossible(row, body)
        if row.state == State.open:  # what is entered afterwards was given, whatever the list says
            await refuse_unready(session, client, session_id)
        columns = administration_columns(body, administration_id, writer.key)
        before = await store(writer, session_id, administration_id, columns | {"body_digest": digest})
        if before is None:
            return True
    if before.body_digest != digest:
        raise Conflict
    return False


def refuse_impossible(row: CourseSession, body: AdministrationBody) -> None:
    if row.kind != Kind.dosing:
        raise NotDosing
    if row.state not in {State.open, State.ended}:
        raise NotOpen
    if body.given_at > datetime.now(UTC) + CLOCK_SKEW:
        raise InvalidInput(errors=[NOT_YET])


async def store(
    writer: Writer, session_id: UUID, administration_id: UUID, columns: dict[str, Any]
) -> Administration | None:
    """Insert it; where another request was first, what that one stored."""
    made = await writer.session.execute(
        insert(Administration)
        .values(
            client_id=writer.client,
            id=administration_id,
            session_id=session_id,
            made_at=datetime.now(UTC),
            made_by=writer.by,
            **columns,
        )
        .on_conflict_do_nothing()
        .returning(col(Administration.id))
    )
    if made.first() is not None:
        return None
    first: Administration | None = await writer.session.scalar(
        recorded_of(writer.client).where(col(Administration.id) == administration_id)
    )
    if first is None:
        raise Conflict
    return first
