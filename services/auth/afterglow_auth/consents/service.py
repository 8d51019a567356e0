"""Whether somebody must be asked, the question, and what they allowed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from afterglow_foundation.database import RowContext, act_for
from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.consents.letters import PROGRAM_ALLOWED
from afterglow_auth.consents.models import Consent, ConsentQuestion
from afterglow_auth.mail.sending import send_later
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.families import end_authorizations
from afterglow_auth.oauth.models import Authorization, OAuthClient, RefreshToken
from afterglow_auth.sessions.service import SignedIn

LIFETIME = timedelta(minutes=15)  # as each step of a sign-in
PATH = "/auth/consent"
HERE = "localhost"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a program would be allowed, and where it leads back to."""

    client: RegisteredClient
    place: str
    scopes: Sequence[str]


class Allowed(NamedTuple):
    """A consent, and when the program last came by."""

    consent: Consent
    last_used_at: datetime | None


def place_of(redirect_uri: str) -> str:
    """The host that an address leads to; `localhost` for a program on one's own device, or the scheme of its own."""
    parts = urlsplit(redirect_uri)
    if parts.scheme not in {"http", "https"}:
        return parts.scheme
    return HERE if parts.scheme == "http" else parts.netloc


async def is_allowed(session: AsyncSession, signed_in: SignedIn, wish: Wish) -> bool:
    """Whether this person has allowed the program all of this before, knowing of it what is so today."""
    await act_for(session, RowContext.of(signed_in.caller))
    mine = (signed_in.person.id, wish.client.client_id)
    found = await session.get(Consent, mine, with_for_update={"read": True})  # whoever takes it back waits for the code
    if found is None or (found.name, found.run_by) != (wish.client.name, wish.client.run_by):
        return False
    return wish.place in found.places and set(wish.scopes) <= set(found.scopes)


async def knows(session: AsyncSession, signed_in: SignedIn, client_id: str) -> bool:
    """Whether this person allows the program anything at all."""
    await act_for(session, RowContext.of(signed_in.caller))
    mine = (col(Consent.person_id) == signed_in.person.id) & (col(Consent.client_id) == client_id)
    return bool(await session.scalar(select(exists().where(mine))))


async def ask(session: AsyncSession, signed_in: SignedIn, query: str, wish: Wish) -> str:
    """Keep the question for this session, with what its page will say. Returns the path of that page."""
    await act_for(session, RowContext.of(signed_in.caller))
    question = ConsentQuestion(
        person_id=signed_in.person.id,
        session_id=signed_in.session.id,
        ask=query,
        name=wish.client.name,
        run_by=wish.client.run_by,
        scopes=list(wish.scopes),
        expires_at=datetime.now(UTC) + LIFETIME,
    )
    session.add(question)
    await session.flush()
    return f"{PATH}/{question.id}"


async def find_question(session: AsyncSession, signed_in: SignedIn, question_id: UUID) -> ConsentQuestion | None:
    """The question, unless it is another session's, over, or answered."""
    return await session.scalar(select(ConsentQuestion).where(*open_question(signed_in, question_id)))


def says_the_same(question: ConsentQuestion, wish: Wish) -> bool:
    """Whether the page of this question says what would be allowed now."""
    said = (question.name, question.run_by, set(question.scopes))
    return said == (wish.client.name, wish.client.run_by, set(wish.scopes))


async def take_question(session: AsyncSession, signed_in: SignedIn, question_id: UUID) -> bool:
    """Whether the caller may answer it: of any number at once, one."""
    taking = delete(ConsentQuestion).where(*open_question(signed_in, question_id)).returning(col(ConsentQuestion.id))
    options = {"synchronize_session": False}
    return await session.scalar(taking, execution_options=options) is not None


def open_question(signed_in: SignedIn, question_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(ConsentQuestion.id) == question_id,
        col(ConsentQuestion.session_id) == signed_in.session.id,
        col(ConsentQuestion.person_id) == signed_in.person.id,
        col(ConsentQuestion.expires_at) > datetime.now(UTC),
    )


