"""What every room of the admin's pages shares: a router of our own pages only, and the way back with a notice."""

from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse

from afterglow_web.admin.waiting import with_waiting
from afterglow_web.admin.wording import Notice
from afterglow_web.session.csrf import refuse_cross_site


async def come_back(request: Request) -> None:
    """Name the page to open after a sign-in in between: what was posted was not done, and that page says so."""
    if request.method == "POST":
        person = request.path_params.get("person_id")
        page = f"/people/{person}" if person else f"/{request.url.path.split('/')[1]}"
        request.state.page_again = f"{page}?notice={Notice.signed_out}"


def room() -> APIRouter:
    return APIRouter(dependencies=[Depends(refuse_cross_site), Depends(come_back), Depends(with_waiting)])


def person_path(person: UUID) -> str:
    return f"/people/{person}"


def told(path: str, notice: Notice) -> RedirectResponse:
    """Go to a page that says what has happened."""
    return RedirectResponse(f"{path}?notice={notice}", status_code=303)
