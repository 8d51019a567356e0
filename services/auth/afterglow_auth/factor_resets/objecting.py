"""The link by which somebody stops that their ways in are taken away: looking changes nothing."""

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext

from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.factor_resets import service
from afterglow_auth.factor_resets.models import FactorReset, FactorResetState
from afterglow_auth.links import guesses
from afterglow_auth.links.tokens import read
from afterglow_auth.provider import IdentityProvider


async def look(provider: IdentityProvider, token: str, network: str) -> FactorReset | None:
    """What the link is about; None for one that we did not make. Raises TooSoonError, as for any link."""
    key = await guesses.take(provider, network, Verb.factor_reset_objected)
    named = read(provider.digests, Purpose.objection, token)
    if named is None:
        return None
    async with provider.database.unit_of_work(RowContext()) as session:
        found = await session.get(FactorReset, named.id)
        if found is None or found.due_at != named.expires_at:
            await record(
                session,
                Verb.factor_reset_objected,
                object_id=named.id,
                purpose="garbled",
                outcome=Outcome.refused,
            )
            return None
        session.expunge(found)
    await guesses.forgive(provider, key)
    return found


async def object_to(provider: IdentityProvider, found: FactorReset) -> FactorResetState:
    """Stop it, in one transaction with the news to the admins. Answers how it stands now."""
    async with provider.database.unit_of_work(RowContext()) as session:
        return await service.object_to(session, found.id, found.person_id)
