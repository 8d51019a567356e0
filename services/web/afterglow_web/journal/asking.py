"""What the journal's pages ask of portal, with the signed-in person's own token."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient, UpstreamProblem
from fastapi import Depends
from httpx import Response
from starlette.requests import Request

from afterglow_web.journal.records import (
    Agenda,
    BeingWritten,
    Draft,
    Drafts,
    DraftSaved,
    EntryDetail,
    EntryHead,
    Found,
    Sharing,
    Versions,
)
from afterglow_web.portal import read
from afterglow_web.records import ItemPage
from afterglow_web.session.tokens import AccessToken
from afterglow_web.voice_notes.asking import Voice

AT_ONCE = 20


class Journal:
    """The journal for one request. Every method raises UpstreamProblem for a refusal, Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    @property
    def voice(self) -> Voice:
        """The same person's voice notes."""
        return Voice(self._client, self._token)

    async def _ask(
        self,
        method: str,
        path: str = "",
        *,
        room: str = "journal",
        json: object = None,
        **params: str | int | UUID | None,
    ) -> Response:
        given = {name: str(value) for name, value in params.items() if value is not None}
        where = f"/api/portal/{room}{path}"
        return await self._client.request(method, where, token=self._token, params=given, json=json)

    async def entries(self, *, after: str | None = None, client: UUID | None = None) -> ItemPage[EntryHead]:
        """One page, newest first; for a therapist those the client shares with them."""
        return read(await self._ask("GET", limit=AT_ONCE, after=after, client=client), ItemPage[EntryHead])

    async def entry(self, entry: UUID, *, client: UUID | None = None) -> EntryDetail:
        """One entry. A therapist's asking for it is noted as a reading."""
        return read(await self._ask("GET", f"/{entry}", client=client), EntryDetail)

    async def find_entry(self, entry: UUID) -> EntryDetail | None:
        try:
            return await self.entry(entry)
        except UpstreamProblem as problem:
            if problem.upstream_status == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def write(self, entry: UUID, body: object) -> None:
        await self._ask("PUT", f"/{entry}", json=body)

    async def edit(self, entry: UUID, body: object) -> None:
        await self._ask("POST", f"/{entry}/versions", json=body)

    async def erase(self, entry: UUID) -> None:
        await self._ask("DELETE", f"/{entry}")

    async def versions(self, entry: UUID) -> Versions:
        return read(await self._ask("GET", f"/{entry}/versions"), Versions)

    async def sharing(self) -> Sharing:
        return read(await self._ask("GET", "/sharing"), Sharing)

    async def search(self, question: str) -> Found:
        return read(await self._ask("POST", "/searches", json={"q": question}), Found)

    async def drafts(self, *, limit: int | None = None) -> list[Draft]:
        return read(await self._ask("GET", "/drafts", limit=limit), Drafts).items

    async def being_written(self, entry: UUID) -> BeingWritten:
        return read(await self._ask("GET", f"/drafts/{entry}"), BeingWritten)

    async def keep_draft(self, entry: UUID, body: object) -> DraftSaved:
        return read(await self._ask("PUT", f"/drafts/{entry}", json=body), DraftSaved)

    async def discard_draft(self, entry: UUID, revision: int) -> None:
        await self._ask("DELETE", f"/drafts/{entry}", revision=revision)

    async def agenda(self, *, client: UUID | None = None) -> Agenda:
        """What is pinned for the next session. A therapist's asking for it is noted as a reading."""
        return read(await self._ask("GET", room="agenda", client=client), Agenda)

    async def pin(self, line: UUID, entry: UUID, words: str) -> None:
        await self._ask("PUT", f"/{line}", room="agenda", json={"entry_id": str(entry), "text": words})

    async def unpin(self, line: UUID) -> None:
        await self._ask("DELETE", f"/{line}", room="agenda")

    async def settle(self, line: UUID) -> None:
        await self._ask("PUT", f"/{line}/settled", room="agenda")


async def journal_of(request: Request, token: AccessToken) -> Journal:
    return Journal(request.app.state.upstreams.portal, token)


JournalForPerson = Annotated[Journal, Depends(journal_of)]
