"""What the course's pages ask of portal, with the signed-in person's own token."""

from typing import Annotated, Literal
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.course.records import Courses, NextSession, Plan, PlanVersions, ToCome
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken

Act = Literal["ending", "opening"]


class Treatment:
    """Courses for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str, client: UUID | None, json: object = None) -> Response:
        whose = {"client": str(client)} if client else {}
        return await self._client.request(
            method, f"/api/portal/courses{path}", token=self._token, params=whose, json=json
        )

    async def courses(self, client: UUID | None = None) -> Courses:
        """One's own, or a client's, which is noted as a reading."""
        return read(await self._ask("GET", "", client), Courses)

    async def versions(self, course: UUID, client: UUID | None = None) -> list[Plan]:
        """What a plan said, oldest first, the current one last; of a client's it is noted as a reading."""
        return read(await self._ask("GET", f"/{course}/versions", client), PlanVersions).items

    async def next_session(self) -> NextSession | None:
        """One's own that is planned next."""
        return read(await self._ask("GET", "/next-session", None), ToCome).next

    async def begin(self, client: UUID, course: UUID, body: object) -> None:
        await self._ask("PUT", f"/{course}", client, body)

    async def edit(self, client: UUID, course: UUID, body: object) -> None:
        await self._ask("POST", f"/{course}/versions", client, body)

    async def plan(self, client: UUID, course: UUID, session: UUID, body: object) -> None:
        await self._ask("PUT", f"/{course}/sessions/{session}", client, body)

    async def move(self, client: UUID, session: UUID, body: object) -> None:
        await self._ask("POST", f"/sessions/{session}/changes", client, body)

    async def act(self, client: UUID, session: UUID, what: Act) -> None:
        """Open or end; safe to repeat."""
        await self._ask("PUT", f"/sessions/{session}/{what}", client)

    async def cancel(self, client: UUID, session: UUID, body: object) -> None:
        await self._ask("PUT", f"/sessions/{session}/cancellation", client, body)

    async def administer(self, client: UUID, session: UUID, administration: UUID, body: object) -> None:
        await self._ask("PUT", f"/sessions/{session}/administrations/{administration}", client, body)

    async def correct(self, client: UUID, session: UUID, administration: UUID, body: object) -> None:
        await self._ask("POST", f"/sessions/{session}/administrations/{administration}/corrections", client, body)

    async def withdraw(self, client: UUID, session: UUID, administration: UUID, body: object) -> None:
        """Say that it was never given; safe to repeat."""
        await self._ask("PUT", f"/sessions/{session}/administrations/{administration}/withdrawal", client, body)


async def treatment_of(request: Request, token: AccessToken) -> Treatment:
    return Treatment(request.app.state.upstreams.portal, token)


TreatmentForPerson = Annotated[Treatment, Depends(treatment_of)]
