"""Letters about an account go where their owner says it is safe, once a link that was sent there has been used.

The link alone is not enough: it is used by whoever is signed in as the person it was made for. Letters may let
somebody choose another password, so an address with a slip in it must not become one by a stranger's click.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.tokens import Named, read
from afterglow_auth.mail.sending import send_later
from afterglow_auth.security.notices.letters import NOTICES_ASKED, NOTICES_HERE, NOTICES_NO_LONGER_HERE
from afterglow_auth.security.notices.models import NoticeChange
from afterglow_auth.sessions.service import SignedIn

LIFETIME = timedelta(hours=24)


class Dead(StrEnum):
    """Why a link does not open."""

    expired = "expired"
    garbled = "garbled"
    replaced = "replaced"
    used = "used"


async def ask(session: AsyncSession, signed_in: SignedIn, address: str) -> NoticeChange:
    """Send a link there; it replaces an earlier one. The person is locked."""
    await withdraw_open(session, signed_in.person.id)
    wish = NoticeChange(person_id=signed_in.person.id, address=address, expires_at=expiry(LIFETIME))
    session.add(wish)
    await session.flush()
    await send_later(session, NOTICES_ASKED, to=signed_in.person.id, about=wish.id)
    await keep(session, Verb.notices_asked, signed_in, wish.id)
    return wish


async def waiting(session: AsyncSession, person_id: UUID) -> NoticeChange | None:
    """The wish that has not been confirmed yet."""
    asked = select(NoticeChange).where(
        col(NoticeChange.person_id) == person_id,
        col(NoticeChange.used_at).is_(None),
        col(NoticeChange.withdrawn_at).is_(None),
        col(NoticeChange.expires_at) > datetime.now(UTC),
    )
    return await session.scalar(asked.order_by(col(NoticeChange.id).desc()).limit(1))


async def look(session: AsyncSession, digests: Digests, person_id: UUID, token: str) -> NoticeChange | Dead:
    """What a link of this person's would do. Somebody else's is as good as none."""
    named = read(digests, Purpose.notices, token)
    found = await find(session, person_id, named) if named else None
    if found is None or named is None:
        return Dead.garbled
    return why_dead(found, named) or found


async def find(session: AsyncSession, person_id: UUID, named: Named) -> NoticeChange | None:
    asked = select(NoticeChange).where(col(NoticeChange.id) == named.id, col(NoticeChange.person_id) == person_id)
    return await session.scalar(asked.execution_options(populate_existing=True))


def why_dead(found: NoticeChange, named: Named) -> Dead | None:
    if found.used_at:
        return Dead.used
    if found.withdrawn_at or found.expires_at != named.expires_at:
        return Dead.replaced
    return Dead.expired if found.expires_at <= datetime.now(UTC) else None


async def confirm(
    session: AsyncSession, digests: Digests, signed_in: SignedIn, person: Person, token: str
) -> Dead | None:
    """Let letters go there; why not, where the link does not open (any more). The person is locked.

    Of many at once one wins, by the statement that uses the link up.
    """
    found = await look(session, digests, person.id, token)
    if isinstance(found, Dead):
        return found
    used = (
        update(NoticeChange)
        .where(
            col(NoticeChange.id) == found.id,
            col(NoticeChange.used_at).is_(None),
            col(NoticeChange.withdrawn_at).is_(None),
            col(NoticeChange.expires_at) > datetime.now(UTC),
        )
        .values(used_at=datetime.now(UTC), before=person.notices_to)
        .returning(col(NoticeChange.id))
        .execution_options(synchronize_session=False)
    )
    if await session.scalar(used) is None:
        return Dead.used
    person.notices_to = found.address
    await session.flush()
    await tell_both(session, person.id, found.id)
    await keep(session, Verb.notices_confirmed, signed_in, found.id)
    return None


async def stop(session: AsyncSession, signed_in: SignedIn, person: Person) -> bool:
    """Let letters go to the account's own address again; False if they did. The person is locked."""
    await withdraw_open(session, person.id)
    if person.notices_to is None:
        return False
    now = datetime.now(UTC)
    back = NoticeChange(person_id=person.id, before=person.notices_to, expires_at=now, used_at=now)
    person.notices_to = None
    session.add(back)
    await session.flush()
    await tell_both(session, person.id, back.id)
    await keep(session, Verb.notices_stopped, signed_in, back.id)
    return True


async def withdraw_open(session: AsyncSession, person_id: UUID) -> None:
    earlier = update(NoticeChange).where(
        col(NoticeChange.person_id) == person_id,
        col(NoticeChange.used_at).is_(None),
        col(NoticeChange.withdrawn_at).is_(None),
    )
    await session.execute(earlier.values(withdrawn_at=datetime.now(UTC)))


async def tell_both(session: AsyncSession, person_id: UUID, change_id: UUID) -> None:
    for letter in (NOTICES_HERE, NOTICES_NO_LONGER_HERE):
        await send_later(session, letter, to=person_id, about=change_id)


async def keep(session: AsyncSession, verb: Verb, signed_in: SignedIn, change_id: UUID) -> None:
    await record(session, verb, signed_in.caller, object_id=change_id, subject_id=signed_in.person.id)
