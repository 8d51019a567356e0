"""Messages: the list, one conversation, and sending; the same pages for client and therapist."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.callers import Role
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import APIRouter, Depends, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.attachments.asking import FilesForPerson
from afterglow_web.attachments.choosing import UploadsOfForm
from afterglow_web.messages import conversation as one
from afterglow_web.messages import sending
from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.listing import every_conversation
from afterglow_web.messages.messaging import NEWEST, MessagingForPerson
from afterglow_web.messages.referring import words_about
from afterglow_web.messages.today import ClientsToday, OnceMore, asked
from afterglow_web.messages.unread import count_unread
from afterglow_web.pages import is_fragment, page, passed_on
from afterglow_web.permissions import ReadMessages, SendMessages
from afterglow_web.saved_answers.choosing import SavedToChoose
from afterglow_web.scheduled.sending import not_sent
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.session.named_person import refuse_if_another_is_named
from afterglow_web.typed import PassedBody

SETTLED = lazy("Taken off the list. What is written from now on is on it again.")
KEPT = lazy("What you typed is still here and not sent yet.")
ABOUT = lazy(
    "The address in your message stands for what you write about. Whoever may open it reads what it is and of which "
    "day, and nobody else learns anything of it."
)
CONVERSATION = "/conversations/{conversation_id}"
About = Annotated[str | None, Query(max_length=200)]
Number = Annotated[int | None, Query(ge=0, le=NEWEST)]
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.get("/messages")
async def conversations(
    *,
    request: Request,
    caller: ReadMessages,
    messaging: MessagingForPerson,
    client: UUID | None = None,
    settled: bool = False,
    about: About = None,
) -> Response:
    """Every conversation; the only one of a client, and that with a `client` whom a therapist names, opens at once.

    A therapist sees above them who waits for an answer. A message `about` a place of a client's record begins with it.
    """
    on = f"?{urlencode({'about': about})}" if about and words_about(request, about) else ""
    found = await every_conversation(messaging)
    wanted = [one for one in found if client is None or (one.client.id == client and one.therapist)]
    if len(wanted) == 1 and (client or caller.role == Role.client) and not is_fragment(request):
        return RedirectResponse(f"/conversations/{wanted[0].id}{on}#write", status_code=303)
    await count_unread(request)
    session = await session_of(request)
    on = on if wanted else ""  # whoever only stands in for that client's therapist has no conversation with them
    rows: dict[str, Any] = {"conversations": found, "me": session.person_id, "zone": session.time_zone, "on": on}
    if is_fragment(request):
        return page(request, "messages/list/_rows.html", **rows)
    waiting = await messaging.waiting() if found and caller.role == Role.therapist else []
    said = SETTLED if settled else None
    back = await not_sent(messaging)
    return page(request, "messages/list/page.html", waiting=waiting, not_sent=back, settled=said, **rows)


@router.get(CONVERSATION)
async def conversation(
    *,
    request: Request,
    conversation_id: UUID,
    caller: ReadMessages,
    messaging: MessagingForPerson,
    today: ClientsToday,
    saved: SavedToChoose,
    before: Number = None,
    after: Number = None,
    kept: kept_forms.KeptId = None,
    reply: kept_forms.KeptId = None,
    about: About = None,
) -> Response:
    """The newest messages, which are read by that, or those `before` a number; for htmx and the live module parts.

    With `reply` the form replies to that message; `about` a place of the client's record it begins with its address.
    """
    if is_fragment(request):
        return await part(request, messaging, conversation_id, before=before, after=after)
    if before:
        return await one.show(request, await one.before(messaging, conversation_id, before), earlier=True)
    fields = await kept_forms.recall(request, kept) if kept else None
    words = words_about(request, about)
    form = MessageForm.again(fields, kept=str(kept)) if fields else MessageForm.empty(reply, text=words)
    shown = await one.newest(messaging, caller, conversation_id, reply_to=form.replies_to)
    notice = str(KEPT) if fields else str(ABOUT) if words else None
    extras = one.Extras(saved=saved)
    return await one.show(request, shown, sending.Result(form, 200), notice=notice, today=today, extras=extras)


async def part(
    request: Request, messaging: MessagingForPerson, conversation_id: UUID, *, before: int | None, after: int | None
) -> Response:
    """Messages alone: earlier ones with the link to still earlier ones, or what came after a number."""
    if after is not None:
        shown = await one.after(messaging, conversation_id, after)
        return page(request, "messages/conversation/_after.html", **await one.context(request, shown))
    shown = await one.before(messaging, conversation_id, before or NEWEST)
    return page(request, "messages/conversation/_earlier.html", **await one.context(request, shown))


@router.post(CONVERSATION + "/messages", dependencies=[Depends(kept_forms.keep_typed(CONVERSATION, words="text"))])
async def send_message(
    *,
    request: Request,
    conversation_id: UUID,
    caller: SendMessages,
    messaging: MessagingForPerson,
    files: FilesForPerson,
    uploads: UploadsOfForm,
    form: Annotated[MessageForm, Form()],
    today: ClientsToday,
    saved: SavedToChoose,
) -> Response:
    """Send and show it in the conversation, or show the form again with the words and the reason."""
    form, refused = await sending.with_files(files, conversation_id, form, uploads)
    result = refused or (asked(form) if today.asks(form) else await sending.send(messaging, conversation_id, form))
    if result.sent:
        if form.kept_id:
            await kept_forms.forget(request, form.kept_id)
        return RedirectResponse(f"/conversations/{conversation_id}#message-{form.message_id}", status_code=303)
    try:
        shown = await one.newest(messaging, caller, conversation_id, reply_to=result.form.replies_to)
        return await one.show(request, shown, result, today=today, extras=one.Extras(saved=saved))
    except (UpstreamProblem, Unavailable):
        return await one.show_without_messages(request, conversation_id, result)


@router.put(CONVERSATION + "/messages/{message_id}", dependencies=[Depends(refuse_if_another_is_named)])
async def put_message(
    *,
    conversation_id: UUID,
    message_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    body: PassedBody,
    today: ClientsToday,
) -> Response:
    """The same for programs: messaging's own answer, 201, 200, or its problem. After a dose the form asks first."""
    if today.impaired_until:
        raise OnceMore
    return passed_on(await messaging.put_message(conversation_id, message_id, body))


@router.put(CONVERSATION + "/read-mark")
async def put_read_mark(
    conversation_id: UUID, _: ReadMessages, messaging: MessagingForPerson, body: PassedBody
) -> Response:
    """Move the read mark of an open page; messaging's own answer."""
    return passed_on(await messaging.put_read_mark(conversation_id, body))
