"""The page of one message that its writer corrects or withdraws, and what a corrected one said before."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Forbidden
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages import correcting
from afterglow_web.messages.forms import CorrectionForm
from afterglow_web.messages.messaging import Messaging, MessagingForPerson
from afterglow_web.messages.records import Message
from afterglow_web.messages.referring import referred_to
from afterglow_web.messages.routes import CONVERSATION, KEPT
from afterglow_web.messages.sending import Result
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import ReadMessages, SendMessages
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

TOO_LATE = lazy("Not withdrawn: that is possible for 24 hours, and this message is older now.")
ONE = CONVERSATION + "/messages/{message_id}"
CHANGE = ONE + "/change"
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


class NotYours(Forbidden):
    title = "Only who wrote a message can change it"


@router.get(CHANGE)
async def ask(
    *,
    request: Request,
    conversation_id: UUID,
    message_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """What can still be changed about a message of one's own, and what that does."""
    if kept and (fields := await kept_forms.recall(request, kept)):
        form = CorrectionForm.again(fields, kept=str(kept))
        return await show(request, messaging, (conversation_id, message_id), Result(form, 200, message=str(KEPT)))
    return await show(request, messaging, (conversation_id, message_id))


@router.post(ONE + "/correction", dependencies=[Depends(kept_forms.keep_typed(CHANGE, words="text"))])
async def correct(
    *,
    request: Request,
    conversation_id: UUID,
    message_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    form: Annotated[CorrectionForm, Form()],
) -> Response:
    """Correct and show it in the conversation, or show the form again with the words and the reason."""
    result = await correcting.correct(messaging, conversation_id, message_id, form)
    if not result.sent:
        await count_unread(request)
        return await show(request, messaging, (conversation_id, message_id), result)
    if form.kept_id:
        await kept_forms.forget(request, form.kept_id)
    return back(conversation_id, message_id)


@router.post(ONE + "/withdrawal")
async def withdraw(
    request: Request, conversation_id: UUID, message_id: UUID, _: SendMessages, messaging: MessagingForPerson
) -> Response:
    """Withdraw and show what is left of it, or say that it is too late."""
    try:
        await messaging.put_withdrawal(conversation_id, message_id)
    except UpstreamProblem as problem:
        if problem.upstream_status != HTTPStatus.CONFLICT:
            raise
        await count_unread(request)
        late = Result(CorrectionForm.empty(), HTTPStatus.CONFLICT, message=str(TOO_LATE))
        return await show(request, messaging, (conversation_id, message_id), late)
    return back(conversation_id, message_id)


@router.get(ONE + "/versions")
async def versions(
    request: Request, conversation_id: UUID, message_id: UUID, _: ReadMessages, messaging: MessagingForPerson
) -> Response:
    """What a message says and what it said before."""
    conversation, message, found = await asyncio.gather(
        messaging.conversation(conversation_id),
        messaging.message(conversation_id, message_id),
        messaging.versions(conversation_id, message_id),
    )
    session = await session_of(request)
    return page(
        request,
        "messages/change/versions.html",
        conversation=conversation,
        references=await referred_to(request, conversation, session.person_id, [one.text for one in found]),
        written=message,
        versions=found,
        me=session.person_id,
        zone=session.time_zone,
    )


def back(conversation_id: UUID, message_id: UUID) -> Response:
    return RedirectResponse(f"/conversations/{conversation_id}#message-{message_id}", status_code=303)


async def show(
    request: Request, messaging: Messaging, which: tuple[UUID, UUID], result: Result | None = None
) -> Response:
    """Render the page. What was typed is in it, even where the message cannot be changed any more."""
    conversation, message = await asyncio.gather(messaging.conversation(which[0]), messaging.message(*which))
    session = await session_of(request)
    if message.sender_id != session.person_id:
        raise NotYours
    result = result or Result(CorrectionForm.empty(), 200)
    return page(
        request,
        "messages/change/page.html",
        result.status,
        conversation=conversation,
        written=message,
        other=conversation.other(session.person_id),
        zone=session.time_zone,
        form=form_of(message, result),
        error=result.error,
        summary=[{"href": "#text", "text": result.error}] if result.error else [],
        message=result.message,
    )


def form_of(message: Message, result: Result) -> CorrectionForm:
    """What was typed, or else what the message says now; it replaces what the page shows."""
    typed = CorrectionForm.model_validate(result.form.model_dump())
    said = {} if typed.text or result.error else {"text": message.text or ""}
    return typed.model_copy(update={"replaces": str(message.corrections), **said})
