"""What the pages of summaries ask of portal, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.notes.records import Summaries, Summary, SummaryVersion, SummaryVersions
from afterglow_web.portal import read
from afterglow_web.session.tokens import AccessToken


class Notes:
    """Summaries for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str, client: UUID | None, json: object = None) -> Response:
        whose = {"client": str(client)} if client else {}
        return await self._client.request(
            method, f"/api/portal/summaries{path}", token=self._token, params=whose, json=json
        )

    async def listed(self, client: UUID | None = None) -> Summaries:
        """Of which sessions there is one: one's own, or a client's."""
        return read(await self._ask("GET", "", client), Summaries)

    async def of(self, session: UUID, client: UUID | None = None) -> Summary | None:
        """The summary of a session, if there is one for whoever asks; a therapist's reading is noted."""
        found = (await self.listed(client)).of(session)
        return read(await self._ask("GET", f"/{found.id}", client), Summary) if found else None

    async def versions(self, session: UUID, client: UUID) -> list[SummaryVersion]:
        """What the summary of a session said, oldest first; nothing where there is none. It is noted as a reading."""
        found = (await self.listed(client)).of(session)
        if found is None:
            return []
        return read(await self._ask("GET", f"/{found.id}/versions", client), SummaryVersions).items

    async def write(self, client: UUID, summary: UUID, body: object) -> None:
        await self._ask("PUT", f"/{summary}", client, body)

    async def edit(self, client: UUID, summary: UUID, body: object) -> None:
        await self._ask("POST", f"/{summary}/versions", client, body)


async def notes_of(request: Request, token: AccessToken) -> Notes:
    return Notes(request.app.state.upstreams.portal, token)


NotesForPerson = Annotated[Notes, Depends(notes_of)]
