"""What the pages of emergencies ask of auth and portal, with the signed-in person's own token."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import Depends
from starlette.requests import Request

from afterglow_web.emergencies.records import Emergencies, Emergency, Explained, Explanations
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds; what auth granted is at portal within a moment
GRANTS = "/api/accounts/break-glass"


class BreakGlass:
    """Emergencies for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, auth: ServiceClient, portal: ServiceClient, token: str) -> None:
        self._auth = auth
        self._portal = portal
        self._token = token

    async def open(self, grant: UUID, email: str, reason: str) -> Emergency:
        body = {"email": email, "reason": reason}
        return read(await self._auth.request("PUT", f"{GRANTS}/{grant}", token=self._token, json=body), Emergency)

    async def explain(self, grant: Emergency, words: str) -> None:
        """Say why, as soon as portal knows of the grant. Raises Unavailable where it does not come to know."""
        path, whose = f"/api/portal/break-glass/{grant.id}", {"client": str(grant.client.id)}
        for pause in (*PAUSES, None):
            try:
                await self._portal.request("PUT", path, token=self._token, params=whose, json={"words": words})
            except UpstreamProblem as problem:
                if problem.upstream_status != HTTPStatus.NOT_FOUND:
                    raise
                if pause is None:
                    raise Unavailable from problem
                await asyncio.sleep(pause)
            else:
                return

    async def listed(self, after: str | None = None) -> Emergencies:
        asked = {"after": after} if after else None
        return read(await self._auth.request("GET", GRANTS, token=self._token, params=asked), Emergencies)

    async def one(self, grant: UUID) -> Emergency:
        return read(await self._auth.request("GET", f"{GRANTS}/{grant}", token=self._token), Emergency)

    async def end(self, grant: UUID) -> None:
        await self._auth.request("PUT", f"{GRANTS}/{grant}/end", token=self._token)

    async def review(self, grant: UUID, outcome: str, remark: str | None) -> None:
        body = {"outcome": outcome, "remark": remark}
        await self._auth.request("PUT", f"{GRANTS}/{grant}/review", token=self._token, json=body)

    async def explained(self, client: UUID | None = None) -> list[Explained]:
        """Who opened one's own record and why, or that of a client whom one treats."""
        whose = {"client": str(client)} if client else None
        answer = await self._portal.request("GET", "/api/portal/break-glass", token=self._token, params=whose)
        return read(answer, Explanations).items


async def break_glass_of(request: Request, token: AccessToken) -> BreakGlass:
    upstreams = request.app.state.upstreams
    return BreakGlass(upstreams.auth, upstreams.portal, token)


BreakGlassForPerson = Annotated[BreakGlass, Depends(break_glass_of)]
