"""What a client keeps for the next session opens when that session begins, for those it waits for."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.course.impairment import impaired_until

# Under row-level security a therapist sees nothing that waits; the database function opens it and says what it opened.
RELEASE = text("SELECT room, id FROM release_for_session(:client) ORDER BY id")
ACTIONS = {"check_ins": AuditAction.check_in_released, "journal": AuditAction.journal_entry_released}


async def release(session: AsyncSession, client: UUID) -> list[tuple[AuditAction, UUID]]:
    """Open what waits, and say what was opened; nothing from a dose until the next morning."""
    if await impaired_until(session, client):
        return []
    released = await session.execute(RELEASE, {"client": client})
    return [(ACTIONS[row.room], row.id) for row in released]
