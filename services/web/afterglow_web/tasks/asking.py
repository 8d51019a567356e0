"""What the pages of tasks ask of portal, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken
from afterglow_web.tasks.records import Tasks


class Assigned:
    """Tasks for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str = "", client: UUID | None = None, json: object = None) -> Response:
        whose = {"client": str(client)} if client else {}
        return await self._client.request(
            method, f"/api/portal/tasks{path}", token=self._token, params=whose, json=json
        )

    async def tasks(self, client: UUID | None = None) -> Tasks:
        """One's own, or a client's, which is noted as a reading."""
        return read(await self._ask("GET", client=client), Tasks)

    async def assign(self, client: UUID, task: UUID, body: object) -> None:
        await self._ask("PUT", f"/{task}", client, body)

    async def cancel(self, client: UUID, task: UUID) -> None:
        await self._ask("PUT", f"/{task}/cancellation", client)

    async def mark(self, task: UUID, mark: UUID, body: object) -> None:
        await self._ask("PUT", f"/{task}/marks/{mark}", json=body)

    async def take_back(self, task: UUID, mark: UUID) -> None:
        await self._ask("PUT", f"/{task}/marks/{mark}/withdrawal")


async def assigned_of(request: Request, token: AccessToken) -> Assigned:
    return Assigned(request.app.state.upstreams.portal, token)


AssignedForPerson = Annotated[Assigned, Depends(assigned_of)]
