"""Put a saved answer into the message that is being written: the page again, with its words after what was typed."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_web.attachments.asking import FilesForPerson
from afterglow_web.attachments.choosing import UploadsOfForm
from afterglow_web.messages import conversation as one
from afterglow_web.messages import sending
from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.messaging import Messaging, MessagingForPerson
from afterglow_web.messages.routes import CONVERSATION
from afterglow_web.messages.sending import NotSent, Result
from afterglow_web.permissions import SaveAnswers
from afterglow_web.saved_answers.choosing import SavedToChoose
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site
from afterglow_web.typed import Typed

INSERTED = lazy("Inserted, and not sent yet: look it over first.")
NOT_INSERTED = lazy("That saved answer could not be had. Your words are still here: choose another, or try again.")
router = APIRouter(dependencies=[Depends(refuse_cross_site)])


class InsertionForm(MessageForm):
    """The form of a message, and which saved answer goes into it."""

    answer: Typed = ""
    send_at: Typed = ""  # a moment that was chosen stays


@router.post(CONVERSATION + "/insertion", dependencies=[Depends(kept_forms.keep_typed(CONVERSATION, words="text"))])
async def insert(
    *,
    request: Request,
    conversation_id: UUID,
    caller: SaveAnswers,
    messaging: MessagingForPerson,
    files: FilesForPerson,
    uploads: UploadsOfForm,
    form: Annotated[InsertionForm, Form()],
    saved: SavedToChoose,
) -> Response:
    """Show the form again with the words in it; nothing is sent, and nothing typed or chosen is lost."""
    typed, refused = await sending.with_files(files, conversation_id, form, uploads)
    result = refused or await inserted(messaging, InsertionForm.model_validate(typed.model_dump()))
    try:
        shown = await one.newest(messaging, caller, conversation_id, reply_to=result.form.replies_to)
        return await one.show(request, shown, result, extras=one.Extras(saved=saved, send_at=form.send_at or None))
    except (UpstreamProblem, Unavailable) as problem:
        if isinstance(problem, UpstreamProblem) and problem.upstream_status == HTTPStatus.NOT_FOUND:
            raise NotSent(result.form.text) from problem
        return await one.show_without_messages(request, conversation_id, result)


async def inserted(messaging: Messaging, form: InsertionForm) -> Result:
    try:
        words = (await messaging.saved_answer(UUID(form.answer))).text
    except UpstreamProblem as problem:
        if problem.upstream_status == HTTPStatus.UNAUTHORIZED:
            raise
        return Result(form, HTTPStatus.CONFLICT, message=str(NOT_INSERTED))
    except (ValueError, Unavailable):
        return Result(form, HTTPStatus.CONFLICT, message=str(NOT_INSERTED))
    text = f"{form.text.rstrip()}\n\n{words}" if form.text.strip() else words
    return Result(form.model_copy(update={"text": text}), HTTPStatus.OK, message=str(INSERTED))


@router.get("/messages/answers/{answer_id}/words")
async def read_words(answer_id: UUID, _: SaveAnswers, messaging: MessagingForPerson) -> Response:
    """For insert.js, which puts them where the cursor is."""
    words = (await messaging.saved_answer(answer_id)).text
    return JSONResponse({"text": words}, headers={"Cache-Control": "no-store"})
