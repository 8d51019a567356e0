"""Resetting somebody's password, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require
from fastapi import Response
from pydantic import UUID7

from afterglow_auth.accounts.service import find
from afterglow_auth.api import json_response, room
from afterglow_auth.audit import Verb
from afterglow_auth.digests import Purpose
from afterglow_auth.links.schemas import LinkOut
from afterglow_auth.permissions import Permission
from afterglow_auth.proposals.making import propose_reset, refuse_reused
from afterglow_auth.proposals.schemas import ProposalOut
from afterglow_auth.provider import Provider
from afterglow_auth.resets import service

ResetPeople = Annotated[Caller, require(Permission.people_reset)]

router = room("/people/{person_id}/resets", "resets")


@router.put(
    "/{reset_id}",
    status_code=201,
    response_model=LinkOut,
    responses={
        200: {"model": LinkOut, "description": "It was done before"},
        202: {"model": ProposalOut, "description": "Staff: it waits for a second person, as the proposal of this id"},
        **responses(NotFound, Conflict),
    },
)
async def reset(
    person_id: UUID, reset_id: UUID7, caller: ResetPeople, session: UnitOfWork, provider: Provider
) -> Response:
    """End all sessions and the password of somebody, and mail a link by which they choose another. Safe to repeat.

    403 `own_account`; 409 `account_disabled`, `no_account_yet` (invited: send the invitation again),
    `already_proposed` or `conflict` (this id stands for another wish).
    """
    person = await find(session, person_id, Refusal(Verb.reset_made, reset_id, person_id))
    wish = service.Wish(reset_id, person, caller.person, provider.digests.of(Purpose.body, str(person_id)))
    await refuse_reused(session, wish.id, wish.digest, wish.refusal)
    if person.is_staff and not await service.find_repeat(session, wish):
        return json_response(await propose_reset(session, provider.settings, wish, caller), 202)
    made, created = await service.reset(session, provider.settings, wish, caller=caller)
    return json_response(LinkOut.model_validate(made), 201 if created else 200)
