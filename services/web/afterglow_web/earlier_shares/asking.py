"""What the page asks of portal, with the signed-in client's own token."""

from datetime import date
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.earlier_shares.records import EarlierShares
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

PATH = "/api/portal/earlier-shares"


class Sharing:
    """Earlier shares for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def all(self) -> EarlierShares:
        return read(await self._client.request("GET", PATH, token=self._token), EarlierShares)

    async def share(self, share: UUID, therapist: UUID, first: date, last: date) -> None:
        body = {"therapist_id": str(therapist), "from_date": str(first), "until_date": str(last)}
        await self._client.request("PUT", f"{PATH}/{share}", token=self._token, json=body)

    async def take_back(self, share: UUID) -> None:
        await self._client.request("PUT", f"{PATH}/{share}/end", token=self._token, json={})


async def sharing_of(request: Request, token: AccessToken) -> Sharing:
    return Sharing(request.app.state.upstreams.portal, token)


SharingForPerson = Annotated[Sharing, Depends(sharing_of)]
