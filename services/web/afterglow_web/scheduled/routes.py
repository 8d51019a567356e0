"""Sending a message later, from the form of its conversation, and the page of one that waits."""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound, Unavailable
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.attachments.asking import FilesForPerson
from afterglow_web.attachments.choosing import UploadsOfForm
from afterglow_web.messages import conversation as one
from afterglow_web.messages import sending as sending_now
from afterglow_web.messages.messaging import Messaging, MessagingForPerson
from afterglow_web.messages.routes import CONVERSATION, KEPT
from afterglow_web.messages.sending import NotSent, Result
from afterglow_web.messages.today import ClientsToday, Today, asked
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import SendMessages
from afterglow_web.saved_answers.choosing import SavedToChoose
from afterglow_web.scheduled.forms import LaterChangeForm, LaterForm, as_typed, instant
from afterglow_web.scheduled.sending import NO_FILES, Outcome, attempt
from afterglow_web.session import kept_forms
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

LATER = CONVERSATION + "/later"
ONE = LATER + "/{message_id}"
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


@router.post(LATER, dependencies=[Depends(kept_forms.keep_typed(CONVERSATION, words="text"))])
async def send_later(
    *,
    request: Request,
    conversation_id: UUID,
    caller: SendMessages,
    messaging: MessagingForPerson,
    files: FilesForPerson,
    uploads: UploadsOfForm,
    form: Annotated[LaterForm, Form()],
    today: ClientsToday,
    saved: SavedToChoose,
) -> Response:
    """Have it sent then and show that it waits, or show the form again with the words and the reason."""
    session = await session_of(request)
    typed, refused = await sending_now.with_files(files, conversation_id, form, uploads)
    form = LaterForm.model_validate({**form.model_dump(), **typed.model_dump()})
    moment = instant(form.send_at, session.time_zone)
    result = refused or (asked(form) if asks(today, form, moment) else None)
    outcome = Outcome()
    if result is None:
        outcome = await schedule(messaging, conversation_id, form, moment)
        if outcome.done:
            if form.kept_id:
                await kept_forms.forget(request, form.kept_id)
            return RedirectResponse(f"/conversations/{conversation_id}#later-{form.message_id}", status_code=303)
        result = Result(form, outcome.status, error=outcome.error, message=outcome.message)
    extras = one.Extras(saved=saved, send_at=form.send_at, moment_error=outcome.moment_error)
    try:
        shown = await one.newest(messaging, caller, conversation_id, reply_to=form.replies_to)
        return await one.show(request, shown, result, today=today, extras=extras)
    except (UpstreamProblem, Unavailable) as problem:
        if isinstance(problem, UpstreamProblem) and problem.upstream_status == HTTPStatus.NOT_FOUND:
            raise NotSent(result.form.text) from problem
        return await one.show_without_messages(request, conversation_id, result)


def asks(today: Today, form: LaterForm, moment: datetime | None) -> bool:
    """After a dose it is asked once more only about what would go out before the next morning."""
    soon = moment is not None and today.impaired_until is not None and moment < today.impaired_until
    return soon and today.asks(form)


async def schedule(messaging: Messaging, conversation_id: UUID, form: LaterForm, moment: datetime | None) -> Outcome:
    if form.chosen:
        return Outcome(409, message=str(NO_FILES))
    identifier = form.message_id
    if identifier is None:
        return Outcome(400, message=str(sending_now.NOT_OURS))
    return await attempt(
        form.text, moment, lambda then: messaging.put_scheduled(conversation_id, identifier, form.later(then))
    )


@router.get(ONE, dependencies=[Depends(with_unread)])
async def ask(
    *,
    request: Request,
    conversation_id: UUID,
    message_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    kept: kept_forms.KeptId = None,
) -> Response:
    """What can still be changed about one that waits."""
    found = await messaging.scheduled(conversation_id)
    waits = next((each for each in found if each.id == message_id), None)
    if waits is None:
        raise NotFound
    if kept and (fields := await kept_forms.recall(request, kept)):
        form = LaterChangeForm.again(fields, kept=str(kept))
        return await show(request, messaging, (conversation_id, message_id), form, Outcome(200, message=str(KEPT)))
    zone = (await session_of(request)).time_zone
    form = LaterChangeForm(text=waits.text, replaces=str(waits.version), send_at=as_typed(waits.send_at, zone))
    outcome = Outcome(200, message=str(waits.why_not) if waits.why_not else None)
    return await show(request, messaging, (conversation_id, message_id), form, outcome)


@router.post(ONE, dependencies=[Depends(kept_forms.keep_typed(ONE, words="text"))])
async def change(
    *,
    request: Request,
    conversation_id: UUID,
    message_id: UUID,
    _: SendMessages,
    messaging: MessagingForPerson,
    form: Annotated[LaterChangeForm, Form()],
) -> Response:
    """Change it, or show the form again with the words and the reason."""
    moment = instant(form.send_at, (await session_of(request)).time_zone)
    outcome = await attempt(
        form.text, moment, lambda then: messaging.post_scheduled_version(conversation_id, message_id, form.later(then))
    )
    if outcome.done:
        if form.kept_id:
            await kept_forms.forget(request, form.kept_id)
        return RedirectResponse(f"/conversations/{conversation_id}#later-{message_id}", status_code=303)
    await count_unread(request)
    found = {each.id: each.version for each in await messaging.scheduled(conversation_id)}
    again = form.model_copy(update={"replaces": str(found.get(message_id, form.replaces))})
    return await show(request, messaging, (conversation_id, message_id), again, outcome)


@router.post(ONE + "/removal")
async def take_back(
    conversation_id: UUID, message_id: UUID, _: SendMessages, messaging: MessagingForPerson
) -> Response:
    """Take it back, or put away one that was not sent. One that has gone out is in the conversation, to be seen."""
    await messaging.delete_scheduled(conversation_id, message_id)
    return RedirectResponse(f"/conversations/{conversation_id}#write", status_code=303)


async def show(
    request: Request, messaging: Messaging, which: tuple[UUID, UUID], form: LaterChangeForm, outcome: Outcome
) -> Response:
    conversation, session = await asyncio.gather(messaging.conversation(which[0]), session_of(request))
    wrong = {"#text": outcome.error, "#send_at": outcome.moment_error}
    return page(
        request,
        "messages/later/page.html",
        outcome.status,
        conversation=conversation,
        other=conversation.other(session.person_id),
        action=ONE.format(conversation_id=which[0], message_id=which[1]),
        zone=session.time_zone,
        form=form,
        error=outcome.error,
        moment_error=outcome.moment_error,
        message=outcome.message,
        summary=[{"href": href, "text": text} for href, text in wrong.items() if text],
    )
