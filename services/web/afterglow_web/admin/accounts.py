"""What the admin's pages ask of auth, with the admin's own token."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import ServiceClient
from fastapi import Depends
from httpx import Response
from pydantic import BaseModel
from starlette.requests import Request

from afterglow_web.admin.records import (
    Care,
    Cover,
    ImportPreview,
    ImportProgress,
    Link,
    LiveSession,
    PersonAccount,
    PersonDetail,
    PersonRole,
    Proposal,
    ProposalState,
    SecondPerson,
)
from afterglow_web.portal import read
from afterglow_web.records import ItemPage
from afterglow_web.session.tokens import AccessToken

AT_ONCE = 50


class Accounts:
    """auth's accounts API for one request. Every method raises UpstreamProblem for a refusal, Unavailable for none.

    Acts that may have to wait for a second person answer the proposal then, and None once they are done.
    """

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _ask(self, method: str, path: str, body: object = None, **params: str | int | None) -> Response:
        given = {name: value for name, value in params.items() if value}
        return await self._client.request(
            method, f"/api/accounts/{path}", token=self._token, json=body, params=given or None
        )

    async def people(
        self,
        *,
        search: str = "",
        role: str | None = None,
        state: str | None = None,
        after: str | None = None,
        limit: int = AT_ONCE,
    ) -> ItemPage[PersonAccount]:
        """One page of accounts by name; `search` must stand in the name or the mail address."""
        answer = await self._ask("GET", "people", limit=limit, q=search, role=role, state=state, after=after)
        return read(answer, ItemPage[PersonAccount])

    async def person(self, person: UUID) -> PersonDetail:
        return read(await self._ask("GET", f"people/{person}"), PersonDetail)

    async def disable(self, person: UUID) -> None:
        await self._ask("PUT", f"people/{person}/disablement")

    async def enable(self, person: UUID) -> Proposal | None:
        return waiting(await self._ask("DELETE", f"people/{person}/disablement"))

    async def hold_exports(self, person: UUID) -> None:
        await self._ask("PUT", f"people/{person}/export-hold")

    async def release_exports(self, person: UUID) -> None:
        await self._ask("DELETE", f"people/{person}/export-hold")

    async def change_role(self, person: UUID, change: UUID, role: PersonRole) -> None:
        """Ask for it: it always waits for a second person."""
        await self._ask("PUT", f"people/{person}/roles/{change}", {"role": role})

    async def reset(self, person: UUID, reset: UUID) -> Proposal | None:
        return waiting(await self._ask("PUT", f"people/{person}/resets/{reset}"))

    async def reset_factors(self, person: UUID, reset: UUID) -> Proposal | None:
        return waiting(await self._ask("PUT", f"people/{person}/factor-resets/{reset}"))

    async def withdraw_factor_reset(self, reset: UUID) -> None:
        await self._ask("PUT", f"factor-resets/{reset}/withdrawal")

    async def invite(self, invitation: UUID, wanted: BaseModel) -> Link | Proposal:
        answer = await self._ask("PUT", f"invitations/{invitation}", wanted.model_dump())
        return waiting(answer) or read(answer, Link)

    async def send_again(self, invitation: UUID) -> None:
        await self._ask("POST", f"invitations/{invitation}/mails")

    async def withdraw_invitation(self, invitation: UUID) -> None:
        await self._ask("PUT", f"invitations/{invitation}/withdrawal")

    async def read_file(self, import_id: UUID, text: str, *, time_zone: str) -> ImportPreview:
        """Have a CSV file looked at; nobody is made."""
        body = {"csv": text, "time_zone": time_zone}
        return read(await self._ask("PUT", f"imports/{import_id}", body), ImportPreview)

    async def imported(self, import_id: UUID) -> ImportPreview:
        return read(await self._ask("GET", f"imports/{import_id}"), ImportPreview)

    async def import_progress(self, import_id: UUID) -> ImportProgress:
        return read(await self._ask("GET", f"imports/{import_id}/progress"), ImportProgress)

    async def carry_out_import(self, import_id: UUID) -> None:
        await self._ask("PUT", f"imports/{import_id}/execution")

    async def care(self, person: UUID, *, after: str | None = None) -> ItemPage[Care]:
        """One page of somebody's care relationships, ended ones too, the newest first."""
        answer = await self._ask("GET", "care-relationships", limit=AT_ONCE, person=str(person), after=after)
        return read(answer, ItemPage[Care])

    async def covers(self, person: UUID) -> ItemPage[Cover]:
        """Where somebody is away, stands in or is covered for, the newest first."""
        return read(await self._ask("GET", "covers", limit=AT_ONCE, person=str(person)), ItemPage[Cover])

    async def arrange_cover(
        self, cover: UUID, *, therapist: UUID, covering: UUID, starts: datetime | None, ends: datetime
    ) -> None:
        """Without `starts` from now on."""
        body = {"therapist_id": str(therapist), "covering_id": str(covering), "ends_at": ends.isoformat()}
        body |= {"starts_at": starts.isoformat()} if starts else {}
        await self._ask("PUT", f"covers/{cover}", body)

    async def end_cover(self, cover: UUID) -> None:
        await self._ask("PUT", f"covers/{cover}/end")

    async def assign(
        self,
        relationship: UUID,
        *,
        client: UUID,
        therapist: UUID,
        starts: datetime | None = None,
        ends: datetime | None = None,
    ) -> None:
        body = {"client_id": str(client), "therapist_id": str(therapist)}
        body |= {"starts_at": starts.isoformat()} if starts else {}
        body |= {"ends_at": ends.isoformat()} if ends else {}
        await self._ask("PUT", f"care-relationships/{relationship}", body)

    async def end_care(self, relationship: UUID) -> None:
        await self._ask("PUT", f"care-relationships/{relationship}/end")

    async def sessions(self, person: UUID) -> ItemPage[LiveSession]:
        return read(await self._ask("GET", f"people/{person}/sessions", limit=AT_ONCE), ItemPage[LiveSession])

    async def end_session(self, person: UUID, session: UUID) -> None:
        await self._ask("DELETE", f"people/{person}/sessions/{session}")

    async def end_sessions(self, person: UUID) -> None:
        await self._ask("DELETE", f"people/{person}/sessions")

    async def second_person(self) -> SecondPerson:
        return read(await self._ask("GET", "proposals/waiting"), SecondPerson)

    async def proposals(self, *, state: ProposalState | None = None, after: str | None = None) -> ItemPage[Proposal]:
        """One page of proposals, the newest first."""
        return read(await self._ask("GET", "proposals", limit=AT_ONCE, state=state, after=after), ItemPage[Proposal])

    async def proposal(self, proposal: UUID) -> Proposal:
        return read(await self._ask("GET", f"proposals/{proposal}"), Proposal)

    async def approve(self, proposal: UUID) -> None:
        await self._ask("PUT", f"proposals/{proposal}/approval")

    async def withdraw_proposal(self, proposal: UUID) -> None:
        await self._ask("PUT", f"proposals/{proposal}/withdrawal")


def waiting(answer: Response) -> Proposal | None:
    """The proposal that an act became, where it has to wait."""
    return read(answer, Proposal) if answer.status_code == HTTPStatus.ACCEPTED else None


async def accounts_of(request: Request, token: AccessToken) -> Accounts:
    return Accounts(request.app.state.upstreams.auth, token)


AccountsForPerson = Annotated[Accounts, Depends(accounts_of)]
