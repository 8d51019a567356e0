"""What happens to invitations."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable, enable, find_by_email, lock
from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.invitations.schemas import InvitationIn
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.doors import expiry
from afterglow_auth.links.letters import INVITED
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import AddressTaken, NoLongerOpen
from afterglow_auth.settings import Settings


class Invited(NamedTuple):
    """An invitation and whom it is for; `created` is False for a repeat."""

    invitation: Invitation
    person: Person
    created: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody to invite under an id of the asker's; `digest` tells a repeat from another wish."""

    id: UUID
    wanted: InvitationIn
    digest: bytes | None = None
    invited_by: UUID | None = None

    @property
    def refusal(self) -> Refusal:
        return Refusal(Verb.invitation_made, self.id)


async def invite(session: AsyncSession, settings: Settings, wish: Wish, *, caller: Caller | None = None) -> Invited:
    """Make the person and the invitation, and send the link. Sent again, it answers what the first one made.

    Raises AddressTaken where somebody has the address already, Conflict where the id stands for another wish.
    """
    if repeat := await find_repeat(session, wish):
        return repeat
    person = await find_room(session, wish)
    if person is None:  # the address is taken: by the same wish that was sent at the same moment, or by somebody
        if repeat := await find_repeat(session, wish):
            return repeat
        raise AddressTaken(wish.refusal)
    invitation = Invitation(
        id=wish.id,
        person_id=person.id,
        created_by=wish.invited_by,
        expires_at=expiry(settings.invitation_lifetime),
        body_digest=wish.digest,
    )
    session.add(invitation)
    await session.flush()
    await send_later(session, INVITED, to=person.id, about=invitation.id)
    await record(session, Verb.invitation_made, caller, object_id=invitation.id, subject_id=person.id)
    return Invited(invitation, person)


async def find_repeat(session: AsyncSession, wish: Wish) -> Invited | None:
    """What the same wish made before. Raises Conflict where this id was used for another one."""
    found = await find(session, wish.id)
    if found and (wish.digest is None or found.invitation.body_digest != wish.digest):
        raise Conflict(refusal=wish.refusal)
    return found._replace(created=False) if found else None


async def find_room(session: AsyncSession, wish: Wish) -> Person | None:
    """A new person of the address, or one whose earlier invitation led to nothing; None where it is taken."""
    values = {"id": new_id(), "created_at": datetime.now(UTC), **wish.wanted.model_dump(mode="json")}
    made: Person | None = await session.scalar(
        insert(Person).values(**values).on_conflict_do_nothing().returning(Person)
    )
    if made:
        await record(session, Verb.person_created, object_id=made.id, subject_id=made.id)
        await outbox.person_changed(session, made)
        return made
    known = await find_by_email(session, wish.wanted.email)
    return await take_up_again(session, known, wish) if known else None


async def take_up_again(session: AsyncSession, known: Person, wish: Wish) -> Person | None:
    """Somebody of this address who never came and holds no link that opens; None for anybody else.

    The row is locked: of two who invite them anew at once, one does.
    """
    await lock(session, known.id)
    if not await may_be_invited(session, known, wish.wanted):
        return None
    await session.execute(update(Invitation).where(*unused_of(known)).values(withdrawn_at=datetime.now(UTC)))
    known.name, known.time_zone, known.locale = wish.wanted.name, wish.wanted.time_zone, wish.wanted.locale
    await outbox.person_changed(session, known)
    await enable(session, known.id)
    return known


async def may_be_invited(session: AsyncSession, known: Person, wanted: InvitationIn) -> bool:
    """Whether somebody who has the address never came, and holds no link that still opens."""
    if known.joined_at or known.role != wanted.role:
        return False
    opening = select(col(Invitation.id)).where(*unused_of(known), col(Invitation.expires_at) > datetime.now(UTC))
    return (await session.scalars(opening)).first() is None


def unused_of(person: Person) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Invitation.person_id) == person.id,
        col(Invitation.used_at).is_(None),
        col(Invitation.withdrawn_at).is_(None),
    )


async def find(session: AsyncSession, invitation_id: UUID) -> Invited | None:
    asked = select(Invitation, Person).join(Person, col(Person.id) == col(Invitation.person_id))
    row = (await session.execute(asked.where(col(Invitation.id) == invitation_id))).one_or_none()
    return Invited(*row) if row else None


async def send_again(session: AsyncSession, settings: Settings, invitation_id: UUID, caller: Caller) -> Invited:
    """Send a new link; it lives as long as a first one, and the earlier one is over.

    Raises NotFound, and NoLongerOpen unless it could still be taken up or has only expired.
    """
    refusal = Refusal(Verb.invitation_sent_again, invitation_id)
    found = await find_locked(session, invitation_id, refusal)
    if found.invitation.state in {LinkState.used, LinkState.withdrawn} or found.person.disabled_at:
        raise NoLongerOpen(refusal=refusal)
    found.invitation.expires_at = expiry(settings.invitation_lifetime)
    await session.flush()
    await send_later(session, INVITED, to=found.person.id, about=invitation_id)
    await record(session, Verb.invitation_sent_again, caller, object_id=invitation_id, subject_id=found.person.id)
    return found


async def withdraw(session: AsyncSession, invitation_id: UUID, caller: Caller) -> Invited:
    """Close an invitation; whoever it was for has no account. Again, it changes nothing."""
    refusal = Refusal(Verb.invitation_withdrawn, invitation_id)
    found = await find_locked(session, invitation_id, refusal)
    if found.invitation.state == LinkState.withdrawn:
        return found
    if found.invitation.state == LinkState.used:
        raise NoLongerOpen(refusal=refusal)
    found.invitation.withdrawn_at = datetime.now(UTC)
    await session.flush()
    await record(session, Verb.invitation_withdrawn, caller, object_id=invitation_id, subject_id=found.person.id)
    await disable(session, found.person.id, caller=caller)
    return found


async def find_locked(session: AsyncSession, invitation_id: UUID, refusal: Refusal) -> Invited:
    """An invitation that nobody takes up or closes meanwhile. Raises NotFound."""
    found = await find(session, invitation_id)
    if found is None:
        raise NotFound(refusal=refusal)
    await lock(session, found.person.id)
    await session.refresh(found.invitation)
    return found
