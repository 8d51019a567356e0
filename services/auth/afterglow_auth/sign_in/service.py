"""Signing in with a password: the same answer in the same time, whoever asks about whomever."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.passwords import verify
from afterglow_auth.accounts.service import find_by_email
from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.oauth.authorize import Asked, give_code
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.service import find_live, start
from afterglow_auth.sign_in.back_off import TooSoonError, Tries, clear, is_first_refusal, take


class Refused(Enum):
    """Why nobody was signed in."""

    not_right = auto()
    needs_second_factor = auto()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: what was typed, from where, in which browser, and for which request."""

    email: str
    password: str
    network: str
    cookie: str
    asked: Asked | None


async def sign_in(provider: IdentityProvider, attempt: Attempt, new_cookie: str) -> Answer | Refused | None:
    """Sign somebody in under `new_cookie`, and answer the request in progress (None without one).

    Raises TooSoonError. No transaction is open while the password is hashed.
    """
    tries = Tries.of(provider.digests, attempt.email, attempt.network)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            await take(session, tries)
            person = await find_by_email(session, attempt.email)
    except TooSoonError as error:
        await note_too_soon(provider, attempt.email, error.key)
        raise
    right, updated_hash = await verify(attempt.password, person.password_hash if person else None)
    async with provider.database.unit_of_work(RowContext()) as session:
        person = await session.get(Person, person.id) if person and right else person
        if person is None or not right or person.disabled_at:
            return await refuse(session, person, Refused.not_right)
        if person.is_staff and provider.settings.mfa_required_for_staff:
            return await refuse(session, person, Refused.needs_second_factor)
        person.password_hash = updated_hash or person.password_hash
        await clear(session, tries)
        return await begin(session, provider, attempt, person, new_cookie)


async def note_too_soon(provider: IdentityProvider, email: str, key: bytes) -> None:
    """Keep the first refusal of a wait, if it was about somebody's account: anybody may cause any number of them."""
    async with provider.database.unit_of_work(RowContext()) as session:
        first, person = await is_first_refusal(session, key), await find_by_email(session, email)
        if first and person:
            await record(session, Verb.sign_in, subject_id=person.id, purpose="too_soon", outcome=Outcome.refused)


async def refuse(session: AsyncSession, person: Person | None, why: Refused) -> Refused:
    """Keep the failure: whose account it was about, if anybody's, but never the address that was typed."""
    await record(
        session, Verb.sign_in, subject_id=person.id if person else None, purpose=why.name, outcome=Outcome.refused
    )
    return why


async def begin(
    session: AsyncSession, provider: IdentityProvider, attempt: Attempt, person: Person, new_cookie: str
) -> Answer | None:
    before = await find_live(session, provider.digests.of(Purpose.session, attempt.cookie))
    signed_in = await start(session, person, provider.digests.of(Purpose.session, new_cookie), before)
    person.last_sign_in_at = datetime.now(UTC)
    await record(session, Verb.sign_in, signed_in.caller, object_id=signed_in.session.id, subject_id=person.id)
    return await give_code(session, provider, attempt.asked, signed_in) if attempt.asked else None
