"""What the page of cover asks of auth, with the therapist's own token."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.covers.records import Colleagues, OwnCovers
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

PATH = "/api/accounts/own-covers"


class Covers:
    """Own cover for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def own(self) -> OwnCovers:
        return read(await self._client.request("GET", PATH, token=self._token), OwnCovers)

    async def colleagues(self) -> Colleagues:
        return read(await self._client.request("GET", f"{PATH}/colleagues", token=self._token), Colleagues)

    async def arrange(self, cover: UUID, covering: UUID, *, starts: datetime | None, ends: datetime) -> None:
        """Without `starts` from now on."""
        body = {"covering_id": str(covering), "ends_at": ends.isoformat()}
        body |= {"starts_at": starts.isoformat()} if starts else {}
        await self._client.request("PUT", f"{PATH}/{cover}", token=self._token, json=body)

    async def end(self, cover: UUID) -> None:
        await self._client.request("PUT", f"{PATH}/{cover}/end", token=self._token)


async def covers_of(request: Request, token: AccessToken) -> Covers:
    return Covers(request.app.state.upstreams.auth, token)


CoversForPerson = Annotated[Covers, Depends(covers_of)]
