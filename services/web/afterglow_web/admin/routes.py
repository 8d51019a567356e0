"""An admin's page: the accounts. Nothing clinical is within reach here."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.accounts import AccountsForPerson
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ReadPeople
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.get("/people")
async def people(
    request: Request,
    _: ReadPeople,
    accounts: AccountsForPerson,
    q: Annotated[str, Query(max_length=100)] = "",
    after: str | None = None,
) -> Response:
    """Accounts by name, searched by `q`; for htmx the list (a new search) or only its further rows (`after`)."""
    found = await accounts.people(search=q.strip(), after=after)
    part = "admin/people/_rows.html" if after else "admin/people/_list.html"
    session = await session_of(request)
    return page(
        request,
        part if is_fragment(request) else "admin/people/page.html",
        found=found,
        search=q.strip(),
        further=after is not None,
        more_href=f"/people?{urlencode({'q': q.strip(), 'after': found.next})}" if found.next else None,
        zone=session.time_zone,
    )
