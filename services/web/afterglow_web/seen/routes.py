"""The page on which somebody says whether others learn what they have read, and what an open conversation asks."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from afterglow_web.messages.messaging import MessagingForPerson
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadMessages, SendMessages
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import Typed

SAVED = lazy("Saved. This holds from now on.")
CHOICE = "/messages/seen"
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


class SeenForm(BaseModel):
    """A box that is not ticked is not sent."""

    tells: Typed = ""


@router.get(CHOICE, dependencies=[Depends(with_unread)])
async def read_choice(
    request: Request, _: SendMessages, messaging: MessagingForPerson, *, saved: bool = False
) -> Response:
    """What holds now, to be changed."""
    tells = (await messaging.seen_choice()).tells
    return page(request, "messages/seen/page.html", tells=tells, said=SAVED if saved else None)


@router.post(CHOICE)
async def choose(_: SendMessages, messaging: MessagingForPerson, form: Annotated[SeenForm, Form()]) -> Response:
    await messaging.put_seen_choice({"tells": bool(form.tells)})
    return RedirectResponse(f"{CHOICE}?saved=true", status_code=303)


@router.get("/conversations/{conversation_id}/seen")
async def read_mark(conversation_id: UUID, _: ReadMessages, messaging: MessagingForPerson) -> Response:
    """For seen.js, which asks again whenever something moved."""
    mark = await messaging.seen_mark(conversation_id)
    return JSONResponse(mark.model_dump(include={"sequence"}), headers={"Cache-Control": "no-store"})
