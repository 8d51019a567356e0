"""From a dose until the next morning nothing of a client's is shared or opened wider (DOMAIN §6): that can wait."""

from datetime import datetime
from uuid import UUID

from afterglow_foundation.errors import Conflict, FieldError, InvalidInput
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_portal.visibility import Visibility, opens_wider

# The rule itself is the database function's: the statement that records a check-in asks it too.
IMPAIRED_UNTIL = text("SELECT impaired_until(:client)")
SAID = "From a dose until the next morning nothing new is shared"


class UntilMorning(Conflict):
    code, title = "until_morning", SAID


def until_morning(field: str = "visibility") -> FieldError:
    return FieldError(field=field, code=UntilMorning.code, message=f"{SAID}; it can wait for the next session.")


async def impaired_until(session: AsyncSession, client: UUID) -> datetime | None:
    """The morning until which nothing is shared; None where no dose was given since the last one."""
    until: datetime | None = await session.scalar(IMPAIRED_UNTIL, {"client": client})
    return until


async def refuse_sharing(session: AsyncSession, client: UUID) -> None:
    """Raise UntilMorning for an act that would let others see more."""
    if await impaired_until(session, client):
        raise UntilMorning


async def refuse_opening_wider(
    session: AsyncSession, client: UUID, before: Visibility | None, after: Visibility, field: str = "visibility"
) -> None:
    """Raise InvalidInput for words that others would see now, and for more readers than `before`.

    What is new may wait for the next session: nobody sees it until that morning is past.
    """
    if not (after == Visibility.therapist or (before and opens_wider(before, after))):
        return
    if await impaired_until(session, client):
        raise InvalidInput(errors=[until_morning(field)])
