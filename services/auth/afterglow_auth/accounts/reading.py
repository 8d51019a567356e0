"""Everything about one person, in a fixed number of statements."""

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.schemas import PersonDetail, PersonOut
from afterglow_auth.care.reading import live_care_of
from afterglow_auth.factor_resets.models import FactorReset
from afterglow_auth.factor_resets.schemas import FactorResetOut
from afterglow_auth.invitations.models import Invitation
from afterglow_auth.links.schemas import LinkOut
from afterglow_auth.proposals.models import Proposal, is_open
from afterglow_auth.resets.models import Reset
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import is_live

Link = TypeVar("Link", FactorReset, Invitation, Reset)


async def detail(session: AsyncSession, person: Person) -> PersonDetail:
    invitation, reset = await newest(session, Invitation, person.id), await newest(session, Reset, person.id)
    factor_reset = await newest(session, FactorReset, person.id)
    return PersonDetail(
        **PersonOut.model_validate(person).model_dump(),
        locale=person.locale,
        time_zone=person.time_zone,
        care=await live_care_of(session, person.id),
        sessions=await live_sessions(session, person.id),
        invitation=LinkOut.model_validate(invitation) if invitation else None,
        reset=LinkOut.model_validate(reset) if reset else None,
        exports_held=person.exports_held,
        factor_reset=FactorResetOut.model_validate(factor_reset) if factor_reset else None,
        open_proposal=await session.scalar(
            select(col(Proposal.id)).where(col(Proposal.subject_id) == person.id, is_open()).limit(1)
        ),
    )


async def newest(session: AsyncSession, table: type[Link], person_id: UUID) -> Link | None:
    asked = select(table).where(col(table.person_id) == person_id)
    return await session.scalar(asked.order_by(col(table.created_at).desc(), col(table.id).desc()).limit(1))


async def live_sessions(session: AsyncSession, person_id: UUID) -> int:
    asked = select(func.count()).where(col(Session.person_id) == person_id, is_live(datetime.now(UTC)))
    return await session.scalar(asked) or 0
