"""The two ceremonies as a page holds them: the browser's cookie, a transaction each, and what is kept of a refusal."""

from uuid import UUID

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb
from afterglow_auth.passkeys import service
from afterglow_auth.passkeys.models import Passkey
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, Reason, keep_refusal
from afterglow_auth.provider import IdentityProvider
from afterglow_foundation.database import RowContext

from tests.auth.authenticators import Authenticator

COOKIE, OTHER_COOKIE = "a" * 43, "b" * 43
NOBODY = RowContext()


async def options_to_register(provider: IdentityProvider, person: Person, cookie: str = COOKIE) -> str:
    async with provider.database.unit_of_work(NOBODY) as session:
        return await service.begin_registration(session, provider, person, cookie)


async def register(
    provider: IdentityProvider, person: Person, response: str, cookie: str = COOKIE, name: str = "My phone"
) -> Passkey | Reason:
    try:
        async with provider.database.unit_of_work(NOBODY) as session:
            assert await lock(session, person.id)
            return await service.finish_registration(session, provider, person, cookie, response, name)
    except PasskeyRefusedError as refused:
        await keep_refusal(provider, refused, Verb.passkey_added, subject_id=person.id)
        return refused.reason


def options_to_sign_in(provider: IdentityProvider, cookie: str = COOKIE) -> str:
    return service.begin_authentication(provider, cookie)


async def sign_in(
    provider: IdentityProvider, response: str, cookie: str = COOKIE, only: UUID | None = None
) -> tuple[Person, Passkey] | Reason:
    try:
        async with provider.database.unit_of_work(NOBODY) as session:
            return await service.finish_authentication(session, provider, cookie, response, only=only)
    except PasskeyRefusedError as refused:
        await keep_refusal(provider, refused, Verb.sign_in)
        return refused.reason


async def phone_of(provider: IdentityProvider, person: Person) -> Authenticator:
    """An authenticator with a passkey of ours."""
    device = Authenticator()
    made = await register(provider, person, device.create(await options_to_register(provider, person)))
    assert isinstance(made, Passkey)
    return device
