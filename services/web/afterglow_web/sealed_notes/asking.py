"""What the pages of sealed notes ask of portal, with the signed-in person's own token."""

from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.portal import read
from afterglow_web.sealed_notes.records import (
    OpenedNote,
    OpenedNotes,
    Opening,
    Openings,
    SealedBook,
    SealedBooks,
    WaitingOpenings,
)
from afterglow_web.session.tokens import AccessToken


class SealedNotes:
    """For one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str, client: UUID | None = None, json: object = None) -> Response:
        whose = {"client": str(client)} if client else {}
        path = f"/api/portal/sealed-notes{path}"
        return await self._client.request(method, path, token=self._token, params=whose, json=json)

    async def books(self, client: UUID) -> list[SealedBook]:
        return read(await self._ask("GET", "", client), SealedBooks).items

    async def request(self, client: UUID, opening: UUID, body: object) -> None:
        await self._ask("PUT", f"/openings/{opening}", client, body)

    async def notes(self, client: UUID, opening: UUID) -> list[OpenedNote]:
        return read(await self._ask("GET", f"/openings/{opening}/notes", client), OpenedNotes).items

    async def openings(self) -> list[Opening]:
        """For an admin: those that wait first."""
        return read(await self._ask("GET", "/openings"), Openings).items

    async def waiting(self) -> int:
        """For an admin: how many wait for them."""
        return read(await self._ask("GET", "/openings/waiting"), WaitingOpenings).waiting

    async def decide(self, opening: UUID, *, approved: bool) -> None:
        await self._ask("PUT", f"/openings/{opening}/decision", json={"approved": approved})


async def sealed_notes_of(request: Request, token: AccessToken) -> SealedNotes:
    return SealedNotes(request.app.state.upstreams.portal, token)


SealedForPerson = Annotated[SealedNotes, Depends(sealed_notes_of)]
