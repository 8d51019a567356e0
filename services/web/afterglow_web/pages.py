"""Pages of web: design's templates with what a signed-in person's page always needs."""

from collections.abc import Mapping
from typing import Any

from afterglow_design.languages import LazyString, lazy
from afterglow_design.templates import Templates
from afterglow_foundation.callers import Role
from httpx import Response as Answer
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from afterglow_web.permissions import Permission, access
from afterglow_web.session.authentication import known_session
from afterglow_web.session.csrf import make_token
from afterglow_web.settings import Settings

NavigationEntry = Mapping[str, str | LazyString | tuple[str, ...]]
HELP: NavigationEntry = {"label": lazy("Help"), "href": "/help", "icon": "help"}
MESSAGES: NavigationEntry = {
    "label": lazy("Messages"),
    "href": "/messages",
    "icon": "messages",
    "also": "/conversations/",
    "counts": "unread",
    "counted": lazy("unread"),
}
PEOPLE: NavigationEntry = {"label": lazy("People"), "href": "/people", "icon": "person"}
PROPOSALS: NavigationEntry = {
    "label": lazy("Proposals"),
    "href": "/proposals",
    "icon": "check",
    "counts": "waiting",
    "counted": lazy("waiting"),
}
PRACTICE: NavigationEntry = {
    "label": lazy("Practice"),
    "href": "/practice",
    "icon": "settings",
    "also": ("/programs", "/keys", "/audit", "/sealed-notes", "/emergencies"),
    "counts": "of_the_practice",
    "counted": lazy("waiting"),
}
NAVIGATION: dict[Role, list[NavigationEntry]] = {
    Role.admin: [PEOPLE, PROPOSALS, PRACTICE, HELP],
    Role.client: [
        {"label": lazy("Today"), "href": "/", "icon": "today"},
        {"label": lazy("Check-ins"), "href": "/check-ins", "icon": "curve"},
        {"label": lazy("Journal"), "href": "/journal", "icon": "journal"},
        MESSAGES,
        HELP,
    ],
    Role.therapist: [{"label": lazy("Caseload"), "href": "/caseload", "icon": "caseload"}, MESSAGES, HELP],
}


def page(request: Request, name: str, status_code: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401  # a template takes values of any type
    """Answer with a page, with navigation and sign-out for whoever is signed in."""
    templates: Templates = request.app.state.templates
    everywhere = {"fragment": is_fragment(request), "modules": ["offline.js"], **signed_in(request)}
    return templates.page(request, name, status_code, **everywhere, **context)


def signed_in(request: Request) -> dict[str, Any]:
    session = known_session(request)
    if session is None:
        return {}
    settings: Settings = request.app.state.settings
    return {
        "nav": [counted(request, item) for item in NAVIGATION.get(session.role, [])],
        "modules": modules(session.role),
        "at_the_end": ["offline/_sign_out.html"] if "outbox.js" in modules(session.role) else [],
        "person_id": session.person_id,
        "idle_seconds": int(settings.idle_limit(session.role).total_seconds()),
        "is_client": session.role == Role.client,
        "person_name": session.name,
        "csrf_token": make_token(session.csrf_secret),
    }


def modules(role: Role) -> list[str]:
    """What runs on every page of that role."""
    live = ["live.js", "crisis-words.js"] if access.allows(role, Permission.messages_read) else []
    ringing = ["ringing.js"] if access.allows(role, Permission.messages_send) else []
    outbox = ["outbox.js"] if access.allows(role, Permission.messages_send) else []
    return ["offline.js", "idle.js", *live, *outbox, *ringing]


def counted(request: Request, item: NavigationEntry) -> dict[str, Any]:
    """An entry of the navigation, with its number as far as `messages/unread.py` or `admin/waiting.py` heard it."""
    if item is MESSAGES:
        unread = getattr(request.state, "unread", None)
        return {**item, "count": unread.total if unread else 0}
    if item is PROPOSALS or item is PRACTICE:
        waits = getattr(request.state, "second_person", None)
        return {**item, "count": getattr(waits, str(item["counts"]), 0)}
    return dict(item)


def passed_on(answer: Answer) -> Response:
    """Answer what another service did, word for word."""
    return Response(
        answer.content, answer.status_code, {"Cache-Control": "no-store"}, media_type=answer.headers["content-type"]
    )


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of the page it is on."""
    return request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers
