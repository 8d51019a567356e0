"""Answers to browsers: pages, redirects, and the page for what went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import cast

from afterglow_design import languages
from afterglow_design.languages import _, lazy
from afterglow_design.security_headers import PAGE_POLICY, ContentSecurityPolicy, extend
from afterglow_foundation.errors import (
    BadRequest,
    Forbidden,
    InvalidInput,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Problem,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
    problem_json,
    request_id_of,
)
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_auth.accounts.models import Person
from afterglow_auth.provider import IdentityProvider

PAGES = (
    "/auth/authorize",
    "/auth/consent",
    "/auth/forgotten",
    "/auth/invitation",
    "/auth/objection",
    "/auth/recovery",
    "/auth/reset",
    "/auth/security",
    "/auth/sign-in",
    "/auth/sign-out",
)
# What the foundation's problems are called on a page; their details are for programs.
TITLES = {
    BadRequest.code: lazy("The request cannot be understood"),
    Forbidden.code: lazy("This is not open to you"),
    InvalidInput.code: lazy("Some of what was sent cannot be used"),
    MethodNotAllowed.code: lazy("This cannot be done here"),
    NotAuthenticated.code: lazy("Please sign in"),
    NotFound.code: lazy("There is nothing here"),
    PayloadTooLarge.code: lazy("This is too large"),
    Problem.code: lazy("Something went wrong on our side"),
    TooManyRequests.code: lazy("Too many tries; please wait a little"),
    Unavailable.code: lazy("This is not available right now; please try again"),
    UnsupportedMediaType.code: lazy("This kind of content is not taken here"),
}
NOT_STORED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class TurnedAwayError(Exception):
    """A page is not shown; `answer` is what the browser gets instead."""

    def __init__(self, answer: Response) -> None:
        super().__init__("not shown")
        self.answer = answer


def speak_as(person: Person) -> None:
    """The language that somebody has set, behind a link that names them; the browser's for whoever never came.

    What the address asks for, by a link of the page itself, goes before both.
    """
    if person.joined_at and languages.spoken().by != "address":
        languages.speak(person.locale)


def redirect(location: str) -> RedirectResponse:
    """303, so that a browser that had posted now gets (and posts no password on)."""
    return RedirectResponse(location, HTTPStatus.SEE_OTHER, NOT_STORED)


def policy_for(redirect_uri: str | None) -> ContentSecurityPolicy:
    """Where forms may lead: here, and on to the address that was validated (Chromium looks at redirects after POST)."""
    return extend(PAGE_POLICY, form_action=redirect_uri) if redirect_uri else PAGE_POLICY


def refused_request(request: Request, provider: IdentityProvider, reason: str) -> Response:
    """A request that cannot be answered to whoever sent it: told here, redirected nowhere."""
    return provider.templates.page(
        request,
        "refused_request.html",
        HTTPStatus.BAD_REQUEST,
        reason=reason,
        start=provider.settings.base_url + "/",
        reference=request_id_of(request),
    )


def render_problems(app: FastAPI, provider: IdentityProvider) -> None:
    """Let what goes wrong on a page be a page; APIs keep their problem documents."""

    def render(request: Request, problem: Problem) -> Response:
        if not request.url.path.startswith(PAGES):
            return problem_json(request, problem)
        headers: Mapping[str, str] = problem.headers
        return provider.templates.page(
            request,
            "problem.html",
            problem.status,
            headers=headers,
            title=TITLES.get(problem.code, TITLES[Problem.code]),
            what_happened=_("Nothing was changed. Please go back and try again."),
            next_steps=[{"text": _("Go to the start"), "href": provider.settings.base_url + "/"}],
            reference=request_id_of(request),
            away=problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        )

    async def turn_away(_request: Request, error: Exception) -> Response:
        return cast("TurnedAwayError", error).answer

    app.state.render_problem = render
    app.add_exception_handler(TurnedAwayError, turn_away)
