"""Changing what somebody is here, in the accounts API."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, Refusal, responses
from afterglow_foundation.permissions import require
from pydantic import UUID7

from afterglow_auth.accounts.service import find
from afterglow_auth.api import BODY, room
from afterglow_auth.audit import Verb
from afterglow_auth.digests import Purpose
from afterglow_auth.permissions import Permission
from afterglow_auth.proposals.making import propose_role, refuse_reused
from afterglow_auth.proposals.schemas import ProposalOut
from afterglow_auth.provider import Provider
from afterglow_auth.roles.schemas import RoleIn
from afterglow_auth.roles.service import Wish

ChangeRoles = Annotated[Caller, require(Permission.people_change_role)]

router = room("/people/{person_id}/roles", "roles")


@router.put("/{change_id}", status_code=202, responses={**BODY, **responses(NotFound, Conflict)})
async def change_role(  # noqa: PLR0917  # FastAPI's way to say what a route needs
    person_id: UUID,
    change_id: UUID7,
    wanted: RoleIn,
    caller: ChangeRoles,
    session: UnitOfWork,
    provider: Provider,
) -> ProposalOut:
    """Ask that a therapist becomes an admin, or an admin a therapist: it waits for a second person. Safe to repeat.

    Their sessions end with it. 403 `own_account`; 409 `client_stays` (from or to a client), `already_so`,
    `still_treating` (end their care first), `last_admin`, `account_disabled`, `no_account_yet`, `already_proposed` or
    `conflict` (this id stands for another wish).
    """
    person = await find(session, person_id, Refusal(Verb.role_changed, change_id, person_id))
    digest = provider.digests.of(Purpose.body, "role", str(person_id), wanted.role.value)
    wish = Wish(change_id, person, wanted.role, caller.person, digest)
    await refuse_reused(session, wish.id, wish.digest, wish.refusal)
    return await propose_role(session, provider.settings, wish, caller)
