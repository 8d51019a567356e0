"""Who is asking: the browser's session, found by its cookie once per request."""

from afterglow_design.languages import speak
from afterglow_foundation.callers import Caller, find_caller
from afterglow_foundation.errors import NotAuthenticated
from afterglow_foundation.live import MEDIA_TYPE
from starlette.requests import Request

from afterglow_web.session import store
from afterglow_web.session.cookies import read_cookie
from afterglow_web.session.store import BrowserSession
from afterglow_web.settings import Settings

UNATTENDED = "afterglow-unattended"


class SignInAgain(NotAuthenticated):
    """The session is over. `return_to` is the page to open after the next sign-in."""

    code = "signed_out"
    title = "You were signed out"

    def __init__(self, return_to: str | None = None) -> None:
        super().__init__()
        self.return_to = return_to


async def authenticate(request: Request) -> Caller | None:
    """The authenticator of web. Leaves `request.state.session`, or `request.state.lapsed` for one that is over.

    From here on the request speaks the person's language, even where it only says that they were signed out.
    """
    request.state.session = request.state.lapsed = None
    settings: Settings = request.app.state.settings
    secret = read_cookie(request, settings)
    session = await store.find(request.app.state.database, secret) if secret else None
    if session is None:
        return None
    speak(session.locale)
    if session.is_over(settings.idle_limit(session.role)):
        request.state.lapsed = session
        return None
    request.state.session = session
    if not is_unattended(request):
        await store.touch(request.app.state.database, session)
    return session.caller()


def is_unattended(request: Request) -> bool:
    """Whether the page asks by itself: for its live stream, or because of what came from there. That is no activity."""
    return UNATTENDED in request.headers or MEDIA_TYPE in request.headers.get("accept", "")


async def look_again(request: Request) -> BrowserSession | None:
    """Read the session anew for an answer that goes on; None once it is over."""
    settings: Settings = request.app.state.settings
    secret = read_cookie(request, settings)
    session = await store.find(request.app.state.database, secret) if secret else None
    if session is not None and session.is_over(settings.idle_limit(session.role)):
        session = None
    request.state.session = session
    if session is not None:
        speak(session.locale)
    return session


async def session_of(request: Request) -> BrowserSession:
    """Return the live session of the request, or raise SignInAgain."""
    await find_caller(request)
    session: BrowserSession | None = request.state.session
    if session is None:
        raise SignInAgain
    return session


def known_session(request: Request) -> BrowserSession | None:
    """Return the live session if the request's was already looked for: for error pages, which must not ask."""
    return getattr(request.state, "session", None)


def lapsed_session(request: Request) -> BrowserSession | None:
    """Return the session that the cookie named and that is over."""
    return getattr(request.state, "lapsed", None)
