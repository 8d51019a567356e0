"""Erase a check-in: what it said goes, with every earlier version; that there was one stays.

What a therapist opened is part of the record, which the practice must keep for its time (SECURITY §3).
"""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.models import CheckIn, CheckInVersion
from afterglow_portal.checkins.readings import was_opened
from afterglow_portal.checkins.rules import OPENED
from afterglow_portal.visibility import Visibility


class AlreadyOpened(Conflict):
    code, title = "already_opened", OPENED


async def erase(session: AsyncSession, caller: Caller, check_in_id: UUID) -> bool:
    """Erase the caller's own check-in; False when it was erased before.

    Raises NotFound, and AlreadyOpened once a therapist read it: the lock lets no reading come in between.
    """
    own = select(CheckIn).where(col(CheckIn.client_id) == caller.person, col(CheckIn.id) == check_in_id)
    check_in = await session.scalar(own.with_for_update())
    if check_in is None:
        raise NotFound(refusal=Refusal(AuditAction.check_in_erased, check_in_id))
    if check_in.erased_at is not None:
        return False
    if await was_opened(session, caller.person, check_in_id):
        raise AlreadyOpened(
            refusal=Refusal(AuditAction.check_in_erased, check_in_id, caller.person, AlreadyOpened.code)
        )
    version = CheckInVersion
    await session.execute(
        delete(version).where(col(version.client_id) == caller.person, col(version.check_in_id) == check_in_id)
    )
    empty(check_in)
    await session.flush()
    return True


def empty(check_in: CheckIn) -> None:
    """Take out whatever it said. Without a digest no repeated body is the same as the first, so none is stored anew."""
    check_in.mood = check_in.energy = check_in.anxiety = check_in.note = None
    check_in.items, check_in.words, check_in.tags = {}, [], []
    check_in.felt_at, check_in.time_zone = check_in.entered_at, "UTC"
    check_in.local_date, check_in.back_dated = check_in.entered_at.astimezone(UTC).date(), False
    check_in.visibility, check_in.shared_version, check_in.shared_at = Visibility.only_me, 1, None
    check_in.waits_for = None
    check_in.body_digest, check_in.version_id, check_in.version_digest = b"", None, None
    check_in.erased_at = datetime.now(UTC)
