"""/help: where to find help at once, for everybody, signed in or not."""

from afterglow_foundation.callers import find_caller
from afterglow_foundation.errors import Problem
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.admin.waiting import count_if_possible
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import page
from afterglow_web.session.csrf import refuse_cross_site

router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(public)])


@router.get("/help")
async def crisis_help(request: Request) -> Response:
    """The crisis services. This page must open even when nothing else works, so the session is only a courtesy."""
    try:
        await find_caller(request)
    except (Problem, SQLAlchemyError, OSError):
        request.state.session = None
    await count_unread(request)
    await count_if_possible(request)
    return page(request, "help/page.html")
