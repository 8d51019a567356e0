"""How a proposal ends: a second admin approves it, its day has passed, or somebody withdraws it. Once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.audit import Outcome
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import NotFound, Problem, Refusal
from afterglow_foundation.jobs import Job
from afterglow_foundation.step_up import require_fresh
from sqlalchemy import ColumnElement, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.accounts.service import enable
from afterglow_auth.accounts.service import find as find_person
from afterglow_auth.audit import Verb, record
from afterglow_auth.factor_resets import service as factor_resets
from afterglow_auth.invitations import service as invitations
from afterglow_auth.invitations.schemas import InvitationIn
from afterglow_auth.permissions import FRESHLY
from afterglow_auth.problems import NeedsAnotherPerson, NoLongerOpen, ProposerGone
from afterglow_auth.proposals.models import Act, Proposal, ProposalState, is_open
from afterglow_auth.resets import service as resets
from afterglow_auth.roles import service as roles
from afterglow_auth.settings import Settings


async def approve(session: AsyncSession, settings: Settings, proposal_id: UUID, caller: Caller) -> None:
    """Carry out what another admin proposed. Again by the same admin, it changes nothing.

    Raises NeedsAnotherPerson, NoLongerOpen, and what the act itself raises when it does not fit any more; the
    proposal then stays open.
    """
    refusal = Refusal(Verb.proposal_approved, proposal_id)
    found = await find(session, proposal_id, refusal)
    if found.proposed_by == caller.person:
        raise NeedsAnotherPerson(refusal=refusal)
    if found.approved_by == caller.person:
        return
    others = col(Proposal.proposed_by) != caller.person
    if not await end(session, found.id, others, approved_by=caller.person, carried_out_at=datetime.now(UTC)):
        raise NoLongerOpen(refusal=refusal)
    await record(session, Verb.proposal_approved, caller, object_id=found.id, subject_id=found.subject_id)
    await carry_out(session, settings, found, caller)


async def carry_out_due(session: AsyncSession, settings: Settings, proposal_id: UUID) -> None:
    """Carry out what nobody withdrew in its time; nothing where it has ended already.

    What does not fit any more ends the proposal as failed, with the reason. Raises LookupError before its time.
    """
    found = await session.get(Proposal, proposal_id)
    now = datetime.now(UTC)
    if found is None or found.state != ProposalState.open:
        return
    if found.due_at is None or found.due_at > now:
        raise LookupError("the proposal is not due yet")
    subject_id = found.subject_id
    try:
        async with session.begin_nested():
            if await end(session, proposal_id, carried_out_at=now):
                await carry_out(session, settings, found, None)
    except Problem as problem:
        await end(session, proposal_id, failed_at=now, failed_because=problem.code)
        await record(
            session,
            Verb.proposal_carried_out,
            object_id=proposal_id,
            subject_id=subject_id,
            purpose=problem.code,
            outcome=Outcome.refused,
        )


async def carry_out_later(settings: Settings, database: Database, job: Job) -> None:
    """The handler of `carry_out_proposal` jobs; `database` is the worker role's.

    Only while the practice has a single admin: once it says that it has not, what waited needs the second person too.
    """
    if not settings.single_admin:
        return
    async with database.unit_of_work(RowContext()) as session:
        await carry_out_due(session, settings, UUID(job.payload["proposal"]))


async def withdraw(session: AsyncSession, proposal_id: UUID, caller: Caller) -> None:
    """End a proposal undone; any admin may. Again, it changes nothing. Raises NoLongerOpen once it has ended.

    Letting one's own not happen is the safe direction; for another's, raises StepUpNeeded.
    """
    refusal = Refusal(Verb.proposal_withdrawn, proposal_id)
    found = await find(session, proposal_id, refusal)
    if found.proposed_by != caller.person:
        require_fresh(caller, FRESHLY, refusal)
    if found.state == ProposalState.withdrawn:
        return
    if found.act == Act.reset_factors and found.state == ProposalState.open:
        await factor_resets.withdraw(session, found.id, caller)
    if not await end(session, found.id, withdrawn_by=caller.person, withdrawn_at=datetime.now(UTC)):
        raise NoLongerOpen(refusal=refusal)
    await record(session, Verb.proposal_withdrawn, caller, object_id=found.id, subject_id=found.subject_id)


async def find(session: AsyncSession, proposal_id: UUID, refusal: Refusal) -> Proposal:
    found = await session.get(Proposal, proposal_id)
    if found is None:
        raise NotFound(refusal=refusal)
    return found


async def end(session: AsyncSession, proposal_id: UUID, *conditions: ColumnElement[bool], **values: Any) -> bool:  # noqa: ANN401  # a column's value
    """The one statement by which a proposal ends; False where it has ended already."""
    ending = update(Proposal).where(col(Proposal.id) == proposal_id, is_open(), *conditions)
    ended = await session.execute(ending.values(**values).returning(col(Proposal.id)))
    return ended.scalar_one_or_none() is not None


async def carry_out(session: AsyncSession, settings: Settings, proposal: Proposal, caller: Caller | None) -> None:
    """Do it. Raises ProposerGone, and what the act raises."""
    proposer = await session.get(Person, proposal.proposed_by)
    if proposer is None or proposer.disabled_at or proposer.role != Role.admin:
        raise ProposerGone(refusal=Refusal(Verb.proposal_carried_out, proposal.id, proposal.subject_id))
    subject = await do(session, settings, proposal, caller)
    await record(session, Verb.proposal_carried_out, caller, object_id=proposal.id, subject_id=subject.id)


async def do(session: AsyncSession, settings: Settings, proposal: Proposal, caller: Caller | None) -> Person:
    """The act itself; answers whom it was done to."""
    if proposal.act == Act.invite:
        wanted = InvitationIn.model_validate(proposal.details)
        invitation = invitations.Wish(proposal.id, wanted, proposal.body_digest, proposal.proposed_by)
        return (await invitations.invite(session, settings, invitation, caller=caller)).person
    refusal = Refusal(Verb.proposal_carried_out, proposal.id, proposal.subject_id)
    subject = await find_person(session, proposal.subject_id or proposal.id, refusal)
    match proposal.act:
        case Act.change_role:
            role = roles.Wish(proposal.id, subject, PersonRole(proposal.details["role"]), proposal.proposed_by)
            await roles.change(session, role, caller=caller)
        case Act.enable:
            await enable(session, subject.id, caller=caller)
        case Act.reset:
            reset = resets.Wish(proposal.id, subject, proposal.proposed_by)
            await resets.reset(session, settings, reset, caller=caller)
        case Act.reset_factors:
            await factor_resets.approved(session, proposal.id)
    return subject
