"""Proposals with the names of everybody in them."""

from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import NotFound, Refusal
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.named import Named
from afterglow_auth.proposals.models import Act, Proposal, ProposalState, is_open
from afterglow_auth.proposals.schemas import ProposalOut, ProposalPage, ProposedFor

Proposer, Approver, Withdrawer, Subject = (aliased(Person) for _ in range(4))
WITH_PEOPLE = (
    select(Proposal, Proposer, Approver, Withdrawer, Subject)
    .join(Proposer, col(Proposer.id) == col(Proposal.proposed_by))
    .outerjoin(Approver, col(Approver.id) == col(Proposal.approved_by))
    .outerjoin(Withdrawer, col(Withdrawer.id) == col(Proposal.withdrawn_by))
    .outerjoin(Subject, col(Subject.id) == col(Proposal.subject_id))
)


def as_shown(caller: Caller, proposal: Proposal, proposer: Person, *others: Person | None) -> ProposalOut:
    """`others` are whoever approved, whoever withdrew, and whom it is about."""
    approver, withdrawer, subject = others
    return ProposalOut(
        id=proposal.id,
        act=Act(proposal.act),
        state=proposal.state,
        about=about(proposal, subject),
        becomes=PersonRole(proposal.details["role"]) if proposal.act == Act.change_role else None,
        own=proposal.proposed_by == caller.id,
        proposed_by=Named.model_validate(proposer),
        proposed_at=proposal.proposed_at,
        due_at=proposal.due_at,
        approved_by=Named.model_validate(approver) if approver else None,
        withdrawn_by=Named.model_validate(withdrawer) if withdrawer else None,
        withdrawn_at=proposal.withdrawn_at,
        carried_out_at=proposal.carried_out_at,
        failed_at=proposal.failed_at,
        failed_because=proposal.failed_because,
    )


def about(proposal: Proposal, subject: Person | None) -> ProposedFor:
    if subject:
        return ProposedFor(id=subject.id, name=subject.name, email=subject.email, role=PersonRole(subject.role))
    details = proposal.details
    return ProposedFor(id=None, name=details["name"], email=details["email"], role=PersonRole(details["role"]))


async def find_shown(session: AsyncSession, caller: Caller, proposal_id: UUID, refusal: Refusal) -> ProposalOut:
    """Raise NotFound where there is no such proposal."""
    asked = WITH_PEOPLE.where(col(Proposal.id) == proposal_id).execution_options(populate_existing=True)
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        raise NotFound(refusal=refusal)
    return as_shown(caller, *row)


def in_state(state: ProposalState) -> ColumnElement[bool]:
    """The condition on `proposals` that says what `Proposal.state` says."""
    conditions = {
        ProposalState.carried_out: col(Proposal.carried_out_at).is_not(None),
        ProposalState.failed: col(Proposal.failed_at).is_not(None),
        ProposalState.open: is_open(),
        ProposalState.withdrawn: col(Proposal.withdrawn_at).is_not(None),
    }
    return conditions[state]


async def page_of_proposals(
    session: AsyncSession, caller: Caller, state: ProposalState | None, *, after: UUID | None, limit: int
) -> ProposalPage:
    """Proposals by id, which is by time: the newest first."""
    asked = WITH_PEOPLE.order_by(col(Proposal.id).desc()).limit(limit + 1)
    if state:
        asked = asked.where(in_state(state))
    if after:
        asked = asked.where(col(Proposal.id) < after)
    found = [as_shown(caller, *row) for row in await session.execute(asked)]
    return ProposalPage(items=found[:limit], next=str(found[limit - 1].id) if len(found) > limit else None)


async def count_open(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Proposal).where(is_open())) or 0
