"""What the pages of a dosing day ask of portal, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.dosing_day.records import DosingDay
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken


class Days:
    """Dosing days for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str, client: UUID | None, json: object = None) -> Response:
        whose = {"client": str(client)} if client else {}
        return await self._client.request(
            method, f"/api/portal/dosing-days/{path}", token=self._token, params=whose, json=json
        )

    async def day(self, session: UUID, client: UUID | None = None) -> DosingDay:
        """One's own, or a client's, which is noted as a reading."""
        return read(await self._ask("GET", f"{session}", client), DosingDay)

    async def add(self, kind: str, client: UUID, session: UUID, record: UUID, body: object) -> None:
        await self._ask("PUT", f"{session}/{kind}/{record}", client, body)


async def days_of(request: Request, token: AccessToken) -> Days:
    return Days(request.app.state.upstreams.portal, token)


DaysForPerson = Annotated[Days, Depends(days_of)]
