"""Answers to browsers: pages, redirects, and the page for what went wrong."""

from collections.abc import Mapping
from http import HTTPStatus

from afterglow_design.security_headers import PAGE_POLICY, ContentSecurityPolicy, extend
from afterglow_foundation.errors import Problem, problem_json, request_id_of
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_auth.provider import IdentityProvider

PAGES = ("/auth/authorize", "/auth/sign-in", "/auth/sign-out")
NOT_STORED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


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
            title=problem.title,
            what_happened=problem.detail or "Nothing was changed. Please go back and try again.",
            next_steps=[{"text": "Go to the start", "href": provider.settings.base_url + "/"}],
            reference=request_id_of(request),
        )

    app.state.render_problem = render
