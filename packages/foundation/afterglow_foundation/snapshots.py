"""Fetch a whole document from auth as this service itself, with a token from client credentials."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import BaseModel

from afterglow_foundation.client import ServiceClient, ServiceTokens
from afterglow_foundation.settings import ClientSettings

SNAPSHOT_PATH = "/internal/events/snapshot"
SCOPE = "security_events"
Document = TypeVar("Document", bound=BaseModel)


async def fetch_snapshot(
    settings: ClientSettings, document: type[Document], *, auth: ServiceClient | None = None
) -> Document:
    """Return auth's snapshot, read as `document`; `auth` replaces the client of the configured address.

    Raises UpstreamProblem when auth refuses, Unavailable when it cannot be reached, and ValidationError
    when it answers something else.
    """
    async with connected(settings.auth_url, auth) as source:
        tokens = ServiceTokens(
            source,
            issuer=settings.issuer,
            client_id=settings.client_id,
            private_key=settings.private_key,
            scope=SCOPE,
        )
        answer = await source.request("GET", SNAPSHOT_PATH, token=await tokens.get())
        return document.model_validate_json(answer.content)


@asynccontextmanager
async def connected(base_url: str, given: ServiceClient | None) -> AsyncIterator[ServiceClient]:
    client = given or ServiceClient(base_url)
    try:
        yield client
    finally:
        if given is None:
            await client.close()
