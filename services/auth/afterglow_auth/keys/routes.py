"""Signing keys, in the accounts API."""

from typing import Annotated

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.permissions import require
from starlette.responses import Response

from afterglow_auth.api import json_response, room
from afterglow_auth.keys import service
from afterglow_auth.keys.schemas import KeyList, KeyOut
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import Provider

ReadKeys = Annotated[Caller, require(Permission.signing_keys_read)]
RotateKeys = Annotated[Caller, require(Permission.signing_keys_rotate)]

router = room("/signing-keys", "signing keys")


@router.get("")
async def list_keys(caller: ReadKeys, session: UnitOfWork) -> KeyList:
    """The newest keys that sign tokens, did or will, the newest first."""
    return KeyList(items=await service.listed(session, caller))


@router.post(
    "",
    status_code=201,
    response_model=KeyOut,
    responses={200: {"model": KeyOut, "description": "The next key was waiting for its time already"}},
)
async def rotate(caller: RotateKeys, session: UnitOfWork, provider: Provider) -> Response:
    """Make the next key. It is published at once, and signs as soon as every verifier has had time to fetch it."""
    key, made = await service.make_next(session, provider.sealed_with, caller)
    provider.keys.forget()
    return json_response(key, 201 if made else 200)
