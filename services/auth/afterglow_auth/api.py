"""What every room's routes of the accounts API share: the path they live under, a signed-in caller, a largest body."""

from typing import Annotated

from afterglow_foundation.errors import (
    BadRequest,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    PayloadTooLarge,
    Unavailable,
    UnsupportedMediaType,
    responses,
)
from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

PREFIX = "/api/accounts"
LARGEST_BODY = 16 * 1024
LARGEST_PAGE = 100
BODY = responses(BadRequest, PayloadTooLarge, UnsupportedMediaType)  # what a route that takes one may answer too

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]


def room(path: str, tag: str, *, largest: int = LARGEST_BODY) -> APIRouter:
    """A router for one room, below the API's prefix; it takes bodies of at most `largest` bytes."""
    return APIRouter(
        prefix=f"{PREFIX}{path}",
        tags=[tag],
        dependencies=[Depends(authenticated)],
        responses=responses(NotAuthenticated, Forbidden, InvalidInput, Unavailable),
        max_body_size=largest,
    )


def json_response(document: BaseModel, status: int) -> Response:
    """An answer whose status depends on what happened."""
    return Response(document.model_dump_json(), status, media_type="application/json")
