"""Back-off: addresses that are nobody's are counted for whoever asks, so that nobody tries them one by one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import NotFound, Refusal, TooManyRequests

from afterglow_auth.audit import Verb
from afterglow_auth.digests import Purpose
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ACCOUNT, TooSoonError, count, give_back


@asynccontextmanager
async def counted(provider: IdentityProvider, caller: Caller) -> AsyncIterator[None]:
    """Count a try before anything is looked up, in a transaction of its own, and take it back where somebody was found.

    The block opens its own unit of work, so that none is open while a try is counted.
    Raises TooManyRequests while the caller has to wait.
    """
    key = provider.digests.of(Purpose.break_glass_tries, caller.person.hex)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            await count(session, key, FREE_TRIES_OF_AN_ACCOUNT)
    except TooSoonError as error:
        refusal = Refusal(Verb.break_glass_opened, purpose="too_soon")
        wait = {"Retry-After": f"{error.wait.total_seconds():.0f}"}
        raise TooManyRequests(headers=wait, refusal=refusal) from error
    try:
        yield
    except NotFound:
        raise
    except BaseException:
        await forgive(provider, key)
        raise
    await forgive(provider, key)


async def forgive(provider: IdentityProvider, key: bytes) -> None:
    async with provider.database.unit_of_work(RowContext()) as session:
        await give_back(session, key)
