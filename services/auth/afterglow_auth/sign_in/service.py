"""Signing in: what was proved is taken in, then the next step, or the session.

Whoever asks about whomever gets the same answer in the same time.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.passwords import verify
from afterglow_auth.accounts.service import find_by_email, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.oauth.authorize import let_in
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.proof import Proof
from afterglow_auth.sessions.service import SignedIn, start
from afterglow_auth.sign_in.back_off import TooSoonError, Tries, clear, is_first_refusal, take
from afterglow_auth.sign_in.going import Going
from afterglow_auth.sign_in.models import SignInStage
from afterglow_auth.sign_in.stages import Browser, OpenedBy, Step, keep, leave_standing, opened, step_of

Outcomes = Step | Answer | None  # the step that comes next; or signed in: a client's answer, or nobody had asked


class Way(NamedTuple):
    """Somebody on the way in: with what proved, in which browser, to where."""

    stage: SignInStage
    person: Person
    browser: Browser
    going: Going


class Refused(Enum):
    """Why nobody was signed in."""

    not_right = auto()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try with a password: what was typed, from where, in which browser, and on the way to where."""

    email: str
    password: str
    network: str
    browser: Browser
    going: Going
    opened_by: OpenedBy = OpenedBy.password


async def sign_in(provider: IdentityProvider, attempt: Attempt) -> Outcomes | Refused:
    """Take a password in, and go on from there.

    Raises TooSoonError. No transaction is open while the password is hashed.
    """
    tries = Tries.of(provider.digests, attempt.email, attempt.network)
    try:
        known = await take(provider.database, tries, attempt.email)
    except TooSoonError as error:
        await note_too_soon(provider, attempt.email, error.key)
        raise
    right, updated_hash = await verify(attempt.password, known.password_hash if known else None)
    async with provider.database.unit_of_work(RowContext()) as session:
        # Locked, so that whoever disables or resets them waits for this sign-in, and ends it.
        person = await lock(session, known.id) if known and right else None
        if known is None or person is None or person.disabled_at or person.password_hash != known.password_hash:
            return await refuse(session, known.id if known else None, Refused.not_right)
        if updated_hash:  # setting it to what it is would have every statement look for what to write
            person.password_hash = updated_hash
        stage = opened(person, attempt.opened_by, ["pwd"], attempt.going.query)
        outcome = await advance(session, provider, Way(stage, person, attempt.browser, attempt.going))
        await clear(session, tries)  # last: everybody behind one address waits for its row
        return outcome


async def note_too_soon(provider: IdentityProvider, email: str, key: bytes) -> None:
    """Keep the first refusal of a wait, whether or not there is such an account: the same is done for every address."""
    async with provider.database.unit_of_work(RowContext()) as session:
        first, person = await is_first_refusal(session, key), await find_by_email(session, email)
        if first:
            whose = person.id if person else None
            await record(session, Verb.sign_in, subject_id=whose, purpose="too_soon", outcome=Outcome.refused)


async def refuse(session: AsyncSession, whose: UUID | None, why: Refused) -> Refused:
    """Keep the failure: whose account it was about, if anybody's, but never the address that was typed."""
    await record(session, Verb.sign_in, subject_id=whose, purpose=why.name, outcome=Outcome.refused)
    return why


async def advance(session: AsyncSession, provider: IdentityProvider, way: Way) -> Outcomes:
    """On to the next step, under a cookie that nobody has seen yet; or signed in, where none is left.

    The caller has locked the person.
    """
    has, live = await leave_standing(session, provider, way.person, way.browser.cookie)
    step = step_of(provider, way.stage, way.person, has)
    if step is Step.done:
        return await finish(session, provider, way, live)
    await keep(session, provider, way.stage, way.browser)
    return step


async def finish(session: AsyncSession, provider: IdentityProvider, way: Way, live: SignedIn | None) -> Answer | None:
    """A session begins, or the `live` one goes on newly proven; the request in progress is answered (None without)."""
    stage, person, browser, going = way
    after = provider.digests.of(Purpose.session, browser.new_cookie)
    proof = Proof(tuple(stage.amr), browser.device)
    purpose = None if stage.opened_by == OpenedBy.password else stage.opened_by
    signed_in = await start(session, person, after, live, proof, purpose=purpose)
    return await let_in(session, provider, going.asked, signed_in) if going.asked else None
