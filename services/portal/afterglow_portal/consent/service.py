"""Read and make standing choices; every change stays on record."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.consent.models import StandingChoice
from afterglow_portal.consent.schemas import ChoicesOut
from afterglow_portal.course.impairment import refuse_opening_wider
from afterglow_portal.visibility import Visibility


async def choices_of(session: AsyncSession, client: UUID) -> ChoicesOut:
    """What holds now for this client."""
    latest = await session.scalars(
        select(StandingChoice)
        .where(col(StandingChoice.client_id) == client)
        .ext(distinct_on(col(StandingChoice.room)))
        .order_by(col(StandingChoice.room), col(StandingChoice.chosen_at).desc(), col(StandingChoice.id).desc())
    )
    rows = list(latest)
    return ChoicesOut(
        **{row.room: Visibility(row.visibility) for row in rows},
        chosen_at=max((row.chosen_at for row in rows), default=None),
    )


async def choose(session: AsyncSession, client: UUID, choices: Mapping[str, Visibility]) -> list[StandingChoice]:
    """Append what differs from what holds now, and return it; the same choice again is not a change.

    Raises InvalidInput for one that opens more, from a dose until the next morning.
    """
    held = await choices_of(session, client)
    for room, choice in choices.items():
        if getattr(held, room) != choice:
            await refuse_opening_wider(session, client, getattr(held, room), choice, room)
    made = [
        StandingChoice(client_id=client, room=room, visibility=choice)
        for room, choice in choices.items()
        if getattr(held, room) != choice
    ]
    session.add_all(made)
    await session.flush()
    return made
