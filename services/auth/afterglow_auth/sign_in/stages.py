"""The stages of a sign-in: which comes next is found anew each time from how the person stands, never from a form."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, literal, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth import forms
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.factors.standing import STANDING, Standing, standing
from afterglow_auth.oauth.openid import wants_mfa
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import FIND_LIVE, SignedIn, rekey
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in.models import SignInStage
from afterglow_auth.terms.service import current_terms

LIFETIME = timedelta(minutes=15)  # for each step, and then one begins again
MFA = "mfa"


class Step(StrEnum):
    """What is still to do, and the end of the address of its page."""

    codes = "codes"
    done = "done"
    factor = "factor"
    second = "second"
    terms = "terms"

    @property
    def path(self) -> str:
        return f"/auth/sign-in/{self.value}"


class OpenedBy(StrEnum):
    """What began a sign-in."""

    confirm = "confirm"
    invitation = "invitation"
    passkey = "passkey"
    password = "password"  # noqa: S105  # a word
    recovery = "recovery"
    reset = "reset"


@dataclass(frozen=True, slots=True)
class Browser:
    """The cookie that came, the one that goes back in its place, and what the browser calls itself."""

    cookie: str
    device: str | None = None
    new_cookie: str = field(default_factory=new_secret)


class Entered(NamedTuple):
    """A stage, and whose it is."""

    stage: SignInStage
    person: Person


def opened(person: Person, opened_by: OpenedBy, amr: list[str], ask: str = "", goes_to: str = "") -> SignInStage:
    """A sign-in that begins; nothing is stored yet."""
    return SignInStage(
        person_id=person.id,
        cookie_hash=b"",
        opened_by=opened_by,
        amr=amr,
        ask=ask,
        goes_to=goes_to,
        expires_at=datetime.now(UTC) + LIFETIME,
    )


async def next_step(session: AsyncSession, provider: IdentityProvider, stage: SignInStage, person: Person) -> Step:
    return step_of(provider, stage, person, await standing(session, person))


def step_of(provider: IdentityProvider, stage: SignInStage, person: Person, has: Standing) -> Step:
    if MFA not in stage.amr:
        if has.has_second:
            return Step.second
        if needs_factor(provider.settings, stage, person) or is_offered(stage):
            return Step.factor
    if needs_codes(has):
        return Step.codes
    return Step.done if current_terms(provider).version in has.accepted_terms else Step.terms


def needs_factor(settings: Settings, stage: SignInStage, person: Person) -> bool:
    """Whether there is no way on without a second factor: the practice says so of its staff, or the client asks."""
    return (person.is_staff and settings.mfa_required_for_staff) or wants_mfa(forms.parse(stage.ask.encode()))


def is_offered(stage: SignInStage) -> bool:
    """Once, to whoever comes for the first time; after that, on their security page."""
    return stage.opened_by == OpenedBy.invitation and not stage.factor_declined


def needs_codes(has: Standing) -> bool:
    """Whoever has a second factor has something for the day it is lost."""
    return has.has_second and (not has.codes_saved or has.codes_left == 0)


async def find(session: AsyncSession, provider: IdentityProvider, cookie: str) -> Entered | None:
    """The stage that this browser's cookie opens, unless it took too long or the account is closed."""
    asked = (
        select(SignInStage, Person)
        .join(Person, col(Person.id) == col(SignInStage.person_id))
        .where(
            col(SignInStage.cookie_hash) == stage_hash(provider, cookie),
            col(SignInStage.expires_at) > datetime.now(UTC),
            col(Person.disabled_at).is_(None),
        )
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(asked)).one_or_none()
    return Entered(row[0], row[1]) if row else None


async def enter(session: AsyncSession, provider: IdentityProvider, cookie: str) -> Entered | None:
    """The same, to change it: the person is locked, and the stage is looked for again once they are.

    Of two forms of one stage the second finds none; and none is left where an admin ended everything meanwhile.
    """
    found = await find(session, provider, cookie)
    if found is None:
        return None
    await lock(session, found.person.id)
    return await find(session, provider, cookie)


async def keep(session: AsyncSession, provider: IdentityProvider, stage: SignInStage, browser: Browser) -> None:
    """Store the stage under the new cookie, once the old one's is left.

    Whoever is still signed in in this browser stays so, under the new one.
    """
    row = stage.model_dump(exclude={"id", "cookie_hash", "expires_at"})
    cookie_hash, until = stage_hash(provider, browser.new_cookie), datetime.now(UTC) + LIFETIME
    session.add(SignInStage(**row, cookie_hash=cookie_hash, expires_at=until))
    before, after = (provider.digests.of(Purpose.session, one) for one in (browser.cookie, browser.new_cookie))
    await rekey(session, before, after)
    await session.flush()


LEAVE = (
    delete(SignInStage)
    .where(col(SignInStage.cookie_hash) == bindparam("left"))
    .execution_options(synchronize_session=False)
)


async def leave(session: AsyncSession, provider: IdentityProvider, cookie: str) -> None:
    """Whatever was begun under this cookie is over."""
    await session.execute(LEAVE, {"left": stage_hash(provider, cookie)})


LIVE = FIND_LIVE.cte("live")
LEAVE_STANDING = (
    select(*STANDING.selected_columns, aliased(Person, LIVE), aliased(Session, LIVE))
    .select_from(select(literal(1)).subquery("one").outerjoin(LIVE, true()))
    .add_cte(LEAVE.cte("stage_left"))
)


class Left(NamedTuple):
    """How whoever left a stage stands, and the live session of that cookie, if somebody was signed in there already."""

    has: Standing
    live: SignedIn | None


async def leave_standing(session: AsyncSession, provider: IdentityProvider, person: Person, cookie: str) -> Left:
    """The same, and all that has to be known to go on: in one statement, since everybody's sign-in waits for it."""
    hashes = {"left": stage_hash(provider, cookie), "cookie_hash": provider.digests.of(Purpose.session, cookie)}
    asked = {**hashes, "now": datetime.now(UTC), "person_id": person.id}
    *has, whose, live = (await session.execute(LEAVE_STANDING, asked)).one()
    return Left(Standing.of(has), SignedIn(whose, live) if live else None)


async def leave_others(session: AsyncSession, provider: IdentityProvider, person_id: UUID, cookie: str) -> None:
    """Whatever this person began elsewhere is over: what it proved may count no more."""
    await session.execute(
        delete(SignInStage)
        .where(col(SignInStage.person_id) == person_id, col(SignInStage.cookie_hash) != stage_hash(provider, cookie))
        .execution_options(synchronize_session=False)
    )


def stage_hash(provider: IdentityProvider, cookie: str) -> bytes:
    return provider.digests.of(Purpose.sign_in_stage, cookie)
