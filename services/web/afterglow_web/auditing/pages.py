"""Who did what: the audit of every part of the portal in plain words, with names. Reading it is kept too."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.admin.rooms import room
from afterglow_web.auditing import wording
from afterglow_web.auditing.asking import Search, understood
from afterglow_web.auditing.events import Found, Told, find
from afterglow_web.auditing.names import names_in
from afterglow_web.auditing.sources import Source
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadAudit
from afterglow_web.practice.desk import DeskForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.kept_forms import KeptId
from afterglow_web.session.tokens import AccessToken

LOOKING = {"audit:read", "audit.read", "names:read"}
Typed = Annotated[str, Query(max_length=100)]
router = room()


@router.get("/audit")
async def audit(
    *,
    request: Request,
    _: ReadAudit,
    accounts: AccountsForPerson,
    desk: DeskForPerson,
    token: AccessToken,
    who: Typed = "",
    person: Typed = "",
    service: Typed = "",
    action: Typed = "",
    outcome: Typed = "",
    since: Typed = "",
    until: Typed = "",
    after: KeptId = None,
) -> Response:
    """A page of events; for htmx only its rows."""
    typed = {"who": who, "person": person, "service": service, "action": action}
    typed |= {"outcome": outcome, "since": since, "until": until}
    session = await session_of(request)
    search = await understood(accounts, typed, session.time_zone, after)
    found = await find(request, token, search.sources, search.events) if search.events else Found([], None, [])
    names = await names_in(desk, found.events)
    return page(
        request,
        "admin/audit/_rows.html" if is_fragment(request) else "admin/audit/page.html",
        422 if search.errors else 200,
        search=search,
        found=found,
        shown=once(found.events),
        names=names,
        more_href=address(search, found.next) if found.next else None,
        address=lambda chosen: address(search, None, person=str(chosen), who=""),
        services=[(source, wording.SERVICES[source]) for source in Source],
        actions=sorted(((code, str(words)) for code, words in wording.WORDS.items()), key=lambda one: one[1].lower()),
        zone=session.time_zone,
    )


def once(events: Sequence[Told]) -> list[Told]:
    """Each look at this page is kept by every part of the portal, and the names' too: one line says so."""
    shown, looks = [], set()
    for told in events:
        if told.event.action in LOOKING:
            if told.event.request_id in looks:
                continue
            looks.add(told.event.request_id)
        shown.append(told)
    return shown


def address(search: Search, after: UUID | None, **changes: str) -> str:
    """The same search, at another place or about somebody else."""
    asked = {**search.values, **changes, "after": str(after or "")}
    return f"/audit?{urlencode({name: value for name, value in asked.items() if value})}"
