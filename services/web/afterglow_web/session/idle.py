"""What `idle.js` asks: how long the session lasts if nobody does anything, and to keep what was typed at its end."""

from typing import Annotated, Literal
from uuid import UUID

from afterglow_foundation.callers import find_caller
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_web.pages import page
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import SignInAgain, is_unattended, session_of
from afterglow_web.session.csrf import make_token, refuse_cross_site, refuse_foreign_pages
from afterglow_web.session.local_paths import local_path
from afterglow_web.session.models import now
from afterglow_web.session.routes import go
from afterglow_web.session.tokens import access_token
from afterglow_web.settings import Settings

NEVER_STORED = {"Cache-Control": "no-store"}
router = APIRouter()


class Over(BaseModel):
    """Nobody is signed in any more. An answer as any other: a browser notes refusals where its user would see them."""

    signed_in: Literal[False] = False


class StillOn(BaseModel):
    """Seconds until the session is over unless somebody does something, whose it is, and the token of its forms.

    An open page compares the person, and takes the token over: another tab may have signed in anew.
    """

    signed_in: Literal[True] = True
    seconds: float
    person: UUID
    csrf_token: str


@router.get("/session", dependencies=[Depends(refuse_cross_site), Depends(public)])
async def read_session(request: Request) -> Response:
    """How long it lasts, if it does. Asked by the page alone it is no activity, asked while somebody types it is."""
    try:
        state: StillOn | Over = await still_on(request)
    except SignInAgain:
        state = Over()
    return JSONResponse(state.model_dump(mode="json"), headers=NEVER_STORED)


async def still_on(request: Request) -> StillOn:
    """Raise SignInAgain once it is over."""
    if not is_unattended(request):
        await access_token(request)  # auth hears of somebody who is there only from renewed tokens
    session = await session_of(request)
    settings: Settings = request.app.state.settings
    left = session.ends_at(settings.idle_limit(session.role)) - now()
    return StillOn(seconds=left.total_seconds(), person=session.person_id, csrf_token=make_token(session.csrf_secret))


@router.post("/signed-out", dependencies=[Depends(refuse_foreign_pages), Depends(public)])
async def hand_over(request: Request, shown: Annotated[str, Form(max_length=300)] = "/") -> Response:
    """Keep what a page that is over had in its form, for its writer alone, and leave nothing readable on the screen.

    Without a session that it could be kept for, it is not kept. The page is left in any case.
    """
    path = local_path(shown)
    if await find_caller(request):
        return go(path)  # somebody signed in again in the meantime
    kept = await kept_forms.keep_handed_over(request) if "typed" in await request.form() else None
    return page(request, "signed_out/page.html", next=f"{path}?kept={kept}" if kept else path, kept=bool(kept))
