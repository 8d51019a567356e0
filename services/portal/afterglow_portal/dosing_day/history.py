"""Take over what was recorded of dosing days elsewhere, as demonstration data are: sealed and held as any other."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from afterglow_foundation.audit import event_values
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.sealing import DataKeyStore
from pydantic import UUID7, BaseModel
from sqlalchemy.dialects.postgresql import insert

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.writer import Writer
from afterglow_portal.dosing_day.content import TABLES, columns_of
from afterglow_portal.dosing_day.schemas import (
    AdverseEventBody,
    DischargeBody,
    ObservationBody,
    ReadinessBody,
    VitalSignsBody,
)
from afterglow_portal.models import AuditEvent
from afterglow_portal.times import Instant

Body = VitalSignsBody | AdverseEventBody | ObservationBody | ReadinessBody | DischargeBody


class ImportedRecord(BaseModel, extra="forbid", frozen=True):
    """A record with the id and the time it had where it comes from."""

    id: UUID7
    session_id: UUID7
    made_at: Instant
    body: Body


async def import_records(
    database: Database, keys: DataKeyStore, client_id: UUID, therapist_id: UUID, records: Sequence[ImportedRecord]
) -> None:
    """Store records of sessions that are there, in one transaction; one whose id is there already stays as it is.

    `database` is the app role's: the transaction acts for the therapist under row-level security, who must treat the
    client now.
    """
    async with database.unit_of_work(RowContext(therapist_id, Role.therapist)) as session:
        key = await keys.find_or_make(session, client_id)
        writer = Writer(session, key, therapist_id, client_id)
        for one in records:
            await session.execute(insert(TABLES[type(one.body)]).values(row(writer, one)).on_conflict_do_nothing())
        for session_id in dict.fromkeys(one.session_id for one in records):
            event = event_values(
                None, AuditAction.dosing_day_imported, object_id=session_id, subject_id=client_id, purpose="import"
            )
            await session.execute(insert(AuditEvent).values(**event))
    keys.remember(key)


def row(writer: Writer, one: ImportedRecord) -> dict[str, Any]:
    return {
        **columns_of(one.body, one.id, writer.key),
        "client_id": writer.client,
        "id": one.id,
        "session_id": one.session_id,
        "made_at": one.made_at,
        "made_by": writer.by,
        "body_digest": writer.key.digest(one.session_id.bytes + one.body.canonical()),
    }
