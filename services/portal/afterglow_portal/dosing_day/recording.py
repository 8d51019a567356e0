"""Add a record to a dosing session, exactly once; one that replaces another leaves it in the record."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput
from afterglow_foundation.sealing import DataKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.rules import CLOCK_SKEW
from afterglow_portal.course.dosing import NotDosing
from afterglow_portal.course.schemas import Kind, State
from afterglow_portal.course.sessions import lock
from afterglow_portal.course.writer import Writer
from afterglow_portal.dosing_day.content import LISTS, TABLES, columns_of, words_of
from afterglow_portal.dosing_day.models import Checklist, Observation, RecordColumns
from afterglow_portal.dosing_day.policy import lists_of, records_of
from afterglow_portal.dosing_day.schemas import ListBody, RecordBody
from afterglow_portal.dosing_day.steps import missing

TIMES = ("measured_at", "began_at", "ended_at")
OTHER_STEPS = FieldError(field="reason", code="of_other_steps", message="This reason was written for other steps.")
NO_SUCH_RECORD = FieldError(field="replaces", code="unknown", message="This session has no such record.")


class SessionCancelled(Conflict):
    code, title = "session_cancelled", "This session was cancelled"


class RecordChanged(Conflict):
    code, title = "record_changed", "This was changed since you opened it"


async def record(writer: Writer, session_id: UUID, identity: UUID, body: RecordBody, action: AuditAction) -> bool:
    """Store a record; False if it was stored before.

    Raises NotFound, NotDosing, SessionCancelled, InvalidInput, RecordChanged where what it replaces is no longer how
    it stands, and Conflict.
    """
    row = await lock(writer.session, writer.client, session_id, action)
    table = TABLES[type(body)]
    digest = writer.key.digest(session_id.bytes + body.canonical())
    before = await writer.session.scalar(
        select(table).where(col(table.client_id) == writer.client, col(table.id) == identity)
    )
    if before is not None:
        if before.body_digest != digest:
            raise Conflict
        return False
    if row.kind != Kind.dosing:
        raise NotDosing
    if row.state == State.cancelled:
        raise SessionCancelled
    refuse_times_to_come(body)
    replaced = await refuse_unless_current(writer, session_id, body)
    if isinstance(replaced, Checklist):
        refuse_reason_of_before(body, replaced, writer.key)
    await store(writer, session_id, identity, body, digest)
    return True


def refuse_times_to_come(body: RecordBody) -> None:
    latest = datetime.now(UTC) + CLOCK_SKEW
    later = [name for name in TIMES if (said := getattr(body, name, None)) and said > latest]
    if later:
        message = "This time is still to come."
        raise InvalidInput(errors=[FieldError(field=name, code="in_the_future", message=message) for name in later])


async def refuse_unless_current(writer: Writer, session_id: UUID, body: RecordBody) -> RecordColumns | None:
    """Give what it replaces, if anything.

    A list or an observation comes in the place of how it stands now; a reading only of one that nothing replaced.
    """
    rows = await rows_beside(writer, session_id, body)
    replaced = {row.replaces for row in rows}
    if body.replaces is not None and body.replaces not in {row.id for row in rows}:
        raise InvalidInput(errors=[NO_SUCH_RECORD])
    alone = type(body) in LISTS or TABLES[type(body)] is Observation
    if body.replaces in replaced - {None} or (alone and rows and body.replaces is None):
        raise RecordChanged
    return next((row for row in rows if row.id == body.replaces), None)


def refuse_reason_of_before(body: RecordBody, before: Checklist, key: DataKey) -> None:
    """A reason was written for the steps that were missing then: the same words do not excuse one more.

    Raises SealBrokenError where the earlier words do not open.
    """
    if not isinstance(body, ListBody) or not body.reason.strip():
        return
    which = LISTS[type(body)]
    more = set(missing(which, body.steps)) - set(missing(which, before.steps))
    if more and body.reason.strip() == words_of(before, key)["reason"].strip():
        raise InvalidInput(errors=[OTHER_STEPS])


async def rows_beside(writer: Writer, session_id: UUID, body: RecordBody) -> list[RecordColumns]:
    which = LISTS.get(type(body))
    asked = (
        lists_of(writer.client, session_id, which)
        if which
        else records_of(TABLES[type(body)], writer.client, session_id)
    )
    return list(await writer.session.scalars(asked))


async def store(writer: Writer, session_id: UUID, identity: UUID, body: RecordBody, digest: bytes) -> None:
    """The session is locked: of two that replace the same, the other has waited."""
    values: dict[str, Any] = {
        **columns_of(body, identity, writer.key),
        "client_id": writer.client,
        "id": identity,
        "session_id": session_id,
        "made_at": datetime.now(UTC),
        "made_by": writer.by,
        "body_digest": digest,
    }
    await writer.session.execute(insert(TABLES[type(body)]).values(**values))
