"""Choosing how to sign in, through a link: of many at once one wins, and whoever has a second factor shows it first."""

from dataclasses import dataclass

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.passwords import hash_password
from afterglow_auth.accounts.service import has_chosen, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.factors import tries
from afterglow_auth.factors.standing import Standing, standing
from afterglow_auth.factors.tries import Guessed
from afterglow_auth.links.doors import INVITATION, RECOVERY, RESET, Door
from afterglow_auth.links.letters import PASSWORD_CHOSEN
from afterglow_auth.links.service import Dead, Opened, count_code, find, refuse, use_up
from afterglow_auth.mail.sending import send_later
from afterglow_auth.passkeys.refusals import PasskeyRefusedError, keep_refusal
from afterglow_auth.passkeys.service import finish_registration
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.recovery_codes import service as recovery_codes
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_auth.sign_in.going import Going
from afterglow_auth.sign_in.service import Outcomes, Way, advance
from afterglow_auth.sign_in.stages import Browser, OpenedBy, opened
from afterglow_auth.totp import service as totp

OPENED_BY = {INVITATION: OpenedBy.invitation, RECOVERY: OpenedBy.recovery, RESET: OpenedBy.reset}
WEB = "/sign-in"  # web's: whoever is signed in here is there too, a moment later
SIX_DIGITS = 6


class WrongCodeError(Exception):
    """The second factor was not shown; nothing was used up."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose: a password, or a passkey (`response`); with it their name, as they corrected it.

    `code` proves a factor that they still have.
    """

    password: str = ""
    response: str = ""
    name: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What has to be shown besides the link: a code, or nothing. `only_passkey`: there is none, so they sign in."""

    code: bool
    only_passkey: bool
    has: Standing


def asked_of(has: Standing) -> Asked:
    code = has.has_second and (has.has_totp or has.codes_left > 0)
    return Asked(code, has.has_second and not code, has)


async def what_is_asked(provider: IdentityProvider, person: Person) -> Asked:
    async with provider.database.unit_of_work(RowContext()) as session:
        return asked_of(await standing(session, person))


async def choose(
    provider: IdentityProvider, door: Door, link: Opened, chosen: Chosen, browser: Browser
) -> Outcomes | Dead:
    """Use the link up, keep what was chosen and go on to the next step, in one transaction.

    Answers why not, where somebody was faster or this was one wrong code too many. Raises WrongCodeError, and
    PasskeyRefusedError, which has been kept. Before a code `take_try` is called. The person's row is locked first, as
    an admin's acts do: in the other order two could wait for each other.
    """
    if chosen.code:
        async with provider.database.unit_of_work(RowContext()) as session:
            if not await count_code(session, door, link.named):
                return await too_late(session, door, link)
    hashed = await hash_password(chosen.password) if chosen.password else None
    try:
        async with provider.database.unit_of_work(RowContext(link.person.id, link.person.role)) as session:
            person = await lock(session, link.person.id)
            if person is None or not await use_up(session, door, link.named):
                return await too_late(session, door, link)
            amr = await show_factor(session, provider, door, person, chosen.code)
            amr = [*await keep(session, provider, door, Keeping(person, browser, chosen, hashed)), *amr]
            await record(session, door.verb, object_id=link.named.id, subject_id=person.id)
            if door is not INVITATION:  # whoever else came in with what they had before goes out
                await end_sessions_of(session, person.id)
            stage = opened(person, OPENED_BY[door], amr, goes_to=WEB)
            return await advance(session, provider, Way(stage, person, browser, Going(page=WEB)))
    except WrongCodeError:
        if over := await keep_wrong_code(provider, door, link, guessed_by(chosen.code)):
            return over
        raise
    except PasskeyRefusedError as refused:
        await keep_refusal(provider, refused, Verb.passkey_added, subject_id=link.person.id)
        raise


async def take_try(provider: IdentityProvider, link: Opened, code: str) -> None:
    """Count a code for its person before anything is looked at. Raises TooSoonError."""
    await tries.take(provider, guessed_by(code), link.person.id)


async def give_try_back(provider: IdentityProvider, link: Opened, code: str) -> None:
    """The code was not looked at after all."""
    await tries.forgive(provider, guessed_by(code), link.person.id)


def guessed_by(code: str) -> Guessed:
    return Guessed.totp if is_of_app(code) else Guessed.recovery_code


def is_of_app(code: str) -> bool:
    """Six digits are an app's code; anything else is one of the recovery codes."""
    typed = "".join(code.split())
    return typed.isdigit() and len(typed) == SIX_DIGITS


async def too_late(session: AsyncSession, door: Door, link: Opened) -> Dead:
    found = await find(session, door, link.named)
    why = found if isinstance(found, Dead) else Dead.used
    await refuse(session, door, link.named, why)
    return why


async def show_factor(
    session: AsyncSession, provider: IdentityProvider, door: Door, person: Person, code: str
) -> list[str]:
    """What the code proves, for whoever has a factor left. A forgotten password never comes back by mail alone."""
    asked = asked_of(await standing(session, person))
    if not asked.code and not asked.only_passkey and door is not RECOVERY:
        return []
    guessed = guessed_by(code)
    if guessed is Guessed.totp:
        right = await totp.check(session, provider, person.id, code)
    else:
        right = bool(code) and await recovery_codes.use(session, provider.digests, person.id, code)
    if not right:
        raise WrongCodeError
    await tries.clear(session, provider.digests, guessed, person.id)
    return ["otp", "mfa"]


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whose what is to be kept; `hashed` where it is a password."""

    person: Person
    browser: Browser
    chosen: Chosen
    hashed: str | None


async def keep(session: AsyncSession, provider: IdentityProvider, door: Door, what: Keeping) -> list[str]:
    """Keep name and password, or name and passkey; how it proves somebody, in words of RFC 8176."""
    person, chosen = what.person, what.chosen
    if chosen.name and chosen.name != person.name:
        await correct_name(session, person, chosen.name)
    if what.hashed is None:
        cookie = what.browser.cookie
        return (await finish_registration(session, provider, person, cookie, chosen.response, "")).amr
    await store(session, person, what.hashed)
    await outbox.credential_changed(session, person.id, "password", door.change)
    await send_later(session, PASSWORD_CHOSEN, to=person.id)
    return ["pwd"]


async def store(session: AsyncSession, person: Person, hashed: str) -> None:
    person.password_hash = hashed
    await session.flush()
    await has_chosen(session, person.id)


async def correct_name(session: AsyncSession, person: Person, name: str) -> None:
    renaming = update(Person).where(col(Person.id) == person.id).values(name=name)
    await session.execute(renaming)
    await outbox.person_changed(session, person)
    await record(session, Verb.account_changed, object_id=person.id, subject_id=person.id)


async def keep_wrong_code(provider: IdentityProvider, door: Door, link: Opened, guessed: Guessed) -> Dead | None:
    """Keep that a code was wrong; answers why the link is over, where this was one too many."""
    async with provider.database.unit_of_work(RowContext()) as session:
        subject, what = link.person.id, guessed.value
        await record(session, Verb.factor_tried, subject_id=subject, purpose=what, outcome=Outcome.refused)
        found = await find(session, door, link.named)
        if not isinstance(found, Dead):
            return None
        await refuse(session, door, link.named, found)
        return found
