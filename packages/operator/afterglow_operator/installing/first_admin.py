"""The first admin: somebody has to invite the others."""

from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Digests
from afterglow_auth.invitations import service
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.invitations.schemas import InvitationIn
from afterglow_auth.links.columns import LinkState
from afterglow_auth.links.doors import address_of
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('first admin'))")


async def invite(session: AsyncSession, settings: Settings, wanted: InvitationIn) -> str | None:
    """Invite the first admin by mail, and return the link too; None where there is an admin, or an open invitation.

    An invitation that expired unused is followed by a new one.
    """
    await session.execute(ONE_AT_A_TIME)
    if await is_admin_there(session):
        return None
    made = await service.invite(session, settings, service.Wish(new_id(), wanted))
    return address_of(settings, Digests(settings.token_hashing_key.get_secret_value()), made.invitation)


async def is_admin_there(session: AsyncSession) -> bool:
    admins = select(Person, Invitation).outerjoin(Invitation, col(Invitation.person_id) == col(Person.id))
    rows = (await session.execute(admins.where(col(Person.role) == Role.admin))).all()
    return any(person.joined_at or (invited and invited.state == LinkState.open) for person, invited in rows)
