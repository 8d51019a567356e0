"""Every route of every service: where it lies, who may come in, and what its document says of refusals."""

import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

import afterglow_auth.main
import afterglow_messaging.main
import afterglow_portal.main
import afterglow_web.main
import pytest
from afterglow_auth.settings import Settings as AuthSettings
from afterglow_foundation.known_paths import KnownPaths
from afterglow_foundation.permissions import guarded_routes
from afterglow_foundation.testing.walker import walk
from afterglow_messaging.settings import Settings as MessagingSettings
from afterglow_portal.settings import Settings as PortalSettings
from afterglow_web.session.csrf import refuse_cross_site, refuse_foreign_pages
from afterglow_web.settings import Settings as WebSettings
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext
from joserfc.jwk import ECKey

HEALTH = {"/livez", "/readyz", "/metrics"}
PREFIXES = {
    "auth": ("/api/accounts/", "/auth/", "/.well-known/", "/internal/"),
    "portal": ("/api/portal/",),
    "messaging": ("/api/messaging/", "/internal/"),
}
OF_OTHERS = ("/api/", "/auth/", "/.well-known/", "/internal/")
# Whoever is signed in at auth finds themselves there and nobody else; tests/auth/security holds each of them to it.
SECURITY_PAGE = {
    "/auth/security",
    "/auth/security/activity",
    "/auth/security/app",
    "/auth/security/app/removal",
    "/auth/security/codes",
    "/auth/security/codes/file",
    "/auth/security/codes/kept",
    "/auth/security/notices",
    "/auth/security/notices/confirm",
    "/auth/security/notices/removal",
    "/auth/security/notices/sent",
    "/auth/security/passkeys",
    "/auth/security/passkeys/new",
    "/auth/security/passkeys/{passkey_id}",
    "/auth/security/passkeys/{passkey_id}/removal",
    "/auth/security/password",
    "/auth/security/password/removal",
    "/auth/security/programs",
    "/auth/security/programs/{program_id}",
    "/auth/security/sessions",
    "/auth/security/sessions/all",
    "/auth/security/sessions/others",
    "/auth/security/sessions/{session_id}",
    "/auth/security/you",
}
# Open to anybody, knowingly: a new one is added here by name, with why in the commit that does it.
PUBLIC = {
    "auth": {
        "/.well-known/oauth-authorization-server/auth",
        "/.well-known/ssf-configuration/auth",
        "/api/accounts/practice",
        "/auth/.well-known/openid-configuration",
        "/auth/authorize",
        "/auth/consent/{question_id}",
        "/auth/forgotten",
        "/auth/introspect",
        "/auth/invitation",
        "/auth/jwks",
        "/auth/leave",
        "/auth/password-strength",
        "/auth/logo/{name}.png",
        "/auth/objection",
        "/auth/par",
        "/auth/recovery",
        "/auth/reset",
        "/auth/revoke",
        *SECURITY_PAGE,
        "/auth/sign-in",
        "/auth/sign-in/codes",
        "/auth/sign-in/codes/text",
        "/auth/sign-in/confirm",
        "/auth/sign-in/factor",
        "/auth/sign-in/second",
        "/auth/sign-in/terms",
        "/auth/sign-out",
        "/auth/token",
    },
    "portal": set(),
    "messaging": set(),
    "web": {
        "/",
        "/callback",
        "/help",
        "/leave",
        "/manifest.webmanifest",
        "/offline",
        "/offline/check-in",
        "/service-worker.js",
        "/session",
        "/sign-in",
        "/signed-out",
    },
}
SAFE = {"GET", "HEAD", "OPTIONS"}
PROBLEM = "application/problem+json"
ALWAYS = {"401", "403", "503"}
WITH_A_BODY = {"400", "413", "415", "422"}
APIS = ("auth", "portal", "messaging")


@pytest.fixture(scope="module")
def apps(settings_values: dict[str, Any]) -> dict[str, FastAPI]:
    """Each service as it is put together; none of them connects to anything before it is asked."""
    key = ECKey.generate_key("P-256", {"kid": "one"}, auto_kid=False)
    values = settings_values | {"client_private_key": json.dumps(key.as_dict(private=True))}
    return {
        "auth": afterglow_auth.main.create(AuthSettings(**settings_values, token_hashing_key="only for these tests")),
        "portal": afterglow_portal.main.create(PortalSettings(**values, client_id="portal")),
        "messaging": afterglow_messaging.main.create(MessagingSettings(**values, client_id="messaging")),
        "web": afterglow_web.main.create(
            WebSettings(**values, portal_url="http://unused.invalid", messaging_url="http://unused.invalid")
        ),
    }


