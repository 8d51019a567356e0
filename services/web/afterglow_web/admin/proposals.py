"""What waits for a second person: approving it, withdrawing it, and what became of the rest."""

from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin import proposal_questions as questions
from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.confirming import ask
from afterglow_web.admin.records import ProposalState
from afterglow_web.admin.rooms import room, told
from afterglow_web.admin.wording import Notice, refusal_words, shown_notice
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import DecideProposals, ReadProposals
from afterglow_web.records import ItemPage
from afterglow_web.session.authentication import session_of
from afterglow_web.session.step_up import FreshlyProved, prove_first

router = room()


@router.get("/proposals")
async def proposals(
    request: Request, _: ReadProposals, accounts: AccountsForPerson, notice: str = "", after: str | None = None
) -> Response:
    """What waits, and the rest, newest first; for htmx only further rows of the rest."""
    every = await accounts.proposals(after=after)
    waiting = ItemPage(items=[]) if is_fragment(request) else await accounts.proposals(state=ProposalState.open)
    session = await session_of(request)
    return page(
        request,
        "admin/proposals/_rows.html" if is_fragment(request) else "admin/proposals/page.html",
        waiting=waiting.items,
        ended=[one for one in every.items if one.state != ProposalState.open],
        next=every.next,
        zone=session.time_zone,
        notice=shown_notice(notice),
    )


@router.get("/proposals/{proposal_id}/approval", dependencies=[FreshlyProved])
async def ask_to_approve(
    request: Request, proposal_id: UUID, _: DecideProposals, accounts: AccountsForPerson
) -> Response:
    return ask(request, questions.approval(await accounts.proposal(proposal_id)))


@router.post("/proposals/{proposal_id}/approval", dependencies=[FreshlyProved])
async def approve(request: Request, proposal_id: UUID, _: DecideProposals, accounts: AccountsForPerson) -> Response:
    try:
        await accounts.approve(proposal_id)
    except UpstreamProblem as problem:
        return ask(request, questions.approval(await accounts.proposal(proposal_id)), refusal_words(problem))
    return told("/proposals", Notice.approved)


@router.get("/proposals/{proposal_id}/withdrawal")
async def ask_to_withdraw(
    request: Request, proposal_id: UUID, _: DecideProposals, accounts: AccountsForPerson
) -> Response:
    """One's own is withdrawn without proving anything anew."""
    proposal = await accounts.proposal(proposal_id)
    if not proposal.own:
        await prove_first(request)
    return ask(request, questions.withdrawal(proposal))


@router.post("/proposals/{proposal_id}/withdrawal", dependencies=[FreshlyProved])
async def withdraw(request: Request, proposal_id: UUID, _: DecideProposals, accounts: AccountsForPerson) -> Response:
    try:
        await accounts.withdraw_proposal(proposal_id)
    except UpstreamProblem as problem:
        return ask(request, questions.withdrawal(await accounts.proposal(proposal_id)), refusal_words(problem))
    return told("/proposals", Notice.proposal_withdrawn)
