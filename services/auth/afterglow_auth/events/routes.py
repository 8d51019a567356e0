"""What auth tells the other services. The gateway does not route these paths."""

from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import Conflict, Forbidden, InvalidInput, NotAuthenticated, Unavailable, responses
from afterglow_foundation.permissions import authenticated, require
from afterglow_foundation.security_events.polling import POLL_PATH, SNAPSHOT_PATH, PollAnswer, PollRequest, Snapshot
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.audit import Verb, record
from afterglow_auth.events import polling, snapshot
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import Provider

ReadEvents = Annotated[Caller, require(Permission.events_read)]
LARGEST_BODY = 1024 * 1024
NOT_STORED = {"Cache-Control": "no-store"}

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(authenticated)],
    responses=responses(NotAuthenticated, Forbidden, InvalidInput),
    max_body_size=LARGEST_BODY,
)


@router.get(SNAPSHOT_PATH, response_model=Snapshot, responses=responses(Unavailable))
async def read_snapshot(caller: ReadEvents, session: UnitOfWork) -> Response:
    """Everything, for a service that begins or has lost track; from here on it is told what happens."""
    taken = await snapshot.take(session, str(caller.client_id))
    await record(session, Verb.events_read, caller, purpose=caller.client_id)
    return Response(taken.model_dump_json(), media_type="application/json", headers=NOT_STORED)


@router.post(POLL_PATH, response_model=PollAnswer, responses=responses(Conflict))
async def poll(asked: PollRequest, caller: ReadEvents, provider: Provider, request: Request) -> Response:
    """Settle what came before and give what has not been settled; 409 `no_snapshot` for who has to begin with one."""
    answer, standing = await polling.poll(provider, request.app.state.outlet, caller, asked)
    headers = NOT_STORED | standing.headers
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json", headers=headers)
