"""Back-off on links: from one network only so many that do not open, whatever they are guesses of."""

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext

from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.back_off import (
    FREE_TRIES_OF_AN_ADDRESS,
    TooSoonError,
    count,
    give_back,
    is_first_refusal,
)


async def take(provider: IdentityProvider, network: str, verb: Verb) -> bytes:
    """Count a link before it is looked at; `forgive` with the key that is answered when it opened.

    Raises TooSoonError while the network must wait; the first refusal of each wait is kept in the audit.
    """
    key = provider.digests.of(Purpose.link_tries, network)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            await count(session, key, FREE_TRIES_OF_AN_ADDRESS)
    except TooSoonError:
        async with provider.database.unit_of_work(RowContext()) as session:
            if await is_first_refusal(session, key):
                await record(session, verb, purpose="too_soon", outcome=Outcome.refused)
        raise
    return key


async def forgive(provider: IdentityProvider, key: bytes) -> None:
    async with provider.database.unit_of_work(RowContext()) as session:
        await give_back(session, key)
