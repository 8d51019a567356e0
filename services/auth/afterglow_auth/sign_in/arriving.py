"""Answers on the way in: on to the next step, to the client, to a page of ours or to the start."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from afterglow_auth.browser import set_cookie
from afterglow_auth.oauth.exchanged import Answer
from afterglow_auth.oauth.pages import respond
from afterglow_auth.pages import redirect
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.devices import device_of
from afterglow_auth.sign_in.back_off import TooSoonError
from afterglow_auth.sign_in.going import Going
from afterglow_auth.sign_in.service import Outcomes
from afterglow_auth.sign_in.stages import Browser, Step
from afterglow_auth.sign_in.waiting import retry_after, too_soon_words


class NotProvedError(Exception):
    """What was typed or shown proves nothing; `words` say so on the page, `what` names the field."""

    def __init__(
        self,
        words: object,
        status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
        headers: Mapping[str, str] | None = None,
        what: str = "",
    ) -> None:
        super().__init__("not proved")
        self.words, self.status, self.headers, self.what = str(words), status, headers, what

    @classmethod
    def too_soon(cls, error: TooSoonError, what: str = "") -> "NotProvedError":
        return cls(too_soon_words(error.wait), HTTPStatus.TOO_MANY_REQUESTS, retry_after(error.wait), what)


def browser_of(request: Request, cookie: str) -> Browser:
    return Browser(cookie, device_of(request.headers.get("user-agent")))


def led_on(request: Request, provider: IdentityProvider, going: Going, browser: Browser, outcome: Outcomes) -> Response:
    """Where the browser goes now, with its new cookie."""
    if isinstance(outcome, Step):
        answer: Response = redirect(outcome.path)
    elif isinstance(outcome, Answer):
        answer = respond(request, provider, outcome)
    else:
        answer = redirect(going.page or provider.settings.base_url + "/")
    set_cookie(answer, provider.settings, browser.new_cookie)
    return answer
