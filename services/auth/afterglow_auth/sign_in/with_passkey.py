"""Signing in with a passkey: who it is and a second factor, in one."""

from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.database import RowContext

from afterglow_auth.audit import Verb
from afterglow_auth.factors import tries
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, keep_refusal
from afterglow_auth.passkeys.service import finish_authentication
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sign_in.going import Going
from afterglow_auth.sign_in.service import Outcomes, Way, advance
from afterglow_auth.sign_in.stages import Browser, OpenedBy, opened


@dataclass(frozen=True, slots=True)
class Shown:
    """What an authenticator signed, from where, in which browser, and on the way to where.

    Where it must be a certain person's, `only` is their id.
    """

    response: str
    network: str
    browser: Browser
    going: Going
    opened_by: OpenedBy = OpenedBy.passkey
    only: UUID | None = None


async def sign_in(provider: IdentityProvider, shown: Shown) -> Outcomes:
    """Take a passkey in, and go on from there. Raises TooSoonError, and PasskeyRefusedError, which has been kept."""
    key = await tries.take_network(provider, shown.network)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            person, passkey = await finish_authentication(
                session, provider, shown.browser.cookie, shown.response, only=shown.only
            )
            await tries.forgive_network(session, key)
            stage = opened(person, shown.opened_by, passkey.amr, shown.going.query)
            return await advance(session, provider, Way(stage, person, shown.browser, shown.going))
    except PasskeyRefusedError as refused:
        await keep_refusal(provider, refused, Verb.sign_in)
        raise
