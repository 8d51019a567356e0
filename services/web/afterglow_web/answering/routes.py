"""The list of who waits for an answer, what is taken off it, and the page on which a therapist says by when."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.answering.forms import NO_HOURS, SettledForm, TargetForm
from afterglow_web.messages.messaging import MessagingForPerson
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import is_fragment, page
from afterglow_web.permissions import ManageAnswers
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

SAVED = lazy("Saved. It holds for what waits now, too.")
TARGET = "/messages/answering"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get("/messages/waiting")
async def waiting(request: Request, _: ManageAnswers, messaging: MessagingForPerson) -> Response:
    """The list alone, for a page that is open; by itself it is a part of the page of messages."""
    if not is_fragment(request):
        return RedirectResponse("/messages#waiting", status_code=303)
    session = await session_of(request)
    return page(request, "messages/answering/_rows.html", waiting=await messaging.waiting(), zone=session.time_zone)


@router.post("/conversations/{conversation_id}/no-answer-needed")
async def needs_no_answer(
    conversation_id: UUID, _: ManageAnswers, messaging: MessagingForPerson, form: Annotated[SettledForm, Form()]
) -> Response:
    """Take it off the list; what the client writes later is on it again."""
    await messaging.put_no_answer_needed(conversation_id, {"sequence": form.sequence})
    return RedirectResponse("/messages?settled=true#waiting", status_code=303)


@router.get(TARGET)
async def read_target(
    request: Request, _: ManageAnswers, messaging: MessagingForPerson, *, saved: bool = False
) -> Response:
    """By when, to be changed."""
    hours = (await messaging.answer_target()).hours
    return show(request, TargetForm(hours=str(hours or "")), said=SAVED if saved else None)


@router.post(TARGET)
async def set_target(
    request: Request, _: ManageAnswers, messaging: MessagingForPerson, form: Annotated[TargetForm, Form()]
) -> Response:
    try:
        hours = form.wanted
    except ValueError:
        await count_unread(request)
        return show(request, form, error=str(NO_HOURS))
    await messaging.put_answer_target({"hours": hours})
    return RedirectResponse(f"{TARGET}?saved=true", status_code=303)


def show(request: Request, form: TargetForm, *, error: str | None = None, said: object = None) -> Response:
    return page(
        request,
        "messages/answering/page.html",
        422 if error else 200,
        form=form,
        error=error,
        summary=[{"href": "#hours", "text": error}] if error else [],
        said=said,
    )
