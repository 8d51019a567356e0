"""Back-off on what can be guessed once a person is known: codes of an app, recovery codes, a password typed again.

Each is counted for its person, and apart: whoever has used up the tries at one may still take another. A try counts
before the code is looked at, in a transaction of its own, so that many at once cannot slip through.
"""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.factors.letters import CODES_GUESSED
from afterglow_auth.mail.sending import send_later
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.back_off import (
    FREE_TRIES_OF_AN_ACCOUNT,
    FREE_TRIES_OF_AN_ADDRESS,
    WAITS,
    WAITS_OF_SECOND_FACTOR,
    TooSoonError,
    count,
    give_back,
    is_first_in,
    is_first_refusal,
)
from afterglow_auth.sign_in.models import SignInTries

__all__ = ["Guessed", "TooSoonError", "clear", "forgive", "forgive_network", "take", "take_network"]


class Guessed(StrEnum):
    """What is tried."""

    password = "password"  # noqa: S105  # a word
    recovery_code = "recovery_code"
    totp = "totp"


CODES = frozenset({Guessed.recovery_code, Guessed.totp})
TOLD_EVERY = timedelta(days=1)


async def take(provider: IdentityProvider, guessed: Guessed, person_id: UUID) -> None:
    """Count one try; call it before anything is compared. Raises TooSoonError while the person must wait.

    The first refusal of each wait goes into the audit. From the last code that is free on the person is told, once a
    day, since whoever comes as far as a code has shown the right password.
    """
    key = key_of(provider.digests, guessed, person_id)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            waits = WAITS_OF_SECOND_FACTOR if guessed in CODES else WAITS
            await count(session, key, FREE_TRIES_OF_AN_ACCOUNT, waits)
            if guessed in CODES:
                await tell(session, provider.digests, key, person_id)
    except TooSoonError:
        async with provider.database.unit_of_work(RowContext()) as session:
            await note_refusal(session, key, person_id, guessed)
        raise


async def tell(session: AsyncSession, digests: Digests, key: bytes, person_id: UUID) -> None:
    failures = await session.scalar(select(col(SignInTries.failures)).where(col(SignInTries.key) == key))
    told = digests.of(Purpose.factor_tries, "told", person_id.hex)
    if (failures or 0) >= FREE_TRIES_OF_AN_ACCOUNT and await is_first_in(session, told, TOLD_EVERY):
        await send_later(session, CODES_GUESSED, to=person_id)


async def clear(session: AsyncSession, digests: Digests, guessed: Guessed, person_id: UUID) -> None:
    """After a success, in its transaction: the person starts afresh with this one."""
    await session.execute(delete(SignInTries).where(col(SignInTries.key) == key_of(digests, guessed, person_id)))


async def forgive(provider: IdentityProvider, guessed: Guessed, person_id: UUID) -> None:
    """Take one try back, of which nothing was compared."""
    async with provider.database.unit_of_work(RowContext()) as session:
        await give_back(session, key_of(provider.digests, guessed, person_id))


async def take_network(provider: IdentityProvider, network: str) -> bytes:
    """Count one try with a passkey, which names nobody beforehand. `forgive_network` with the key that is answered.

    Raises TooSoonError.
    """
    key = provider.digests.of(Purpose.passkey_tries, network)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            await count(session, key, FREE_TRIES_OF_AN_ADDRESS)
    except TooSoonError:
        async with provider.database.unit_of_work(RowContext()) as session:
            await note_refusal(session, key, None, "passkey")
        raise
    return key


async def forgive_network(session: AsyncSession, key: bytes) -> None:
    """After a success, in its transaction: this one was no guess."""
    await give_back(session, key)


async def note_refusal(session: AsyncSession, key: bytes, person_id: UUID | None, what: str) -> None:
    """Keep the first refusal of a wait."""
    if await is_first_refusal(session, key):
        purpose = f"{what}_too_soon"
        await record(session, Verb.factor_tried, subject_id=person_id, purpose=purpose, outcome=Outcome.refused)


def key_of(digests: Digests, guessed: Guessed, person_id: UUID) -> bytes:
    return digests.of(Purpose.factor_tries, guessed, person_id.hex)
