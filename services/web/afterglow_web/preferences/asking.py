"""What the pages of preferences ask of portal, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.preferences.records import Preferences
from afterglow_web.session.tokens import AccessToken


class Wished:
    """Preferences for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str = "", client: UUID | None = None, json: object = None) -> Response:
        whose = {"client": str(client)} if client else {}
        return await self._client.request(
            method, f"/api/portal/preferences{path}", token=self._token, params=whose, json=json
        )

    async def preferences(self, client: UUID | None = None) -> Preferences:
        """One's own, or a client's, which is noted as a reading."""
        return read(await self._ask("GET", client=client), Preferences)

    async def record(self, version: UUID, body: object) -> None:
        await self._ask("PUT", f"/{version}", json=body)

    async def withdraw(self, version: UUID, body: object) -> None:
        await self._ask("PUT", f"/withdrawals/{version}", json=body)


async def wished_of(request: Request, token: AccessToken) -> Wished:
    return Wished(request.app.state.upstreams.portal, token)


WishedForPerson = Annotated[Wished, Depends(wished_of)]