async def allow(session: AsyncSession, signed_in: SignedIn, wish: Wish) -> None:
    """Remember it: beside what was allowed before where the page says the same of the program, else in its place."""
    known = await session.get(Consent, (signed_in.person.id, wish.client.client_id))
    same = known is not None and (known.name, known.run_by) == (wish.client.name, wish.client.run_by)
    places, scopes = beside(known, wish) if known and same else ({wish.place}, set(wish.scopes))
    values = {
        "name": wish.client.name,
        "run_by": wish.client.run_by,
        "places": sorted(places),
        "scopes": sorted(scopes),
        "allowed_at": datetime.now(UTC),
    }
    allowing = insert(Consent).values(person_id=signed_in.person.id, client_id=wish.client.client_id, **values)
    await session.execute(allowing.on_conflict_do_update(index_elements=["person_id", "client_id"], set_=values))
    await send_later(session, PROGRAM_ALLOWED, to=signed_in.person.id)
    await record_answer(session, Verb.consent_given, signed_in, wish.client.client_id)


def beside(before: Consent, wish: Wish) -> tuple[set[str], set[str]]:
    """Places and scopes to remember; each place has all of the scopes, so no place gets what it was not asked with."""
    places, scopes, wanted = set(before.places), set(before.scopes), set(wish.scopes)
    if wish.place in places:
        return (places, scopes) if wanted <= scopes else ({wish.place}, scopes | wanted)
    return (places | {wish.place}, scopes) if wanted == scopes else ({wish.place}, wanted)


async def every_allowed(session: AsyncSession, person_id: UUID) -> list[Allowed]:
    """What this person allows, by name, each with the last sign-in or refresh."""
    used = (
        select(
            col(Authorization.client_id),
            func.max(func.greatest(Authorization.created_at, RefreshToken.created_at)).label("at"),
        )
        .outerjoin(RefreshToken, col(RefreshToken.authorization_id) == col(Authorization.id))
        .where(col(Authorization.person_id) == person_id)
        .group_by(col(Authorization.client_id))
        .subquery()
    )
    asked = (
        select(Consent, used.c.at)
        .outerjoin(used, used.c.client_id == col(Consent.client_id))
        .where(col(Consent.person_id) == person_id)
        .order_by(func.lower(Consent.name), col(Consent.client_id))
    )
    return [Allowed(*row) for row in await session.execute(asked)]


async def find_consent(session: AsyncSession, person_id: UUID, client_id: str) -> Consent | None:
    return await session.get(Consent, (person_id, client_id))


async def take_back(session: AsyncSession, signed_in: SignedIn, client_id: str) -> bool:
    """End what a program was allowed, and everything that it was given by it. Again, it changes nothing."""
    person_id, client = signed_in.person.id, await session.get(OAuthClient, client_id)
    if client is None or client.built_in:
        return False
    ending = delete(Consent).where(col(Consent.person_id) == person_id, col(Consent.client_id) == client_id)
    options = {"synchronize_session": False}
    was_there = await session.scalar(ending.returning(col(Consent.client_id)), execution_options=options)
    given = (col(Authorization.person_id) == person_id) & (col(Authorization.client_id) == client_id)
    ended = await end_authorizations(session, given, "consent taken back")
    if was_there is None and not ended:
        return False
    await record_answer(session, Verb.consent_taken_back, signed_in, client_id)
    return True


async def record_answer(session: AsyncSession, verb: Verb, signed_in: SignedIn, client_id: str) -> None:
    await record(session, verb, signed_in.caller, subject_id=signed_in.person.id, purpose=client_id)


async def forget_unanswered(session: AsyncSession) -> None:
    await session.execute(delete(ConsentQuestion).where(col(ConsentQuestion.expires_at) < datetime.now(UTC)))
