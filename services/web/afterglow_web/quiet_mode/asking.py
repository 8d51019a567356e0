"""What quiet mode asks of portal, with the signed-in person's own token."""

from contextlib import suppress
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from afterglow_foundation.errors import Problem
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.quiet_mode.records import QuietMode, QuietSession
from afterglow_web.session.tokens import AccessToken, access_token

HERE = "/api/portal/quiet-mode"


class Quiet:
    """Quiet mode for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def now(self) -> QuietSession | None:
        """The session in which it is quiet, if it is."""
        return read(await self._client.request("GET", HERE, token=self._token), QuietMode).session

    async def leave(self, session: UUID) -> None:
        await self._client.request("PUT", f"{HERE}/{session}/leaving", token=self._token)


async def quiet_of(request: Request, token: AccessToken) -> Quiet:
    return Quiet(request.app.state.upstreams.portal, token)


async def quiet_now(request: Request) -> QuietSession | None:
    """As far as portal says; where it does not, the first page is the ordinary one."""
    with suppress(Problem):
        return await (await quiet_of(request, await access_token(request))).now()
    return None


QuietForPerson = Annotated[Quiet, Depends(quiet_of)]
