"""A receiver's stream, its status and its verification (Shared Signals Framework 1.0 §8.1).

Each receiver has one and sees no other. The gateway does not route these paths.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    TooManyRequests,
    UnsupportedMediaType,
    field_errors,
    responses,
)
from afterglow_foundation.permissions import authenticated, require
from afterglow_foundation.security_events.streams import (
    STATUS_PATH,
    STREAMS_PATH,
    VERIFICATION_PATH,
    StatusDocument,
    StreamConfiguration,
)
from fastapi import APIRouter, Depends
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_auth.audit import Verb, record
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import Provider
from afterglow_auth.streams import service
from afterglow_auth.streams.schemas import StatusWish, StreamChange, StreamWish, VerificationWish

ReadStream = Annotated[Caller, require(Permission.events_read)]
ManageStream = Annotated[Caller, require(Permission.event_streams_write)]
LARGEST_BODY = 64 * 1024
NOT_STORED = {"Cache-Control": "no-store"}
Body = TypeVar("Body", bound=BaseModel)

router = APIRouter(
    include_in_schema=False,
    dependencies=[Depends(authenticated)],
    responses=responses(BadRequest, NotAuthenticated, Forbidden),
    max_body_size=LARGEST_BODY,
)
SENT = responses(NotFound, PayloadTooLarge, UnsupportedMediaType)


def sent(kind: type[Body]) -> Callable[[Request], Awaitable[Body]]:
    """The request's body, with 400 for what cannot be used (§8.1) where our own APIs say 422."""

    async def read(request: Request) -> Body:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaType("Send it as application/json.")
        try:
            return kind.model_validate_json(await request.body())
        except ValidationError as error:
            raise BadRequest(errors=field_errors(error.errors())) from error

    return read


async def stream_named(request: Request) -> str:
    """The one `stream_id` of the query."""
    named = request.query_params.getlist("stream_id")
    if len(named) != 1:
        raise BadRequest("Name one stream_id.")
    return named[0]


Named = Annotated[str, Depends(stream_named)]


@router.post(STREAMS_PATH, status_code=201, response_model=StreamConfiguration, responses=SENT | responses(Conflict))
async def create_stream(
    wish: Annotated[StreamWish, Depends(sent(StreamWish))],
    caller: ManageStream,
    session: UnitOfWork,
    provider: Provider,
) -> Response:
    """Make the caller's stream; 409 `stream_exists` where it has one."""
    made = await service.create(session, provider.settings, str(caller.client_id), wish)
    await record(session, Verb.stream_created, caller, object_id=made.stream_id, purpose=caller.client_id)
    return answer(service.described(provider.settings, made), 201)


@router.get(STREAMS_PATH, responses=responses(NotFound))
async def read_streams(caller: ReadStream, session: UnitOfWork, provider: Provider, request: Request) -> Response:
    """The stream that `stream_id` names, or a list of all that the caller has."""
    receiver = str(caller.client_id)
    if "stream_id" in request.query_params:
        found = await service.find(session, receiver, await stream_named(request))
        return answer(service.described(provider.settings, found))
    streams = [service.described(provider.settings, one) for one in await service.listed(session, receiver)]
    return JSONResponse([one.model_dump(mode="json") for one in streams], headers=NOT_STORED)


@router.patch(STREAMS_PATH, response_model=StreamConfiguration, responses=SENT)
async def update_stream(
    wish: Annotated[StreamChange, Depends(sent(StreamChange))],
    caller: ManageStream,
    session: UnitOfWork,
    provider: Provider,
) -> Response:
    """Change what is sent of the stream's configuration."""
    return await changed(session, provider, caller, wish, wholly=False)


@router.put(STREAMS_PATH, response_model=StreamConfiguration, responses=SENT)
async def replace_stream(
    wish: Annotated[StreamChange, Depends(sent(StreamChange))],
    caller: ManageStream,
    session: UnitOfWork,
    provider: Provider,
) -> Response:
    """Have the stream's configuration be what is sent, and as with a new stream what is not."""
    return await changed(session, provider, caller, wish, wholly=True)


async def changed(
    session: UnitOfWork, provider: Provider, caller: Caller, wish: StreamChange, *, wholly: bool
) -> Response:
    stream, is_other = await service.change(session, provider.settings, str(caller.client_id), wish, wholly=wholly)
    if is_other:
        await record(session, Verb.stream_changed, caller, object_id=stream.stream_id, purpose=caller.client_id)
    return answer(service.described(provider.settings, stream))


@router.delete(STREAMS_PATH, status_code=204, responses=responses(NotFound))
async def delete_stream(stream_id: Named, caller: ManageStream, session: UnitOfWork) -> None:
    """Give the stream up, and what it had still to tell."""
    gone = await service.remove(session, str(caller.client_id), stream_id)
    await record(session, Verb.stream_deleted, caller, object_id=gone.stream_id, purpose=caller.client_id)


@router.get(STATUS_PATH, response_model=StatusDocument, responses=responses(NotFound))
async def read_status(stream_id: Named, caller: ReadStream, session: UnitOfWork) -> Response:
    """Whether the stream tells anything now."""
    return answer(service.status_of(await service.find(session, str(caller.client_id), stream_id)))


@router.post(STATUS_PATH, response_model=StatusDocument, responses=SENT)
async def update_status(
    wish: Annotated[StatusWish, Depends(sent(StatusWish))], caller: ManageStream, session: UnitOfWork
) -> Response:
    """Pause the stream, disable it, or have it go on."""
    stream, is_other = await service.set_status(session, str(caller.client_id), wish)
    if is_other:
        await record(session, Verb.stream_changed, caller, object_id=stream.stream_id, purpose=caller.client_id)
    return answer(service.status_of(stream))


@router.post(VERIFICATION_PATH, status_code=204, responses=SENT | responses(TooManyRequests))
async def verify_stream(
    wish: Annotated[VerificationWish, Depends(sent(VerificationWish))], caller: ReadStream, session: UnitOfWork
) -> None:
    """Have a verification event sent through the stream."""
    await service.verify(session, str(caller.client_id), wish)


def answer(document: BaseModel, status: int = 200) -> Response:
    return Response(document.model_dump_json(), status, media_type="application/json", headers=NOT_STORED)
