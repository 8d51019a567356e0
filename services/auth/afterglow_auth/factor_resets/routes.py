"""Taking away every way in that somebody has, in the accounts API."""

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
from afterglow_auth.factor_resets import service
from afterglow_auth.factor_resets.schemas import FactorResetOut
from afterglow_auth.permissions import Permission
from afterglow_auth.proposals.making import propose_factor_reset, refuse_reused
from afterglow_auth.proposals.schemas import ProposalOut
from afterglow_auth.provider import Provider

ResetPeople = Annotated[Caller, require(Permission.people_reset)]

router = room("", "factor resets")


@router.put(
    "/people/{person_id}/factor-resets/{reset_id}",
    status_code=201,
    response_model=FactorResetOut,
    responses={
        200: {"model": FactorResetOut, "description": "It was asked for before"},
        202: {"model": ProposalOut, "description": "Staff: it waits for a second person, as the proposal of this id"},
        **responses(NotFound, Conflict),
    },
)
async def ask_for_reset(
    person_id: UUID, reset_id: UUID7, caller: ResetPeople, session: UnitOfWork, provider: Provider
) -> Response:
    """Take password, passkeys, authenticator app and recovery codes of somebody out of use, and end every session.

    They are told at once and can object for a day; then it is carried out, and a link is mailed. Safe to repeat.
    403 `own_account`; 409 `account_disabled`, `no_account_yet` (invited: send the invitation again),
    `already_asked`, `already_proposed` or `conflict` (this id stands for another wish).
    """
    person = await find(session, person_id, Refusal(Verb.factor_reset_asked, reset_id, person_id))
    wish = service.Wish(reset_id, person, caller.person)
    digest = provider.digests.of(Purpose.body, "factors", str(person_id))
    await refuse_reused(session, wish.id, digest, wish.refusal)
    repeat = await service.find_repeat(session, wish)
    if person.is_staff and (repeat is None or repeat.state == "open"):
        proposal = await propose_factor_reset(session, provider.settings, wish, digest, caller)
        await service.ask(session, provider.settings, wish, caller=caller)
        return json_response(proposal, 202)
    made, created = await service.ask(session, provider.settings, wish, caller=caller)
    return json_response(FactorResetOut.model_validate(made), 201 if created else 200)


@router.put("/factor-resets/{factor_reset_id}/withdrawal", responses=responses(NotFound, Conflict))
async def withdraw(factor_reset_id: UUID, caller: ResetPeople, session: UnitOfWork) -> FactorResetOut:
    """Let it not happen; any admin may. Safe to repeat. 409 `no_longer_open` once it was carried out or stopped."""
    return FactorResetOut.model_validate(await service.withdraw(session, factor_reset_id, caller))
