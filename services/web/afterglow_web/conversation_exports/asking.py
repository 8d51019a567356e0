"""The file as messaging puts it together, asked for with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.session.tokens import AccessToken


class Exports:
    """Raises UpstreamProblem for a refusal, a step-up among them, and Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def conversation(self, conversation: UUID) -> bytes:
        """The JSON, of the shape that messaging documents, as it came."""
        path = f"/api/messaging/conversations/{conversation}/exports"
        return (await self._client.request("POST", path, token=self._token)).content


async def exports_of(request: Request, token: AccessToken) -> Exports:
    return Exports(request.app.state.upstreams.messaging, token)


ExportsForPerson = Annotated[Exports, Depends(exports_of)]