@pytest.mark.parametrize("service", APIS)
def test_routes_lie_under_their_services_prefix(apps: dict[str, FastAPI], service: str):
    paths = {route.path for route in walk(apps[service])} - HEALTH
    assert [path for path in sorted(paths) if not path.startswith(PREFIXES[service])] == []


def test_pages_leave_the_other_services_paths_alone(apps: dict[str, FastAPI]):
    assert [route.path for route in walk(apps["web"]) if route.path.startswith(OF_OTHERS)] == []


@pytest.mark.parametrize("service", PUBLIC)
def test_what_is_open_to_anybody_is_named_here(apps: dict[str, FastAPI], service: str):
    assert {route.path for route in walk(apps[service]) if route.permission is None} == PUBLIC[service] | HEALTH


@pytest.mark.parametrize("service", PUBLIC)
def test_a_route_that_is_not_public_asks_for_one_permission(apps: dict[str, FastAPI], service: str):
    several = [
        context.path
        for context, marks in guarded_routes(apps[service])
        if context.path not in PUBLIC[service] | HEALTH and len({mark.permission for mark in marks}) != 1  # type: ignore[attr-defined]  # each is a Requirement
    ]
    assert several == []


def test_every_page_that_changes_something_refuses_other_sites_first(apps: dict[str, FastAPI]):
    """Before the permission: a forged request of somebody who is signed in is a forged one and nothing else."""
    unsafe = [context for context, _ in guarded_routes(apps["web"]) if set(context.methods or ()) - SAFE]
    assert len(unsafe) > 3
    guards = {one.path: one.dependant.dependencies[0].call for one in unsafe}
    ways_out = {path for path, guard in guards.items() if guard is refuse_foreign_pages}
    assert ways_out == {"/leave", "/signed-out"}
    assert {path for path, guard in guards.items() if guard is not refuse_cross_site} == ways_out


@pytest.mark.parametrize("service", PUBLIC)
def test_nothing_that_a_request_needs_waits_for_a_thread(apps: dict[str, FastAPI], service: str):
    """FastAPI gives a plain function to the thread pool: a hop each way, and room for forty at a time."""
    plain = {
        f"{context.path}: {call}"
        for context, _ in guarded_routes(apps[service])
        for call in called(context.dependant)
        if not is_async(call)
    }
    assert plain == set()


@pytest.mark.parametrize("service", PUBLIC)
def test_a_path_that_is_looked_up_leads_where_the_order_of_routes_would(apps: dict[str, FastAPI], service: str):
    """`known_paths.py` stands before them all: what FastAPI would find first, it finds."""
    first, *_ = apps[service].routes
    assert isinstance(first, KnownPaths)
    contexts = [context for context, _ in guarded_routes(apps[service])]
    led = {known: next(one.path for one in contexts if takes(one, *known)) for known in first.known}
    assert {(method, path): path for method, path in led} == led
    assert len(led) > 10


def takes(context: RouteContext, method: str, path: str) -> bool:
    return method in (context.methods or ()) and bool(context.path_regex.match(path))


def called(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for child in dependant.dependencies:
        yield from called(child)


def is_async(call: Callable[..., Any]) -> bool:
    function = call if inspect.isroutine(call) else type(call).__call__
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    found = [
        (f"{method.upper()} {path}", operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]
    assert found
    yield from found


@pytest.mark.parametrize("service", APIS)
def test_every_operation_documents_its_problems(apps: dict[str, FastAPI], service: str):
    """Anybody may be refused and any database may be away; what is sent may not be readable, or of no use."""
    untold = {}
    for name, operation in operations(apps[service]):
        expected = ALWAYS | (WITH_A_BODY if "requestBody" in operation else set())
        expected |= {"422"} if operation.get("parameters") else set()
        if missing := expected - operation["responses"].keys():
            untold[name] = sorted(missing)
    assert untold == {}


@pytest.mark.parametrize("service", APIS)
def test_every_documented_refusal_is_a_problem_document(apps: dict[str, FastAPI], service: str):
    others = [
        (name, status)
        for name, operation in operations(apps[service])
        for status, told in operation["responses"].items()
        if status >= "400" and set(told.get("content", {})) != {PROBLEM}
    ]
    assert others == []


@pytest.mark.parametrize("service", APIS)
def test_every_operation_says_in_words_what_it_does(apps: dict[str, FastAPI], service: str):
    assert [name for name, operation in operations(apps[service]) if not operation.get("description")] == []
