"""The page that looks for words in one's own messages; each hit leads to its place in the conversation."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.messages.referring import base_of
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadMessages
from afterglow_web.searching.asking import SearchesForPerson
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import Typed

PATH = "/messages/search"
NOT_A_QUESTION = lazy("Write one word or a few, at most 100 characters")
A_PLACE = lazy("a place in the portal")
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.get(PATH)
async def begin(request: Request, _: ReadMessages, conversation: UUID | None = None) -> Response:
    """The empty form."""
    return await show(request, conversation=conversation)


@router.post(PATH)
async def search(
    *,
    request: Request,
    _: ReadMessages,
    searches: SearchesForPerson,
    q: Annotated[Typed, Form()] = "",
    conversation: Annotated[UUID | None, Form()] = None,
    after: Annotated[str | None, Form()] = None,
) -> Response:
    """What was found. Posted, so that the words stand in no address and no browser's history."""
    try:
        found = await searches.search(q.strip(), conversation, after)
    except UpstreamProblem as problem:
        if not any(error.field == "q" for error in problem.upstream.errors):
            raise
        summary = [{"href": "#q", "text": str(NOT_A_QUESTION)}]
        return await show(request, HTTPStatus.UNPROCESSABLE_ENTITY, q=q, conversation=conversation, summary=summary)
    found = found.without_addresses(base_of(request), str(A_PLACE))
    return await show(request, q=q, conversation=conversation, found=found, further=after is not None)


async def show(request: Request, status: int = HTTPStatus.OK, **shown: Any) -> Response:  # noqa: ANN401  # what the page shows
    await count_unread(request)
    session = await session_of(request)
    reader = {"me": session.person_id, "zone": session.time_zone}
    return page(request, "messages/search/page.html", status, **reader, **({"found": None} | shown))
