"""Forgetting a password: the same is done for every address, and only its owner's mail says whether there is more.

Who asks is answered before anybody has looked whether there is such a person: a job looks, later.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import find_by_email, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.factors.standing import standing
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.doors import expiry
from afterglow_auth.mail.sending import send_later
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.recovery.letters import FORGOTTEN, FORGOTTEN_CALL
from afterglow_auth.recovery.models import Recovery
from afterglow_auth.sign_in.back_off import FREE_TRIES_OF_AN_ADDRESS, TooSoonError, count

BEGIN_RECOVERY = "begin_recovery"
LIFETIME = timedelta(minutes=30)
FRESH = timedelta(minutes=15)  # so young a link stays: whoever asks again and again would close it else
FREE_MAILS = 2  # to one address, before each further one waits longer
MAILS_A_DAY = 5
A_DAY = timedelta(days=1)


async def ask(provider: IdentityProvider, email: str, network: str) -> None:
    """Promise to look whether there is somebody to write to. Raises TooSoonError for a network that asks too often.

    An address that was asked about too often is not written to again for a while; nobody is told which.
    """
    by_network = provider.digests.of(Purpose.recovery_tries, "network", network)
    by_address = provider.digests.of(Purpose.recovery_tries, "address", email.strip().lower())
    async with provider.database.unit_of_work(RowContext()) as session:
        await count(session, by_network, FREE_TRIES_OF_AN_ADDRESS)
    try:
        async with provider.database.unit_of_work(RowContext()) as session:
            await count(session, by_address, FREE_MAILS)
            person = await find_by_email(session, email)
            await jobs.enqueue(session, BEGIN_RECOVERY, {"person": str(person.id if person else new_id())})
    except TooSoonError:
        return


async def begin(database: Database, job: jobs.Job) -> None:
    """The handler of those jobs; `database` is the worker role's."""
    async with database.unit_of_work(RowContext()) as session:
        person = await lock(session, UUID(job.payload["person"]))
        if person is not None and person.disabled_at is None:
            await write_to(session, person)


async def write_to(session: AsyncSession, person: Person) -> None:
    """A link to whoever can prove with something else that the mail was read by them; to anybody else, whom to call.

    The caller has locked the person, so that of many at once each sees what the one before has made.
    """
    if why := await why_no_mail(session, person.id):
        await record(session, Verb.recovery_asked, subject_id=person.id, purpose=why, outcome=Outcome.refused)
        return
    has, now = await standing(session, person), datetime.now(UTC)
    await record(session, Verb.recovery_asked, subject_id=person.id)
    if person.joined_at is None or not has.has_second or not (has.has_totp or has.codes_left):
        session.add(Recovery(person_id=person.id, expires_at=now, withdrawn_at=now))  # never open: it counts the mail
        await send_later(session, FORGOTTEN_CALL, to=person.id)
        return
    await close_links(session, person.id)
    made = Recovery(person_id=person.id, expires_at=await link_expiry(session, person.id))
    session.add(made)
    await session.flush()
    await send_later(session, FORGOTTEN, to=person.id, about=made.id)


async def link_expiry(session: AsyncSession, person_id: UUID) -> datetime:
    """In half an hour; of a day's last link once there may be another, so that nobody is kept out by others' asking."""
    earlier = (await session.scalars(made_lately(person_id).order_by(col(Recovery.created_at)))).all()
    soon = expiry(LIFETIME)
    return soon if len(earlier) < MAILS_A_DAY - 1 else max(soon, earlier[0].created_at + A_DAY)


async def why_no_mail(session: AsyncSession, person_id: UUID) -> str | None:
    """There is a link that is open and fresh, or there were enough mails for a day."""
    now = datetime.now(UTC)
    made = (await session.scalars(made_lately(person_id))).all()
    if any(link.state == LinkState.open and link.created_at > now - FRESH for link in made):
        return "link_open"
    return "too_many" if len(made) >= MAILS_A_DAY else None


def made_lately(person_id: UUID) -> Select[Recovery]:
    """Each stands for a mail of the last day."""
    since = datetime.now(UTC) - A_DAY
    return select(Recovery).where(col(Recovery.person_id) == person_id, col(Recovery.created_at) > since)


async def close_links(session: AsyncSession, person_id: UUID) -> None:
    """Only the newest link opens."""
    earlier = update(Recovery).where(
        col(Recovery.person_id) == person_id, col(Recovery.used_at).is_(None), col(Recovery.withdrawn_at).is_(None)
    )
    await session.execute(earlier.values(withdrawn_at=datetime.now(UTC)))
