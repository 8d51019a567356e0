"""Programs that people may sign in to, in the accounts API."""

from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, NotFound, responses
from afterglow_foundation.permissions import require
from pydantic import UUID7
from starlette.responses import Response

from afterglow_auth.api import BODY, Limit, json_response, room
from afterglow_auth.audit import Verb, record
from afterglow_auth.backchannel.addresses import refuse_unreachable
from afterglow_auth.permissions import Permission
from afterglow_auth.programs import service
from afterglow_auth.programs.schemas import ClientId, KeysChange, ProgramChange, ProgramIn, ProgramOut, ProgramPage
from afterglow_auth.provider import Provider, digest_of

ReadPrograms = Annotated[Caller, require(Permission.oauth_clients_read)]
WritePrograms = Annotated[Caller, require(Permission.oauth_clients_write)]
CHANGING = {**BODY, **responses(NotFound, Conflict)}

router = room("/oauth-clients", "OAuth clients")


@router.get("")
async def list_programs(
    caller: ReadPrograms, session: UnitOfWork, limit: Limit = 50, after: ClientId | None = None
) -> ProgramPage:
    """Every OAuth client by id, the system's own too."""
    found = await service.listed(session, after=after, limit=limit + 1)
    await record(session, Verb.clients_listed, caller)
    more = found[limit - 1].client_id if len(found) > limit else None
    return ProgramPage(items=[ProgramOut.model_validate(one) for one in found[:limit]], next=more)


@router.get("/{program_id}", responses=responses(NotFound))
async def read_program(program_id: ClientId, caller: ReadPrograms, session: UnitOfWork) -> ProgramOut:
    """One OAuth client."""
    found = await service.find(session, program_id, Verb.client_read)
    await record(session, Verb.client_read, caller, purpose=program_id)
    return ProgramOut.model_validate(found)


@router.put(
    "/{program_id}",
    status_code=201,
    response_model=ProgramOut,
    responses={
        200: {"model": ProgramOut, "description": "It was registered before"},
        **BODY,
        **responses(Conflict),
    },
)
async def register_program(
    program_id: UUID7, wanted: ProgramIn, caller: WritePrograms, session: UnitOfWork, provider: Provider
) -> Response:
    """Register a program under an id of the caller's making; it becomes its `client_id`. Safe to repeat.

    409 `conflict` where the id stands for another program. Keys are sent, never fetched: there is no `jwks_uri`.
    """
    refuse_unreachable(provider.settings, wanted.backchannel_logout_uri)
    made, new = await service.register(session, service.Wish(program_id, wanted, digest_of(provider, wanted)), caller)
    return json_response(ProgramOut.model_validate(made), 201 if new else 200)


@router.post("/{program_id}/versions", responses=CHANGING)
async def change_program(
    program_id: ClientId, wanted: ProgramChange, caller: WritePrograms, session: UnitOfWork, provider: Provider
) -> ProgramOut:
    """Change name, addresses and scopes. 403 `built_in`; 409 `changed_meanwhile` for a change of an older version."""
    refuse_unreachable(provider.settings, wanted.backchannel_logout_uri)
    return ProgramOut.model_validate(await service.change_words(session, program_id, wanted, caller))


@router.put("/{program_id}/keys", responses=CHANGING)
async def change_keys(
    program_id: ClientId, wanted: KeysChange, caller: WritePrograms, session: UnitOfWork
) -> ProgramOut:
    """Take other public keys in place of those there were. As changing the rest, with a version."""
    return ProgramOut.model_validate(await service.change_keys(session, program_id, wanted, caller))


@router.put("/{program_id}/disablement", responses=responses(NotFound))
async def disable_program(program_id: ClientId, caller: WritePrograms, session: UnitOfWork) -> ProgramOut:
    """Nobody signs in to it any more, and what people allowed it ends. Again, it changes nothing. 403 `built_in`."""
    return ProgramOut.model_validate(await service.disable(session, program_id, caller))


@router.delete("/{program_id}/disablement", responses=responses(NotFound))
async def enable_program(program_id: ClientId, caller: WritePrograms, session: UnitOfWork) -> ProgramOut:
    """Let people sign in to it again. What ended stays ended."""
    return ProgramOut.model_validate(await service.enable(session, program_id, caller))
