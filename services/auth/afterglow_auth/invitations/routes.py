"""Invitations, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, responses
from afterglow_foundation.permissions import require
from afterglow_foundation.step_up import require_fresh
from fastapi import Response
from pydantic import UUID7

from afterglow_auth.accounts.schemas import PersonRole
from afterglow_auth.api import BODY, Limit, json_response, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.invitations import service
from afterglow_auth.invitations.reading import as_shown, page_of_invitations
from afterglow_auth.invitations.schemas import InvitationIn, InvitationOut, InvitationPage
from afterglow_auth.links.columns import LinkState
from afterglow_auth.permissions import FRESHLY, Permission
from afterglow_auth.proposals.making import propose_invitation, refuse_reused
from afterglow_auth.proposals.schemas import ProposalOut
from afterglow_auth.provider import Provider, digest_of

ReadInvitations = Annotated[Caller, require(Permission.invitations_read)]
WriteInvitations = Annotated[Caller, require(Permission.invitations_write)]

router = room("/invitations", "invitations")


@router.get("")
async def list_invitations(
    caller: ReadInvitations,
    session: UnitOfWork,
    limit: Limit = 50,
    after: UUID | None = None,
    state: LinkState | None = None,
) -> InvitationPage:
    """Invitations, the newest first."""
    await record(session, Verb.invitations_listed, caller)
    return await page_of_invitations(session, state, after=after, limit=limit)


@router.put(
    "/{invitation_id}",
    status_code=201,
    response_model=InvitationOut,
    responses={
        200: {"model": InvitationOut, "description": "It was made before"},
        202: {"model": ProposalOut, "description": "Staff: it waits for a second person, as the proposal of this id"},
        **BODY,
        **responses(Conflict),
    },
)
async def invite(
    invitation_id: UUID7, wanted: InvitationIn, caller: WriteInvitations, session: UnitOfWork, provider: Provider
) -> Response:
    """Invite somebody: the account exists at once, and a link by which they choose a password is mailed.

    Safe to repeat. An address whose invitation was withdrawn or has expired can be invited anew. 409 `address_taken`
    naming `email`, `already_proposed`, or `conflict` (this id stands for another wish). Inviting staff takes a step-up:
    401 `step_up_needed` with what to prove in `WWW-Authenticate` (RFC 9470).
    """
    wish = service.Wish(invitation_id, wanted, digest_of(provider, wanted), caller.person)
    if wanted.role != PersonRole.client:
        require_fresh(caller, FRESHLY, wish.refusal)
    await refuse_reused(session, wish.id, wish.digest, wish.refusal)
    if wanted.role != PersonRole.client and not await service.find_repeat(session, wish):
        return json_response(await propose_invitation(session, provider.settings, wish, caller), 202)
    made = await service.invite(session, provider.settings, wish, caller=caller)
    return json_response(as_shown(made.invitation, made.person), 201 if made.created else 200)


@router.post("/{invitation_id}/mails", status_code=202, responses=responses(NotFound, Conflict))
async def send_again(
    invitation_id: UUID, caller: WriteInvitations, session: UnitOfWork, provider: Provider
) -> InvitationOut:
    """Mail a new link that lives as long as the first did; the earlier one is over. 409 `no_longer_open`."""
    found = await service.send_again(session, provider.settings, invitation_id, caller)
    return as_shown(found.invitation, found.person)


@router.put("/{invitation_id}/withdrawal", responses=responses(NotFound, Conflict))
async def withdraw(invitation_id: UUID, caller: WriteInvitations, session: UnitOfWork) -> InvitationOut:
    """Close an invitation that nobody has taken up, and the account with it. Again, it changes nothing.

    409 `no_longer_open` once it was taken up.
    """
    found = await service.withdraw(session, invitation_id, caller)
    return as_shown(found.invitation, found.person)
