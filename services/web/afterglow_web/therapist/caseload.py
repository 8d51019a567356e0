"""The caseload: everybody in a therapist's care on one page, who needs attention first, and why."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web import drawing
from afterglow_web.messages.records import Unread
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadCaseload
from afterglow_web.portal import PortalForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.therapist.records import CaseloadEntry, Show
from afterglow_web.therapist.wording import SHOWN

PATH = "/caseload"
LONGEST_NAME = 100
FIRST_CLIENTS = 20  # more than two screens of a desk; whoever has five hundred waits for these alone
MOST_CLIENTS = 500
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(PATH)
async def caseload(
    *,
    request: Request,
    _: ReadCaseload,
    portal: PortalForPerson,
    q: str = "",
    show: str = "all",
    after: str | None = None,
    within: str = "",
) -> Response:
    """The first of them with the page, and all others at once after it; a filter that there is none of is everybody.

    `within` is the group of whoever stands before the others: its heading is on the page already.
    """
    chosen: Show = next((one for one in get_args(Show) if one == show), "all")
    name = q.replace("\0", "").strip()[:LONGEST_NAME]
    found = await portal.caseload(q=name, show=chosen, after=after, limit=MOST_CLIENTS if after else FIRST_CLIENTS)
    unread: Unread | None = getattr(request.state, "unread", None)
    return page(
        request,
        "therapist/caseload/_rows.html" if is_fragment(request) else "therapist/caseload/page.html",
        items=found.items,
        pressing=found.counts["attention"],
        within=within if is_fragment(request) else "",
        waiting=by_client(unread) if unread else None,
        filters=[
            {"href": place(name, one), "label": SHOWN[one], "count": found.counts[one], "chosen": one == chosen}
            for one in SHOWN
        ],
        everybody=found.counts["all"],
        q=name,
        show=chosen,
        next_href=place(name, chosen, found.next, group_of(found.items[-1])) if found.next else None,
        sparkline=drawing.mood_sparkline,
        group_of=group_of,
        zone=(await session_of(request)).time_zone,
        now=datetime.now(UTC),
    )


@dataclass(frozen=True)
class Waiting:
    """How much waits from a client, and where: in one conversation, or in theirs and their care team's."""

    unread: int
    href: str


def by_client(unread: Unread) -> dict[UUID, Waiting]:
    """What waits from each client: the one answer that the navigation's number is from too."""
    found: dict[UUID, Waiting] = {}
    for one in unread.conversations:
        before = found.get(one.client_id)
        href = "/messages" if before else f"/conversations/{one.id}"
        found[one.client_id] = Waiting(one.unread + (before.unread if before else 0), href)
    return found


def group_of(entry: CaseloadEntry) -> str:
    return "attention" if entry.reasons else "others"


def place(q: str, show: Show, after: str | None = None, within: str = "") -> str:
    asked = {"q": q, "show": "" if show == "all" else show, "after": after, "within": within}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{PATH}?{query}" if query else PATH
