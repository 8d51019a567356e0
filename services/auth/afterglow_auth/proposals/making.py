"""Proposing what takes a second person: making a therapist or an admin, resetting one of the staff."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from afterglow_foundation import jobs
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Conflict, Refusal
from afterglow_foundation.identifiers import new_id
from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import find_by_email
from afterglow_auth.audit import Verb, record
from afterglow_auth.factor_resets.service import Wish as FactorReset
from afterglow_auth.factor_resets.service import check as check_factors
from afterglow_auth.invitations.service import Wish as Invitation
from afterglow_auth.invitations.service import may_be_invited
from afterglow_auth.mail.sending import send_later
from afterglow_auth.problems import AddressTaken, AlreadyProposed
from afterglow_auth.proposals.letters import PROPOSAL_MADE
from afterglow_auth.proposals.models import Act, Proposal, is_open
from afterglow_auth.proposals.reading import find_shown
from afterglow_auth.proposals.schemas import ProposalOut
from afterglow_auth.resets.service import Wish as Reset
from afterglow_auth.resets.service import check
from afterglow_auth.roles.service import Wish as RoleWish
from afterglow_auth.roles.service import check as check_role
from afterglow_auth.settings import Settings

CARRY_OUT = "carry_out_proposal"
A_MOMENT = timedelta(seconds=5)  # a job's wait is counted by the database's clock, `due_at` by ours


async def refuse_reused(session: AsyncSession, wish_id: UUID, digest: bytes | None, refusal: Refusal) -> None:
    """Raise Conflict where the id stands for another proposal than this wish."""
    found = await session.scalar(select(col(Proposal.body_digest)).where(col(Proposal.id) == wish_id))
    if found is not None and found != digest:
        raise Conflict(refusal=refusal)


async def propose_invitation(
    session: AsyncSession, settings: Settings, wish: Invitation, caller: Caller
) -> ProposalOut:
    """Raises AddressTaken, AlreadyProposed."""
    known = await find_by_email(session, wish.wanted.email)
    if known and not await may_be_invited(session, known, wish.wanted):
        raise AddressTaken(wish.refusal)
    details = wish.wanted.model_dump(mode="json")
    same = (col(Proposal.act) == Act.invite) & (col(Proposal.details)["email"].astext == wish.wanted.email)
    values = {"id": wish.id, "act": Act.invite, "details": details, "body_digest": wish.digest}
    return await propose(session, settings, values, same=same, caller=caller, refusal=wish.refusal)


async def propose_reset(session: AsyncSession, settings: Settings, wish: Reset, caller: Caller) -> ProposalOut:
    """Raises OwnAccount, AccountDisabled, NoAccountYet, AlreadyProposed."""
    check(wish)
    same = (col(Proposal.act) == Act.reset) & (col(Proposal.subject_id) == wish.person.id)
    values = {
        "id": wish.id,
        "act": Act.reset,
        "subject_id": wish.person.id,
        "details": {},
        "body_digest": wish.digest,
    }
    return await propose(session, settings, values, same=same, caller=caller, refusal=wish.refusal)


async def propose_factor_reset(
    session: AsyncSession, settings: Settings, wish: FactorReset, digest: bytes, caller: Caller
) -> ProposalOut:
    """Raises OwnAccount, AccountDisabled, NoAccountYet, AlreadyProposed."""
    check_factors(wish)
    same = (col(Proposal.act) == Act.reset_factors) & (col(Proposal.subject_id) == wish.person.id)
    values = {
        "id": wish.id,
        "act": Act.reset_factors,
        "subject_id": wish.person.id,
        "details": {},
        "body_digest": digest,
    }
    return await propose(session, settings, values, same=same, caller=caller, refusal=wish.refusal)


async def propose_role(session: AsyncSession, settings: Settings, wish: RoleWish, caller: Caller) -> ProposalOut:
    """Raises what `roles.service.check` raises, and AlreadyProposed."""
    if not await is_kept(session, wish.id):
        await check_role(session, wish)
    same = (col(Proposal.act) == Act.change_role) & (col(Proposal.subject_id) == wish.person.id)
    values = {
        "id": wish.id,
        "act": Act.change_role,
        "subject_id": wish.person.id,
        "details": {"role": wish.role.value},
        "body_digest": wish.digest,
    }
    return await propose(session, settings, values, same=same, caller=caller, refusal=wish.refusal)


async def propose_enabling(session: AsyncSession, settings: Settings, person: Person, caller: Caller) -> ProposalOut:
    """Of one of the staff, whose account was closed for a while. Raises OwnAccount, AlreadyProposed."""
    refusal = Refusal(Verb.person_enabled, person.id, person.id)
    same = (col(Proposal.act) == Act.enable) & (col(Proposal.subject_id) == person.id)
    values = {"id": new_id(), "act": Act.enable, "subject_id": person.id, "details": {}, "body_digest": b""}
    return await propose(session, settings, values, same=same, caller=caller, refusal=refusal)


async def is_kept(session: AsyncSession, wish_id: UUID) -> bool:
    """Whether it was proposed before, however it went on: then it is a repeat."""
    return await session.scalar(select(col(Proposal.id)).where(col(Proposal.id) == wish_id)) is not None


async def propose(
    session: AsyncSession,
    settings: Settings,
    values: dict[str, Any],
    *,
    same: ColumnElement[bool],
    caller: Caller,
    refusal: Refusal,
) -> ProposalOut:
    """Keep a proposal and alert the other staff; a repeat answers the first one, however it went on."""
    waiting = select(col(Proposal.id)).where(same, is_open(), col(Proposal.id) != values["id"])
    if await session.scalar(waiting.limit(1)):
        raise AlreadyProposed(refusal=refusal)
    now = datetime.now(UTC)
    due_at = now + settings.single_admin_wait if settings.single_admin else None
    values = {**values, "proposed_by": caller.person, "proposed_at": now, "due_at": due_at}
    made = await session.scalar(insert(Proposal).values(**values).on_conflict_do_nothing().returning(col(Proposal.id)))
    if made:
        await alert(session, made, caller)
        if due_at:
            await jobs.enqueue(session, CARRY_OUT, {"proposal": str(made)}, after=settings.single_admin_wait + A_MOMENT)
        subject = values.get("subject_id")
        await record(session, Verb.proposal_made, caller, object_id=made, subject_id=subject, purpose=values["act"])
    else:
        await refuse_reused(session, values["id"], values["body_digest"], refusal)
    return await find_shown(session, caller, values["id"], refusal)


async def alert(session: AsyncSession, proposal_id: UUID, caller: Caller) -> None:
    """Tell all other staff, so that nobody can act alone and unseen."""
    staff = select(col(Person.id)).where(
        col(Person.role).in_([Role.admin, Role.therapist]),
        col(Person.joined_at).is_not(None),
        col(Person.disabled_at).is_(None),
        col(Person.id) != caller.person,
    )
    for colleague in await session.scalars(staff):
        await send_later(session, PROPOSAL_MADE, to=colleague, about=proposal_id)
