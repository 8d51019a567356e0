"""Making a therapist an admin, or the other way round, once a second person has agreed.

A client stays a client: what they wrote is theirs under that role, and no member of the staff is treated here.
"""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Refusal
from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.accounts.service import keep_an_admin, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.care.models import CareRelationship
from afterglow_auth.covers import service as covers
from afterglow_auth.events import outbox
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import (
    AccountDisabled,
    AlreadySo,
    ClientStays,
    NoAccountYet,
    OwnAccount,
    StillTreating,
)
from afterglow_auth.roles.letters import ROLE_CHANGED
from afterglow_auth.sessions.service import end_sessions_of


class Wish(NamedTuple):
    """Whom to make what, under an id of the asker's."""

    id: UUID
    person: Person
    role: PersonRole
    asked_by: UUID | None = None
    digest: bytes = b""

    @property
    def refusal(self) -> Refusal:
        return Refusal(Verb.role_changed, self.id, self.person.id)


async def check(session: AsyncSession, wish: Wish) -> None:
    """Raise where it makes no sense, or would leave clients without a therapist or the practice without an admin."""
    person, refusal = wish.person, wish.refusal
    if wish.asked_by == person.id:
        raise OwnAccount(refusal=refusal)
    if person.disabled_at:
        raise AccountDisabled(refusal=refusal)
    if not person.is_staff or wish.role == PersonRole.client:
        raise ClientStays(refusal=refusal)
    if person.joined_at is None:
        raise NoAccountYet(refusal=refusal)
    if person.role == wish.role:
        raise AlreadySo(refusal=refusal)
    if await is_treating(session, person.id):
        raise StillTreating(refusal=refusal)
    await keep_an_admin(session, person.id, refusal)


async def is_treating(session: AsyncSession, person_id: UUID) -> bool:
    lasting = col(CareRelationship.ended_at).is_(None) | (col(CareRelationship.ended_at) > datetime.now(UTC))
    found = select(exists().where(col(CareRelationship.therapist_id) == person_id, lasting))
    return bool(await session.scalar(found)) or await covers.concerns(session, person_id)


async def change(session: AsyncSession, wish: Wish, *, caller: Caller | None = None) -> None:
    """Change it, end every session, and tell them and the other services. Raises as `check`.

    Whoever still holds a token of the earlier role is refused with it: their sessions are over.
    """
    await keep_an_admin(session, wish.person.id, wish.refusal)
    await lock(session, wish.person.id)
    await check(session, wish)
    changing = update(Person).where(col(Person.id) == wish.person.id).values(role=wish.role.value)
    await session.execute(changing.execution_options(synchronize_session=False))
    await session.refresh(wish.person)
    await end_sessions_of(session, wish.person.id)
    await outbox.person_changed(session, wish.person)
    await outbox.claims_changed(session, wish.person.id, {"role": wish.role.value})
    await send_later(session, ROLE_CHANGED, to=wish.person.id)
    await record(
        session,
        Verb.role_changed,
        caller,
        object_id=wish.id,
        subject_id=wish.person.id,
        purpose=wish.role.value,
    )
