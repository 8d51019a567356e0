"""What the page asks of messaging, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.searching.records import Found
from afterglow_web.session.tokens import AccessToken


class Searches:
    """Raises UpstreamProblem for a refusal and Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def search(self, question: str, conversation: UUID | None, after: str | None) -> Found:
        body = {"q": question} | ({"conversation": str(conversation)} if conversation else {})
        params = {"after": after} if after else {}
        return read(
            await self._client.request("POST", "/api/messaging/searches", token=self._token, json=body, params=params),
            Found,
        )


async def searches_of(request: Request, token: AccessToken) -> Searches:
    return Searches(request.app.state.upstreams.messaging, token)


SearchesForPerson = Annotated[Searches, Depends(searches_of)]
