"""Correct what was recorded of a dose: what it said before is kept, with who wrote it and when."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, InvalidInput, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.rules import CLOCK_SKEW
from afterglow_portal.course.content import administration_columns, circumstances_before
from afterglow_portal.course.dosing import NOT_YET
from afterglow_portal.course.models import Administration, AdministrationVersion, GivenColumns
from afterglow_portal.course.policy import recorded_of
from afterglow_portal.course.schemas import CorrectionBody
from afterglow_portal.course.withdrawing import AdministrationWithdrawn
from afterglow_portal.course.writer import Writer
from afterglow_portal.edits import Edits

CORRECTIONS = Edits(
    Administration, AdministrationVersion, of="administration_id", named="correction", at="corrected_at"
)


class AdministrationChanged(Conflict):
    code, title = "administration_changed", "This record was corrected since you opened it"


async def correct(writer: Writer, session_id: UUID, administration_id: UUID, body: CorrectionBody) -> bool:
    """Replace what a record says. False if this correction was made before.

    Raises NotFound, InvalidInput for a time to come, AdministrationChanged for a correction of a version that is no
    longer current, AdministrationWithdrawn, and Conflict when another body was sent under this `correction_id`.
    """
    session, client, key = writer.session, writer.client, writer.key
    of_session = col(Administration.id) == administration_id, col(Administration.session_id) == session_id
    row = await session.scalar(recorded_of(client).where(*of_session).with_for_update())
    if row is None:
        raise NotFound(refusal=Refusal(AuditAction.administration_corrected, administration_id, client))
    digest = key.digest(body.canonical())
    if await CORRECTIONS.made_before(session, row, body.correction_id, digest):
        return False
    if row.withdrawn_at is not None:
        raise AdministrationWithdrawn
    if body.given_at > datetime.now(UTC) + CLOCK_SKEW:
        raise InvalidInput(errors=[NOT_YET])
    if body.base_version != row.version:
        raise AdministrationChanged
    keep(writer, row)
    for name, value in administration_columns(body, row.id, key).items():
        setattr(row, name, value)
    row.version += 1
    row.corrected_at, row.corrected_by = datetime.now(UTC), writer.by
    row.correction_id, row.correction_digest = body.correction_id, digest
    await session.flush()
    return True


def keep(writer: Writer, row: Administration) -> None:
    """What a locked record says, in a row of its own."""
    version = new_id()
    said = {name: getattr(row, name) for name in GivenColumns.model_fields}
    writer.session.add(
        AdministrationVersion(
            **{**said, "circumstances": circumstances_before(row, version, writer.key)},
            client_id=row.client_id,
            id=version,
            administration_id=row.id,
            version=row.version,
            made_at=row.corrected_at or row.made_at,
            made_by=row.corrected_by or row.made_by,
            correction_id=row.correction_id,
            correction_digest=row.correction_digest,
        )
    )
