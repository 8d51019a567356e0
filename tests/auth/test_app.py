"""The service as a whole: every route guarded, addresses believed from where, problems as pages, readiness."""

import pytest
from afterglow_auth.addresses import client_network
from afterglow_auth.main import create
from afterglow_auth.settings import LOOPBACK, Settings
from afterglow_design.testing.page_lint import lint_page
from afterglow_foundation.database import Database
from afterglow_foundation.testing.people import open_client
from afterglow_foundation.testing.walker import walk
from fastapi import FastAPI
from starlette.requests import Request

from tests.auth.arranging import Browser, Program, open_browser

GUARDED = {
    ("/api/accounts/access-log", "GET", "access_log:read"),
    ("/api/accounts/audit-events", "GET", "audit:read"),
    ("/api/accounts/break-glass", "GET", "break_glass:read"),
    ("/api/accounts/break-glass/{grant_id}", "GET", "break_glass:read"),
    ("/api/accounts/break-glass/{grant_id}", "PUT", "break_glass:open"),
    ("/api/accounts/break-glass/{grant_id}/end", "PUT", "break_glass:end"),
    ("/api/accounts/break-glass/{grant_id}/review", "PUT", "break_glass:review"),
    ("/api/accounts/care-relationships", "GET", "care:read"),
    ("/api/accounts/care-relationships/{relationship_id}", "PUT", "care:write"),
    ("/api/accounts/care-relationships/{relationship_id}/end", "PUT", "care:write"),
    ("/api/accounts/covers", "GET", "care:read"),
    ("/api/accounts/covers/{cover_id}", "PUT", "care:write"),
    ("/api/accounts/covers/{cover_id}/end", "PUT", "care:write"),
    ("/api/accounts/factor-resets/{factor_reset_id}/withdrawal", "PUT", "people:reset"),
    ("/api/accounts/imports/{import_id}", "GET", "invitations:read"),
    ("/api/accounts/imports/{import_id}", "PUT", "invitations:write"),
    ("/api/accounts/imports/{import_id}/execution", "PUT", "invitations:write"),
    ("/api/accounts/imports/{import_id}/progress", "GET", "invitations:read"),
    ("/api/accounts/invitations", "GET", "invitations:read"),
    ("/api/accounts/invitations/{invitation_id}", "PUT", "invitations:write"),
    ("/api/accounts/invitations/{invitation_id}/mails", "POST", "invitations:write"),
    ("/api/accounts/invitations/{invitation_id}/withdrawal", "PUT", "invitations:write"),
    ("/api/accounts/me", "GET", "account:read"),
    ("/api/accounts/names", "GET", "audit:read"),
    ("/api/accounts/oauth-clients", "GET", "oauth_clients:read"),
    ("/api/accounts/oauth-clients/{program_id}", "GET", "oauth_clients:read"),
    ("/api/accounts/oauth-clients/{program_id}", "PUT", "oauth_clients:write"),
    ("/api/accounts/oauth-clients/{program_id}/disablement", "DELETE", "oauth_clients:write"),
    ("/api/accounts/oauth-clients/{program_id}/disablement", "PUT", "oauth_clients:write"),
    ("/api/accounts/oauth-clients/{program_id}/keys", "PUT", "oauth_clients:write"),
    ("/api/accounts/oauth-clients/{program_id}/versions", "POST", "oauth_clients:write"),
    ("/api/accounts/notice-way", "GET", "account:read"),
    ("/api/accounts/notice-way", "PUT", "account:write"),
    ("/api/accounts/own-covers", "GET", "own_cover:write"),
    ("/api/accounts/own-covers/colleagues", "GET", "own_cover:write"),
    ("/api/accounts/own-covers/{cover_id}", "PUT", "own_cover:write"),
    ("/api/accounts/own-covers/{cover_id}/end", "PUT", "own_cover:write"),
    ("/api/accounts/people", "GET", "people:read"),
    ("/api/accounts/people/{person_id}", "GET", "people:read"),
    ("/api/accounts/people/{person_id}/disablement", "DELETE", "people:disable"),
    ("/api/accounts/people/{person_id}/disablement", "PUT", "people:disable"),
    ("/api/accounts/people/{person_id}/export-hold", "DELETE", "exports:release"),
    ("/api/accounts/people/{person_id}/export-hold", "PUT", "exports:hold"),
    ("/api/accounts/people/{person_id}/factor-resets/{reset_id}", "PUT", "people:reset"),
    ("/api/accounts/people/{person_id}/resets/{reset_id}", "PUT", "people:reset"),
    ("/api/accounts/people/{person_id}/roles/{change_id}", "PUT", "people:change_role"),
    ("/api/accounts/people/{person_id}/sessions", "DELETE", "sessions:end"),
    ("/api/accounts/people/{person_id}/sessions", "GET", "sessions:read"),
    ("/api/accounts/people/{person_id}/sessions/{session_id}", "DELETE", "sessions:end"),
    ("/api/accounts/practice", "PUT", "practice:write"),
    ("/api/accounts/practice/logo", "DELETE", "practice:write"),
    ("/api/accounts/practice/logo", "PUT", "practice:write"),
    ("/api/accounts/proposals", "GET", "proposals:read"),
    ("/api/accounts/proposals/waiting", "GET", "proposals:read"),
    ("/api/accounts/proposals/{proposal_id}", "GET", "proposals:read"),
    ("/api/accounts/proposals/{proposal_id}/approval", "PUT", "proposals:decide"),
    ("/api/accounts/proposals/{proposal_id}/withdrawal", "PUT", "proposals:withdraw"),
    ("/api/accounts/push-subscriptions", "GET", "account:read"),
    ("/api/accounts/push-subscriptions/{subscription_id}", "DELETE", "account:write"),
    ("/api/accounts/push-subscriptions/{subscription_id}", "PUT", "account:write"),
    ("/api/accounts/quiet-hours", "GET", "account:read"),
    ("/api/accounts/quiet-hours", "PUT", "account:write"),
    ("/api/accounts/signing-keys", "GET", "signing_keys:read"),
    ("/api/accounts/signing-keys", "POST", "signing_keys:rotate"),
    ("/auth/userinfo", "GET", "user_info:read"),
    ("/auth/userinfo", "POST", "user_info:read"),
    ("/internal/events/poll", "POST", "events:read"),
    ("/internal/events/snapshot", "GET", "events:read"),
    ("/internal/events/status", "GET", "events:read"),
    ("/internal/events/status", "POST", "event_streams:write"),
    ("/internal/events/streams", "DELETE", "event_streams:write"),
    ("/internal/events/streams", "GET", "events:read"),
    ("/internal/events/streams", "PATCH", "event_streams:write"),
    ("/internal/events/streams", "POST", "event_streams:write"),
    ("/internal/events/streams", "PUT", "event_streams:write"),
    ("/internal/events/verification", "POST", "events:read"),
    ("/internal/notices/{notice_id}", "PUT", "notices:write"),
}


def test_every_route_of_the_api_asks_for_its_permission(app: FastAPI):
    """What is open to anybody is named in tests/architecture/test_routes.py."""
    assert {(route.path, route.method, route.permission) for route in walk(app) if route.permission} == GUARDED


async def test_openapi_documents_the_accounts_api_only(browser: Browser):
    document = (await browser.client.get("/api/accounts/openapi.json")).json()
    assert set(document["paths"]) == {path for path, _, _ in GUARDED if path.startswith("/api/accounts/")}


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


@pytest.mark.parametrize("where", ["127.0.0.1:1", "nowhere.invalid:5432"])
async def test_it_starts_before_its_database_does(settings: Settings, where: str):
    """After a power cut everything starts at once: auth is not ready then, but does not die of it either."""
    database = Database.connect(f"postgresql+asyncpg://auth_app:nobody@{where}/nowhere")
    app = create(settings, database=database)
    async with app.router.lifespan_context(app), open_client(app) as http:
        answer = await http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["keys"] is False
