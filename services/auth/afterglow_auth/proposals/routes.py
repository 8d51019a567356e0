"""Proposals, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require

from afterglow_auth.api import Limit, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.break_glass.reading import count_waiting
from afterglow_auth.permissions import Permission
from afterglow_auth.proposals import deciding
from afterglow_auth.proposals.models import ProposalState
from afterglow_auth.proposals.reading import count_open, find_shown, page_of_proposals
from afterglow_auth.proposals.schemas import ProposalOut, ProposalPage, WaitingOut
from afterglow_auth.provider import Provider

ReadProposals = Annotated[Caller, require(Permission.proposals_read)]
DecideProposals = Annotated[Caller, require(Permission.proposals_decide)]
WithdrawProposals = Annotated[Caller, require(Permission.proposals_withdraw)]

router = room("/proposals", "proposals")


@router.get("")
async def list_proposals(
    caller: ReadProposals,
    session: UnitOfWork,
    limit: Limit = 50,
    after: UUID | None = None,
    state: ProposalState | None = None,
) -> ProposalPage:
    """What waits for a second person, and what became of the rest; the newest first."""
    await record(session, Verb.proposals_listed, caller)
    return await page_of_proposals(session, caller, state, after=after, limit=limit)


@router.get("/waiting")
async def count_proposals(caller: ReadProposals, session: UnitOfWork, provider: Provider) -> WaitingOut:
    """How many wait, for whoever could decide them, and how many emergencies for the caller's review.

    A number alone is no reading, so the audit keeps nothing.
    """
    settings = provider.settings
    wait = settings.single_admin_wait if settings.single_admin else None
    reviews = await count_waiting(session, caller)
    return WaitingOut(waiting=await count_open(session), single_admin_wait=wait, reviews=reviews)


@router.get("/{proposal_id}", responses=responses(NotFound))
async def read_proposal(proposal_id: UUID, caller: ReadProposals, session: UnitOfWork) -> ProposalOut:
    """One proposal, however it went on."""
    found = await find_shown(session, caller, proposal_id, Refusal(Verb.proposal_read, proposal_id))
    await record(session, Verb.proposal_read, caller, object_id=proposal_id, subject_id=found.about.id)
    return found


@router.put("/{proposal_id}/approval", responses=responses(NotFound, Conflict))
async def approve(proposal_id: UUID, caller: DecideProposals, session: UnitOfWork, provider: Provider) -> ProposalOut:
    """Approve what another admin proposed: it is carried out at once. Safe to repeat.

    403 `needs_another_person`; 409 `no_longer_open`, or the code of what does not fit any more (`address_taken`,
    `account_disabled`, `proposer_gone`): the proposal then stays open.
    """
    await deciding.approve(session, provider.settings, proposal_id, caller)
    return await find_shown(session, caller, proposal_id, Refusal(Verb.proposal_approved, proposal_id))


@router.put("/{proposal_id}/withdrawal", responses=responses(NotFound, Conflict))
async def withdraw(proposal_id: UUID, caller: WithdrawProposals, session: UnitOfWork) -> ProposalOut:
    """Let a proposal not happen; any admin may. Safe to repeat. 409 `no_longer_open` once it was carried out.

    Another admin's takes a step-up (401 `step_up_needed`); one's own does not.
    """
    await deciding.withdraw(session, proposal_id, caller)
    return await find_shown(session, caller, proposal_id, Refusal(Verb.proposal_withdrawn, proposal_id))
