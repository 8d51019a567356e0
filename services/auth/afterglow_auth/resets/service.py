"""What happens when an admin resets somebody's password.

The earlier password stops working at once and every session ends: a reset answers a lost or stolen password, and
for both it matters that nobody else goes on. Only the link in the mail leads to another one.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, Refusal
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.letters import PASSWORD_RESET
from afterglow_auth.mail.letters import Letter
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import AccountDisabled, NoAccountYet, OwnAccount
from afterglow_auth.resets.models import Reset
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_auth.settings import Settings


class Wish(NamedTuple):
    """Whose password to reset, under an id of the asker's; `digest` tells a repeat from another wish."""

    id: UUID
    person: Person
    asked_by: UUID | None = None
    digest: bytes = b""

    @property
    def refusal(self) -> Refusal:
        return Refusal(Verb.reset_made, self.id, self.person.id)


async def find_repeat(session: AsyncSession, wish: Wish) -> Reset | None:
    """What the same wish made before. Raises Conflict where this id was used for somebody else."""
    found = await session.get(Reset, wish.id)
    if found and found.person_id != wish.person.id:
        raise Conflict(refusal=wish.refusal)
    return found


def check(wish: Wish) -> None:
    """Raise OwnAccount, AccountDisabled or NoAccountYet where a reset makes no sense."""
    if wish.asked_by == wish.person.id:
        raise OwnAccount(refusal=wish.refusal)
    if wish.person.disabled_at:
        raise AccountDisabled(refusal=wish.refusal)
    if wish.person.joined_at is None:
        raise NoAccountYet(refusal=wish.refusal)


async def reset(
    session: AsyncSession,
    settings: Settings,
    wish: Wish,
    *,
    caller: Caller | None = None,
    letter: Letter = PASSWORD_RESET,
) -> tuple[Reset, bool]:
    """Take the password away, end every session, close earlier links, and send a new one; True if this did it.

    The row is changed before the sessions end: a sign-in under way waits for it and is then refused, or is ended.
    """
    await lock(session, wish.person.id)
    if repeat := await find_repeat(session, wish):
        return repeat, False
    check(wish)
    wish.person.password_hash, wish.person.reset_at = None, datetime.now(UTC)
    await session.flush()
    await close_links(session, wish.person.id)
    made = Reset(
        id=wish.id, person_id=wish.person.id, created_by=wish.asked_by, expires_at=expiry(settings.reset_lifetime)
    )
    session.add(made)
    await session.flush()
    await end_sessions_of(session, wish.person.id)
    await outbox.credential_changed(session, wish.person.id, "password", "revoke")
    await send_later(session, letter, to=wish.person.id, about=made.id)
    await record(session, Verb.reset_made, caller, object_id=made.id, subject_id=wish.person.id)
    return made, True


async def close_links(session: AsyncSession, person_id: UUID) -> None:
    earlier = update(Reset).where(
        col(Reset.person_id) == person_id, col(Reset.used_at).is_(None), col(Reset.withdrawn_at).is_(None)
    )
    await session.execute(earlier.values(withdrawn_at=datetime.now(UTC)))
