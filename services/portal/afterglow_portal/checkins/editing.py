"""Edit a check-in: the version before is kept, sealed anew, and the edit is safe to send twice."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import InvalidInput, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.content import CURRENT, EARLIER, acknowledged, binding, columns_of, opened
from afterglow_portal.checkins.models import CheckIn, CheckInVersion, ContentColumns
from afterglow_portal.checkins.policy import readable
from afterglow_portal.checkins.readings import was_opened
from afterglow_portal.checkins.recording import Recorded
from afterglow_portal.checkins.rules import ALREADY_OPENED, broken_rules
from afterglow_portal.checkins.schemas import Origin, VersionBody
from afterglow_portal.course.impairment import refuse_opening_wider
from afterglow_portal.edits import Edit, Edits
from afterglow_portal.people.care_now import waits_for
from afterglow_portal.visibility import Visibility

EDITS = Edits(CheckIn, CheckInVersion, of="check_in_id")


async def own_for_update(session: AsyncSession, caller: Caller, check_in_id: UUID) -> CheckIn:
    """The caller's own check-in, locked until the transaction ends. Raises NotFound, kept as a refused edit."""
    rows = readable(caller, caller.person).where(col(CheckIn.id) == check_in_id).with_for_update()
    check_in = await session.scalar(rows)
    if check_in is None:
        raise NotFound(refusal=Refusal(AuditAction.check_in_edited, check_in_id))
    return check_in


async def edit(session: AsyncSession, key: DataKey, check_in: CheckIn, body: VersionBody) -> Recorded:
    """Replace what a locked check-in says. Its time is judged against when it was first entered.

    Raises InvalidInput, also for un-sharing what was opened, and Conflict when another body was sent under this
    `version_id`.
    """
    digest = key.digest(body.canonical())
    earlier = await EDITS.made_before(session, check_in, body.version_id, digest)
    if earlier is None:
        if wrong := broken_rules(body, check_in.entered_at):
            raise InvalidInput(errors=wrong)
        await refuse_taking_back(session, check_in, body)
        await refuse_opening_wider(session, check_in.client_id, Visibility(check_in.visibility), body.visibility)
        session.add(version_of(check_in, key))
        stays_shared = check_in.visibility == Visibility.therapist == body.visibility
        replace(check_in, body, key)
        if not stays_shared:
            check_in.waits_for = await waits_for(session, check_in.client_id, body.visibility)
        await session.flush()
    made = earlier or Edit(check_in.version, check_in.edited_at)
    answer = acknowledged(
        body,
        check_in_id=check_in.id,
        client_id=check_in.client_id,
        entered_at=check_in.entered_at,
        origin=Origin(check_in.origin),
        version=made.version,
        edited_at=made.made_at,
    )
    return Recorded(created=earlier is None, check_in=answer)


async def refuse_taking_back(session: AsyncSession, check_in: CheckIn, body: VersionBody) -> None:
    """Raise InvalidInput for un-sharing what was opened (DOMAIN §4): no page may look as if nobody had read it."""
    taken_back = check_in.visibility == Visibility.therapist != body.visibility
    if taken_back and await was_opened(session, check_in.client_id, check_in.id):
        raise InvalidInput(errors=[ALREADY_OPENED])


def version_of(check_in: CheckIn, key: DataKey) -> CheckInVersion:
    """The present content as a version row, its note bound to that row."""
    row_id = new_id()
    note = opened(check_in.note, binding(CURRENT, check_in.id, check_in.client_id), key)
    content = {name: getattr(check_in, name) for name in ContentColumns.model_fields}
    content["note"] = key.seal(note, binding(EARLIER, row_id, check_in.client_id)) if note else None
    return CheckInVersion(
        client_id=check_in.client_id,
        id=row_id,
        check_in_id=check_in.id,
        version=check_in.version,
        made_at=check_in.edited_at or check_in.entered_at,
        version_id=check_in.version_id,
        version_digest=check_in.version_digest,
        **content,
    )


def replace(check_in: CheckIn, body: VersionBody, key: DataKey) -> None:
    shared_before = check_in.visibility == Visibility.therapist
    for name, value in columns_of(body, check_in.id, check_in.entered_at, key).items():
        setattr(check_in, name, value)
    check_in.version += 1
    check_in.edited_at = datetime.now(UTC)
    if not shared_before:
        check_in.shared_version, check_in.shared_at = check_in.version, check_in.edited_at
    check_in.version_id = body.version_id
    check_in.version_digest = key.digest(body.canonical())
