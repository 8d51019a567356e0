"""Messages: the list, one conversation, and sending; the same pages for client and therapist."""

from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.callers import Role
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages import conversation as one
from afterglow_web.messages import sending
from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.listing import every_conversation
from afterglow_web.messages.messaging import NEWEST, MessagingForPerson
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import is_fragment, page, passed_on
from afterglow_web.permissions import ReadMessages, SendMessages
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import PassedBody

KEPT = lazy("What you typed is still here and not sent yet.")
CONVERSATION = "/conversations/{conversation_id}"
Number = Annotated[int | None, Query(ge=0, le=NEWEST)]
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.get("/messages")
async def conversations(
    request: Request, caller: ReadMessages, messaging: MessagingForPerson, client: UUID | None = None
) -> Response:
    """Every conversation; the only one of a client, and that with a `client` whom a therapist names, opens at once."""
    found = await every_conversation(messaging)
    wanted = [conversation for conversation in found if client in {None, conversation.client.id}]
    if len(wanted) == 1 and (client or caller.role == Role.client) and not is_fragment(request):
        return RedirectResponse(f"/conversations/{wanted[0].id}#write", status_code=303)
    await count_unread(request)
    session = await session_of(request)
    name = "messages/list/_rows.html" if is_fragment(request) else "messages/list/page.html"
    return page(request, name, conversations=found, me=session.person_id, zone=session.time_zone)


@router.get(CONVERSATION)
async def conversation(
    *,
    request: Request,
    conversation_id: UUID,
    _: ReadMessages,
    messaging: MessagingForPerson,
    before: Number = None,
    after: Number = None,
    kept: kept_forms.KeptId = None,
) -> Response:
    """The newest messages, which are read by that, or those `before` a number; for htmx and the live module parts."""
    if is_fragment(request):
        return await part(request, messaging, conversation_id, before=before, after=after)
    if before:
        return await one.show(request, await one.before(messaging, conversation_id, before), earlier=True)
    shown = await one.newest(messaging, conversation_id)
    if kept and (fields := await kept_forms.recall(request, kept)):
        again = sending.Result(MessageForm.again(fields, kept=str(kept)), 200)
        return await one.show(request, shown, again, notice=str(KEPT))
    return await one.show(request, shown)


async def part(
    request: Request, messaging: MessagingForPerson, conversation_id: UUID, *, before: int | None, after: int | None
) -> Response:
    """Messages alone: earlier ones with the link to still earlier ones, or what came after a number."""
    if after is not None:
        shown = await one.after(messaging, conversation_id, after)
        return page(request, "messages/conversation/_messages.html", **await one.context(request, shown))
    shown = await one.before(messaging, conversation_id, before or NEWEST)
    return page(request, "messages/conversation/_earlier.html", **await one.context(request, shown))


@router.post(CONVERSATION + "/messages", dependencies=[Depends(kept_forms.keep_typed(CONVERSATION, words="text"))])
async def send_message(
    request: Request,
    conversation_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    form: Annotated[MessageForm, Form()],
) -> Response:
    """Send and show it in the conversation, or show the form again with the words and the reason."""
    result = await sending.send(messaging, conversation_id, form)
    if result.sent:
        if form.kept_id:
            await kept_forms.forget(request, form.kept_id)
        return RedirectResponse(f"/conversations/{conversation_id}#message-{form.message_id}", status_code=303)
    try:
        return await one.show(request, await one.newest(messaging, conversation_id), result)
    except (UpstreamProblem, Unavailable):
        return await one.show_without_messages(request, conversation_id, result)


@router.put(CONVERSATION + "/messages/{message_id}")
async def put_message(
    conversation_id: UUID,
    message_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    body: PassedBody,
) -> Response:
    """The same for programs: messaging's own answer, 201, 200, or its problem."""
    return passed_on(await messaging.put_message(conversation_id, message_id, body))


@router.put(CONVERSATION + "/read-mark")
async def put_read_mark(
    conversation_id: UUID, _: ReadMessages, messaging: MessagingForPerson, body: PassedBody
) -> Response:
    """Move the read mark of an open page; messaging's own answer."""
    return passed_on(await messaging.put_read_mark(conversation_id, body))
