"""What pages ask of portal, with the signed-in person's own token."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from afterglow_foundation.client import ServiceClient, UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import Depends
from httpx import Response
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from afterglow_web.brief.records import Brief
from afterglow_web.dose_curve.records import DoseCurve
from afterglow_web.records import (
    CheckIn,
    CheckInCurve,
    Choices,
    ClientRecord,
    ItemPage,
    Reading,
    Readings,
    Versions,
    Vocabulary,
)
from afterglow_web.references.records import Opening, Openings, Reference
from afterglow_web.session.tokens import AccessToken
from afterglow_web.therapist.records import Caseload, Show

Shape = TypeVar("Shape", bound=BaseModel)
CURVE_DAYS = 30


def read(answer: Response, shape: type[Shape]) -> Shape:
    """Parse an answer. Raises Unavailable for one we do not understand."""
    try:
        return shape.model_validate_json(answer.content)
    except ValidationError as error:
        raise Unavailable from error


class Portal:
    """portal for one request. Every method raises UpstreamProblem for a refusal and Unavailable for no answer."""

    def __init__(self, client: ServiceClient, token: str) -> None:
        self._client = client
        self._token = token

    async def _get(self, path: str, **params: str | int | None) -> Response:
        given = {name: value for name, value in params.items() if value is not None}
        return await self._client.request("GET", f"/api/portal/{path}", token=self._token, params=given)

    async def put_check_in(self, check_in: UUID, body: object) -> Response:
        """Save once: 201 first, 200 on a replay; UpstreamProblem 409 for another body, 422 for one not taken."""
        return await self._client.request("PUT", f"/api/portal/check-ins/{check_in}", token=self._token, json=body)

    async def vocabulary(self) -> Vocabulary:
        """What the check-in form offers; nothing while portal does not answer, since the form works without."""
        try:
            return read(await self._get("check-ins/vocabulary"), Vocabulary)
        except (Unavailable, UpstreamProblem):
            return Vocabulary()

    async def check_in(self, check_in: UUID) -> CheckIn:
        return read(await self._get(f"check-ins/{check_in}"), CheckIn)

    async def versions(self, check_in: UUID) -> list[CheckIn]:
        return read(await self._get(f"check-ins/{check_in}/versions"), Versions).items

    async def readings(self, check_in: UUID) -> list[Reading]:
        return read(await self._get(f"check-ins/{check_in}/readings"), Readings).items

    async def change_check_in(self, check_in: UUID, body: object) -> Response:
        """Replace what it says: 201 first, 200 on a replay; UpstreamProblem 409 for another body, 422, 404."""
        path = f"/api/portal/check-ins/{check_in}/versions"
        return await self._client.request("POST", path, token=self._token, json=body)

    async def erase_check_in(self, check_in: UUID) -> None:
        await self._client.request("DELETE", f"/api/portal/check-ins/{check_in}", token=self._token)

    async def check_ins(
        self,
        *,
        after: str | None = None,
        client: UUID | None = None,
        limit: int = 10,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> ItemPage[CheckIn]:
        """One page of entries, newest first; a client's shared ones where a therapist names the client."""
        named = str(client) if client else None
        first, last = (one.isoformat() if one else None for one in (since, until))
        asked = {"limit": limit, "after": after, "client": named, "from": first, "to": last}
        return read(await self._get("check-ins", **asked), ItemPage[CheckIn])

    async def curve(self, *, client: UUID | None = None, days: int | None = CURVE_DAYS) -> CheckInCurve:
        """The means of the last days, today among them; without a number of all days, by week if they are many."""
        named, span = str(client) if client else None, None if days else "all"
        return read(await self._get("check-ins/curve", days=days, span=span, client=named), CheckInCurve)

    async def dose_curve(self, client: UUID, *, item: str | None = None, like: str | None = None) -> DoseCurve:
        """What a client shared of one item around the doses like `like`; without it around the newest ones."""
        return read(await self._get("dose-curve", client=str(client), item=item, like=like), DoseCurve)

    async def choices(self) -> Choices:
        return read(await self._get("choices"), Choices)

    async def choose(self, choices: Choices) -> None:
        await self._client.request(
            "PUT", "/api/portal/choices", token=self._token, json=choices.model_dump(mode="json", exclude_none=True)
        )

    async def caseload(self, *, limit: int, q: str = "", show: Show = "all", after: str | None = None) -> Caseload:
        return read(await self._get("caseload", limit=limit, q=q, show=show, after=after), Caseload)

    async def brief(self, client: UUID) -> Brief:
        """What a client shared since their last session; portal notes that it was opened, and the pinned lines read."""
        return read(await self._get("brief", client=str(client)), Brief)

    async def openable(self, client: UUID, references: Sequence[Reference]) -> list[Opening]:
        """Which of these things of a client's record the person may open now; at most 100."""
        asked = [one.model_dump(mode="json") for one in references]
        body = {"client": str(client), "references": asked}
        answer = await self._client.request("POST", "/api/portal/references", token=self._token, json=body)
        return read(answer, Openings).items

    async def client(self, client: UUID) -> ClientRecord:
        return read(await self._get(f"clients/{client}"), ClientRecord)


def portal_for(request: Request, token: str) -> Portal:
    return Portal(request.app.state.upstreams.portal, token)


async def portal_of(request: Request, token: AccessToken) -> Portal:
    return portal_for(request, token)


PortalForPerson = Annotated[Portal, Depends(portal_of)]
