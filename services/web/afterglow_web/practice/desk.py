"""What the practice's pages ask of auth, with the admin's own token."""

from collections.abc import Mapping
from typing import Annotated, Any

from afterglow_design.practice import Practice
from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from pydantic import ConfigDict
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

PREFIX = "/api/accounts"


class SavedPractice(Practice):
    """The settings as auth has them now; `version` is 0 until an admin has saved any."""

    model_config = ConfigDict(extra="ignore")

    version: int


class Desk:
    """auth for one request. Every method raises UpstreamProblem for a refusal, Unavailable for none."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        params: Mapping[str, str | int] | None = None,
        picture: tuple[bytes, str] | None = None,
    ) -> Response:
        """One request below the accounts API."""
        url = f"{PREFIX}/{path}"
        return await self._client.request(method, url, token=self._token, json=body, params=params, picture=picture)

    async def practice(self) -> SavedPractice:
        return read(await self.ask("GET", "practice"), SavedPractice)

    async def save(self, change: Mapping[str, Any]) -> None:
        """Change what is named; it says which version it was made from."""
        await self.ask("PUT", "practice", dict(change))

    async def show_logo(self, image: bytes, kind: str) -> None:
        await self.ask("PUT", "practice/logo", picture=(image, kind))

    async def take_logo_away(self) -> None:
        await self.ask("DELETE", "practice/logo")


async def desk_of(request: Request, token: AccessToken) -> Desk:
    return Desk(request.app.state.upstreams.auth, token)


DeskForPerson = Annotated[Desk, Depends(desk_of)]
