"""Whether a dose may begin without a word: each required step is ticked, or somebody wrote why it goes on without.

It never stands in the way of a person's judgement; it asks that the judgement is written down.
"""

from uuid import UUID

from afterglow_foundation.errors import Conflict
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.dosing_day.models import Checklist
from afterglow_portal.dosing_day.policy import lists_of
from afterglow_portal.dosing_day.steps import List, missing


class NotReady(Conflict):
    code, title = "not_ready", "A step before the dose is missing, and no reason is written for going on without it"


async def refuse_unready(session: AsyncSession, client: UUID, session_id: UUID) -> None:
    """Raise NotReady as the list of a locked session stands."""
    last = await newest_readiness(session, client, session_id)
    if last is None or (missing(List.readiness, last.steps) and not last.reasoned):
        raise NotReady


async def newest_readiness(session: AsyncSession, client: UUID, session_id: UUID) -> Checklist | None:
    """How the list stands; None where nobody has gone through it yet."""
    newest = col(Checklist.made_at).desc(), col(Checklist.id).desc()
    found: Checklist | None = await session.scalar(
        lists_of(client, session_id, List.readiness).order_by(None).order_by(*newest).limit(1)
    )
    return found
