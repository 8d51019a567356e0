"""Send a message from the form: what messaging's answer means for the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, NotFound, Unavailable
from starlette.datastructures import UploadFile

from afterglow_web.attachments.asking import Files
from afterglow_web.attachments.choosing import take
from afterglow_web.attachments.wording import REFUSALS, about_files
from afterglow_web.messages.forms import MessageForm
from afterglow_web.messages.messaging import Messaging

NOT_REACHED = lazy("This could not be sent just now. Your words are still here: please try again in a moment.")
USED_BEFORE = lazy(
    "This form was used for another message before, and that one stays. Send once more to add this as a new message."
)
NOT_OURS = lazy("This form was not complete. Your words are still here: send once more.")
CLOSED = lazy(
    "Not sent: this conversation is closed. Copy your words if you want to keep them; they are shown only once."
)
NO_SUCH_MESSAGE = lazy("The message that you reply to is not here. Send once more to send your words without it.")
EMPTY = lazy("Your message: write something before sending")
TOO_LONG = lazy("Your message: make it shorter, at most 10,000 characters fit")
UNUSABLE = lazy("Your message: it has a character that we cannot take")
WORDS = {"string_too_short": EMPTY, "string_too_long": TOO_LONG}


class NotSent(NotFound):
    """The conversation is not open to the person any more. `typed` are the words, for the answer alone."""

    def __init__(self, typed: str) -> None:
        super().__init__()
        self.typed = typed


@dataclass(frozen=True)
class Result:
    """Sent, or the form to show again with a status and one sentence: about a field, or about the sending."""

    form: MessageForm
    status: int = HTTPStatus.SEE_OTHER
    error: str | None = None
    message: str | None = None
    file_error: str | None = None

    @property
    def sent(self) -> bool:
        return self.status == HTTPStatus.SEE_OTHER


async def with_files(
    files: Files, conversation: UUID, form: MessageForm, uploads: Sequence[UploadFile]
) -> tuple[MessageForm, Result | None]:
    """The form with the files of a plain one sent on; where one is refused, the form to show with all that is there."""
    chosen, error = await take(files, conversation, uploads, form.chosen)
    form = form.with_files(chosen)
    return form, Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, file_error=error) if error else None


async def send(messaging: Messaging, conversation: UUID, form: MessageForm) -> Result:
    """Send the form. Refusals that are not about the message are raised: NotSent, and UpstreamProblem 401."""
    if form.is_empty:
        return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, error=str(EMPTY))
    if form.message_id is None:
        return Result(form.anew(), HTTPStatus.BAD_REQUEST, message=str(NOT_OURS))
    try:
        await messaging.put_message(conversation, form.message_id, form.body())
    except UpstreamProblem as problem:
        return refused(form, problem)
    except Unavailable:
        return Result(form, HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
    return Result(form)


def refused(form: MessageForm, problem: UpstreamProblem) -> Result:
    match problem.upstream_status:
        case HTTPStatus.UNPROCESSABLE_ENTITY if any(one.field == "attachments" for one in problem.upstream.errors):
            said = about_files(REFUSALS["not-ready"])
            return Result(form.with_files([]), HTTPStatus.UNPROCESSABLE_ENTITY, file_error=said)
        case HTTPStatus.UNPROCESSABLE_ENTITY if any(one.field == "reply_to" for one in problem.upstream.errors):
            return Result(form.replying_to_none(), HTTPStatus.UNPROCESSABLE_ENTITY, message=str(NO_SUCH_MESSAGE))
        case HTTPStatus.UNPROCESSABLE_ENTITY | HTTPStatus.REQUEST_ENTITY_TOO_LARGE as status:
            return Result(form, HTTPStatus.UNPROCESSABLE_ENTITY, error=field_words(status, problem.upstream.errors))
        case HTTPStatus.CONFLICT:
            return Result(form.anew(), HTTPStatus.CONFLICT, message=str(USED_BEFORE))
        case HTTPStatus.FORBIDDEN:
            return Result(form, HTTPStatus.FORBIDDEN, message=str(CLOSED))
        case HTTPStatus.NOT_FOUND:
            raise NotSent(form.text)
        case HTTPStatus.UNAUTHORIZED:
            raise problem
        case _:
            return Result(form, HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))


def field_words(status: int, errors: list[FieldError]) -> str:
    """Say in plain words what is wrong with the text."""
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return str(TOO_LONG)
    return str(next((WORDS[error.code] for error in errors if error.code in WORDS), UNUSABLE))
