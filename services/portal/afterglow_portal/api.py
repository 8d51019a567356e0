"""What every room's routes share: the path they live under, a signed-in caller, a largest body."""

from afterglow_foundation.permissions import authenticated
from fastapi import APIRouter, Depends

PREFIX = "/api/portal"
LARGEST_BODY = 64 * 1024  # a note of 4,000 characters, each escaped as two \uXXXX, still fits


def room(path: str, tag: str, *, largest: int = LARGEST_BODY) -> APIRouter:
    """A router for one room, below the API's prefix. The app includes it directly: each level costs every request."""
    return APIRouter(prefix=f"{PREFIX}{path}", tags=[tag], dependencies=[Depends(authenticated)], max_body_size=largest)
