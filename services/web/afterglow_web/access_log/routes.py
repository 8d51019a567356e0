"""The client's page of who opened what of theirs. Nobody else has it of them."""

import asyncio
from urllib.parse import urlencode
from uuid import UUID

from afterglow_foundation.errors import Unavailable
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.access_log.openings import Kind, find
from afterglow_web.access_log.telling import by_day
from afterglow_web.access_log.wording import KINDS
from afterglow_web.emergencies.asking import BreakGlass, BreakGlassForPerson
from afterglow_web.emergencies.records import Explained, lately
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadAccessLog
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.kept_forms import KeptId
from afterglow_web.session.tokens import AccessToken

PATH = "/access-log"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(PATH)
async def access_log(
    *,
    request: Request,
    _: ReadAccessLog,
    token: AccessToken,
    emergencies: BreakGlassForPerson,
    kind: str = "",
    after: KeptId = None,
) -> Response:
    """Fifty at a time; a kind that there is none of is everything, a cursor that is none begins at the newest."""
    chosen = Kind(kind) if kind in set(Kind) else None
    found, opened = await asyncio.gather(find(request, token, chosen, after), why_opened(emergencies, chosen, after))
    zone = (await session_of(request)).time_zone
    return page(
        request,
        "client/access_log/page.html",
        days=by_day(found.openings, zone),
        zone=zone,
        complete=found.complete,
        chosen=chosen,
        opened=opened,
        kinds=[{"href": place(one), "label": label, "chosen": one == chosen} for one, label in KINDS.items()],
        newest_href=place(chosen) if after else None,
        more_href=place(chosen, found.next) if found.next else None,
    )


async def why_opened(emergencies: BreakGlass, kind: Kind | None, after: UUID | None) -> list[Explained]:
    """Beside the newest of everything; none where portal does not answer, which the page says anyway."""
    if kind not in {None, Kind.record} or after:
        return []
    try:
        return lately(await emergencies.explained())
    except Unavailable:
        return []


def place(kind: Kind | None, after: UUID | None = None) -> str:
    asked = {"kind": kind, "after": after}
    query = urlencode({name: str(value) for name, value in asked.items() if value})
    return f"{PATH}?{query}" if query else PATH
