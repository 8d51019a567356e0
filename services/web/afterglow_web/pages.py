"""Pages of web: design's templates with what a signed-in person's page always needs."""

from typing import Any

from afterglow_design.templates import Templates
from afterglow_foundation.callers import Role
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.session.authentication import known_session
from afterglow_web.session.csrf import make_token
from afterglow_web.session.store import BrowserSession

HELP = {"label": "Help", "href": "/help", "icon": "help"}
NAVIGATION = {
    Role.admin: [{"label": "People", "href": "/people", "icon": "person"}, HELP],
    Role.client: [
        {"label": "Today", "href": "/", "icon": "today"},
        {"label": "Check-ins", "href": "/check-ins", "icon": "curve"},
        HELP,
    ],
    Role.therapist: [{"label": "Caseload", "href": "/caseload", "icon": "caseload"}, HELP],
}


def page(request: Request, name: str, status_code: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401  # a template takes values of any type
    """Answer with a page, with navigation and sign-out for whoever is signed in."""
    templates: Templates = request.app.state.templates
    return templates.page(
        request, name, status_code, fragment=is_fragment(request), **signed_in(known_session(request)), **context
    )


def signed_in(session: BrowserSession | None) -> dict[str, Any]:
    if session is None:
        return {}
    return {
        "nav": NAVIGATION.get(session.role, []),
        "person_name": session.name,
        "csrf_token": make_token(session.csrf_secret),
    }


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page it is on."""
    return request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers
