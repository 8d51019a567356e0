"""Correct a message from the form: what messaging's answer means for the page."""

from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import LazyString, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable

from afterglow_web.messages.forms import CorrectionForm
from afterglow_web.messages.messaging import Messaging
from afterglow_web.messages.sending import EMPTY, NOT_OURS, NOT_REACHED, Result, field_words

OVERTAKEN = lazy(
    "This message was changed a moment ago, perhaps in another window. Save once more to put these words in its place."
)
NOT_SAVED: dict[str, LazyString] = {
    "conflict": lazy("This form was used before. Your words are still here: save once more."),
    "overtaken": OVERTAKEN,
    "too_late": lazy("Not saved: a message can be corrected for 15 minutes, and this one is older now."),
    "too_often": lazy("Not saved: this message was corrected very often. Please write another one."),
    "withdrawn": lazy("Not saved: this message was withdrawn."),
}
CLOSED = lazy("Not saved: this conversation is closed, or the message is not yours to change.")


async def correct(messaging: Messaging, conversation: UUID, message: UUID, form: CorrectionForm) -> Result:
    """Put the form's words in the message's place. UpstreamProblem 401 and 404 are raised."""
    if form.is_empty:
        return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, error=str(EMPTY))
    if form.message_id is None or form.replaced is None:
        return Result(form.anew(), HTTPStatus.BAD_REQUEST, message=str(NOT_OURS))
    try:
        await messaging.post_version(conversation, message, form.body())
    except UpstreamProblem as problem:
        return refused(form, problem)
    except Unavailable:
        return Result(form, HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
    return Result(form)


def refused(form: CorrectionForm, problem: UpstreamProblem) -> Result:
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.REQUEST_ENTITY_TOO_LARGE as status:
            return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, error=field_words(status, problem.upstream.errors))
        case HTTPStatus.CONFLICT:
            words = NOT_SAVED.get(problem.upstream.code, NOT_REACHED)
            return Result(form.anew(), HTTPStatus.CONFLICT, message=str(words))
        case HTTPStatus.FORBIDDEN:
            return Result(form, HTTPStatus.FORBIDDEN, message=str(CLOSED))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.NOT_FOUND:
            raise problem
        case _:
            return Result(form, HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
