"""What the other staff are told when one of them asks for what takes a second person."""

from afterglow_design.dates import moment
from afterglow_design.languages import lazy

from afterglow_auth.mail.letters import Context, Letter, Writing
from afterglow_auth.proposals.models import Proposal, ProposalState


async def write_alert(writing: Writing) -> Context | None:
    """When it happens by itself, if ever, by the receiver's clock. Nothing once it has ended."""
    proposal = await writing.session.get(Proposal, writing.about)
    person = writing.person
    if proposal is None or proposal.state != ProposalState.open or person is None or person.disabled_at:
        return None
    due = f"{moment(proposal.due_at, person.time_zone)} ({person.time_zone})" if proposal.due_at else None
    return {"due": due, "admin": person.role == "admin"}


PROPOSAL_MADE = Letter("proposal_made", lazy("A change to a staff account was asked for"), write_alert)
