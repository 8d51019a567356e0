"""The service as a whole: every route guarded, addresses believed from where, problems as pages, readiness."""

import pytest
from afterglow_auth.addresses import client_network
from afterglow_auth.main import create
from afterglow_auth.settings import LOOPBACK, Settings
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.database import Database
from afterglow_foundation.testing.walker import walk
from fastapi import FastAPI
from starlette.requests import Request

from tests.auth.arranging import Browser, Program, open_browser

GUARDED = {
    ("/api/accounts/me", "GET", "account:read"),
    ("/api/accounts/people", "GET", "people:read"),
    ("/auth/userinfo", "GET", "user_info:read"),
    ("/auth/userinfo", "POST", "user_info:read"),
    ("/internal/events/snapshot", "GET", "events:read"),
}


def test_every_route_is_guarded_or_public_by_name(app: FastAPI):
    routes = walk(app)
    assert {(route.path, route.method, route.permission) for route in routes if route.permission} == GUARDED
    assert {route.path for route in routes if not route.permission} == {
        "/.well-known/oauth-authorization-server/auth",
        "/auth/.well-known/openid-configuration",
        "/auth/authorize",
        "/auth/jwks",
        "/auth/revoke",
        "/auth/sign-in",
        "/auth/sign-out",
        "/auth/token",
        "/livez",
        "/metrics",
        "/readyz",
    }


async def test_openapi_documents_the_accounts_api_only(browser: Browser):
    document = (await browser.client.get("/api/accounts/openapi.json")).json()
    assert set(document["paths"]) == {"/api/accounts/people", "/api/accounts/me"}


async def test_ready_when_migrated_and_with_keys(browser: Browser):
    answer = await browser.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"migrations": True, "keys": True})


async def test_without_a_database_it_says_so_and_fails_cleanly(settings: Settings):
    gone = Database.connect("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none")
    async with open_browser(create(settings, database=gone)) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        page = await client.get("/auth/authorize", params=Program("web").request())
        assert page.status_code >= 500
        assert lint_page(page.text, page.headers) == []


async def test_what_goes_wrong_is_a_page_for_people_and_a_document_for_programs(browser: Browser):
    page = await browser.client.put("/auth/sign-in")
    assert page.status_code == 405
    assert lint_page(page.text, page.headers) == []
    assert page.headers["cache-control"] == "no-store"
    document = await browser.client.get("/auth/nothing-here")
    assert document.headers["content-type"] == "application/problem+json"


async def test_static_files_lie_under_auth(browser: Browser):
    page = await browser.client.get("/auth/sign-in")
    assert 'href="/auth/static/afterglow.' in page.text


@pytest.mark.parametrize(
    ("peer", "forwarded", "network"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("127.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("testclient", None, ""),
    ],
)
def test_forwarding_headers_are_believed_only_from_the_gateway(peer: str, forwarded: str | None, network: str):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    request = Request({"type": "http", "client": (peer, 1), "headers": headers})
    assert client_network(request, LOOPBACK) == network
