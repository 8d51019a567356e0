"""What the pages of long-term questions ask of portal, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.long_term.records import LongTerm
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

PATH = "/api/portal/long-term-checks"


class Watched:
    """Long-term questions for one request. Every method raises UpstreamProblem for a refusal, Unavailable for none."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def found(self, client: UUID | None = None) -> LongTerm:
        """One's own, or a client's, which is noted as a reading."""
        whose = {"client": str(client)} if client else {}
        return read(await self._client.request("GET", PATH, token=self._token, params=whose), LongTerm)

    async def record(self, client: UUID, check: UUID, body: object) -> None:
        whose = {"client": str(client)}
        await self._client.request("PUT", f"{PATH}/{check}", token=self._token, params=whose, json=body)


async def watched_of(request: Request, token: AccessToken) -> Watched:
    return Watched(request.app.state.upstreams.portal, token)


WatchedForPerson = Annotated[Watched, Depends(watched_of)]
