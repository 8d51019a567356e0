"""Invitations with whom they are for."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.invitations.schemas import InvitationOut, InvitationPage
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.schemas import LinkOut


def as_shown(invitation: Invitation, person: Person) -> InvitationOut:
    link = LinkOut.model_validate(invitation)
    return InvitationOut(**link.model_dump(), email=person.email, name=person.name, role=PersonRole(person.role))


def in_state(state: LinkState) -> ColumnElement[bool]:
    """The condition on `invitations` that says what `Invitation.state` says."""
    unused, kept = col(Invitation.used_at).is_(None), col(Invitation.withdrawn_at).is_(None)
    fresh = col(Invitation.expires_at) > datetime.now(UTC)
    conditions = {
        LinkState.expired: unused & kept & ~fresh,
        LinkState.open: unused & kept & fresh,
        LinkState.used: ~unused,
        LinkState.withdrawn: unused & ~kept,
    }
    return conditions[state]


async def page_of_invitations(
    session: AsyncSession, state: LinkState | None, *, after: UUID | None, limit: int
) -> InvitationPage:
    """Invitations by id, which is by time: the newest first."""
    asked = select(Invitation, Person).join(Person, col(Person.id) == col(Invitation.person_id))
    if state:
        asked = asked.where(in_state(state))
    if after:
        asked = asked.where(col(Invitation.id) < after)
    rows = (await session.execute(asked.order_by(col(Invitation.id).desc()).limit(limit + 1))).all()
    found = [as_shown(*row) for row in rows]
    return InvitationPage(items=found[:limit], next=str(found[limit - 1].id) if len(found) > limit else None)
