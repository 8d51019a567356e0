"""What the pages of process notes ask of portal, with the signed-in therapist's own token."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient, UpstreamProblem
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.portal import Portal, PortalForPerson, read
from afterglow_web.process_notes.records import Note, NotePage, NoteVersion, NoteVersions
from afterglow_web.session.tokens import AccessToken


@dataclass(frozen=True, slots=True)
class ProcessNotes:
    """One's own notes about one client. Methods raise UpstreamProblem for a refusal, Unavailable for no answer."""

    request: Request
    portal: Portal
    client_id: UUID
    service: ServiceClient
    token: str

    async def _ask(self, method: str, path: str = "", json: object = None, after: str | None = None) -> Response:
        asked = {"client": str(self.client_id)} | ({"after": after} if after else {})
        return await self.service.request(
            method, f"/api/portal/process-notes{path}", token=self.token, params=asked, json=json
        )

    async def page(self, after: str | None) -> NotePage | None:
        """None for whoever reads the record and has no notes of their own to keep, since they stand in."""
        try:
            return read(await self._ask("GET", after=after), NotePage)
        except UpstreamProblem as problem:
            if problem.upstream_status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def one(self, note: UUID) -> Note:
        return read(await self._ask("GET", f"/{note}"), Note)

    async def versions(self, note: UUID) -> list[NoteVersion]:
        return read(await self._ask("GET", f"/{note}/versions"), NoteVersions).items

    async def write(self, note: UUID, body: object) -> None:
        await self._ask("PUT", f"/{note}", body)

    async def edit(self, note: UUID, body: object) -> None:
        await self._ask("POST", f"/{note}/versions", body)

    async def erase(self, note: UUID) -> None:
        await self._ask("DELETE", f"/{note}")


async def notes_of(request: Request, client_id: UUID, portal: PortalForPerson, token: AccessToken) -> ProcessNotes:
    return ProcessNotes(request, portal, client_id, request.app.state.upstreams.portal, token)


NotesAbout = Annotated[ProcessNotes, Depends(notes_of)]
