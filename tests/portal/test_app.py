"""The app as a whole: every route is guarded, tells its problems, and takes JSON only."""

import base64
import hmac
import json
import re
import time
from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer, open_client
from afterglow_foundation.testing.walker import GuardedRoute, walk
from afterglow_portal.permissions import Permission, access
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.portal.arranging import audited, check_in

OPEN = {"/livez", "/readyz", "/metrics"}
ROUTES = {
    ("GET", "/api/portal/access-log"): "access_log:read",
    ("GET", "/api/portal/agenda"): "agenda:read",
    ("PUT", "/api/portal/agenda/{line_id}"): "agenda:write",
    ("DELETE", "/api/portal/agenda/{line_id}"): "agenda:write",
    ("PUT", "/api/portal/agenda/{line_id}/settled"): "agenda:write",
    ("GET", "/api/portal/audit-events"): "audit:read",
    ("GET", "/api/portal/break-glass"): "break_glass:read",
    ("PUT", "/api/portal/break-glass/{grant_id}"): "break_glass:open",
    ("GET", "/api/portal/brief"): "brief:read",
    ("GET", "/api/portal/caseload"): "caseload:read",
    ("GET", "/api/portal/check-ins"): "check_ins:read",
    ("GET", "/api/portal/check-ins/curve"): "check_ins:read",
    ("GET", "/api/portal/check-ins/timeline"): "check_ins:write",
    ("GET", "/api/portal/check-ins/vocabulary"): "check_ins:read",
    ("GET", "/api/portal/check-ins/{check_in_id}"): "check_ins:read",
    ("PUT", "/api/portal/check-ins/{check_in_id}"): "check_ins:write",
    ("DELETE", "/api/portal/check-ins/{check_in_id}"): "check_ins:write",
    ("GET", "/api/portal/check-ins/{check_in_id}/readings"): "check_ins:write",
    ("GET", "/api/portal/check-ins/{check_in_id}/versions"): "check_ins:write",
    ("POST", "/api/portal/check-ins/{check_in_id}/versions"): "check_ins:write",
    ("GET", "/api/portal/choices"): "choices:read",
    ("PUT", "/api/portal/choices"): "choices:write",
    ("GET", "/api/portal/clients/{client_id}"): "clients:read",
    ("GET", "/api/portal/courses"): "course:read",
    ("GET", "/api/portal/courses/next-session"): "course:read",
    ("PUT", "/api/portal/courses/{course_id}"): "course:write",
    ("POST", "/api/portal/courses/{course_id}/versions"): "course:write",
    ("PUT", "/api/portal/courses/{course_id}/sessions/{session_id}"): "course:write",
    ("POST", "/api/portal/courses/sessions/{session_id}/changes"): "course:write",
    ("PUT", "/api/portal/courses/sessions/{session_id}/cancellation"): "course:write",
    ("PUT", "/api/portal/courses/sessions/{session_id}/opening"): "course:write",
    ("PUT", "/api/portal/courses/sessions/{session_id}/ending"): "course:write",
    ("PUT", "/api/portal/courses/sessions/{session_id}/administrations/{administration_id}"): "course:write",
    (
        "POST",
        "/api/portal/courses/sessions/{session_id}/administrations/{administration_id}/corrections",
    ): "course:write",
    ("GET", "/api/portal/preferences"): "course:read",
    ("PUT", "/api/portal/preferences/{version_id}"): "preferences:write",
    ("PUT", "/api/portal/preferences/withdrawals/{version_id}"): "preferences:write",
    ("GET", "/api/portal/quiet-mode"): "quiet_mode:use",
    ("PUT", "/api/portal/quiet-mode/{session_id}/leaving"): "quiet_mode:use",
    ("GET", "/api/portal/long-term-checks"): "course:read",
    ("PUT", "/api/portal/long-term-checks/{check_id}"): "course:write",
    ("GET", "/api/portal/tasks"): "course:read",
    ("PUT", "/api/portal/tasks/{task_id}"): "course:write",
    ("PUT", "/api/portal/tasks/{task_id}/cancellation"): "course:write",
    ("PUT", "/api/portal/tasks/{task_id}/marks/{mark_id}"): "tasks:mark",
    ("PUT", "/api/portal/tasks/{task_id}/marks/{mark_id}/withdrawal"): "tasks:mark",
    ("GET", "/api/portal/earlier-shares"): "choices:read",
    ("PUT", "/api/portal/earlier-shares/{share_id}"): "choices:write",
    ("PUT", "/api/portal/earlier-shares/{share_id}/end"): "choices:write",
    ("GET", "/api/portal/summaries"): "course:read",
    ("GET", "/api/portal/summaries/{summary_id}"): "course:read",
    ("PUT", "/api/portal/summaries/{summary_id}"): "course:write",
    ("POST", "/api/portal/summaries/{summary_id}/versions"): "course:write",
    ("GET", "/api/portal/process-notes"): "process_notes:read",
    ("GET", "/api/portal/process-notes/{note_id}"): "process_notes:read",
    ("GET", "/api/portal/process-notes/{note_id}/versions"): "process_notes:read",
    ("PUT", "/api/portal/process-notes/{note_id}"): "process_notes:write",
    ("POST", "/api/portal/process-notes/{note_id}/versions"): "process_notes:write",
    ("DELETE", "/api/portal/process-notes/{note_id}"): "process_notes:write",
    ("GET", "/api/portal/courses/{course_id}/versions"): "course:read",
    ("GET", "/api/portal/summaries/{summary_id}/versions"): "course:write",
    (
        "PUT",
        "/api/portal/courses/sessions/{session_id}/administrations/{administration_id}/withdrawal",
    ): "course:write",
    ("GET", "/api/portal/sealed-notes"): "sealed_notes:ask",
    ("GET", "/api/portal/sealed-notes/openings"): "sealed_notes:list",
    ("GET", "/api/portal/sealed-notes/openings/waiting"): "sealed_notes:list",
    ("PUT", "/api/portal/sealed-notes/openings/{opening_id}"): "sealed_notes:ask",
    ("PUT", "/api/portal/sealed-notes/openings/{opening_id}/decision"): "sealed_notes:decide",
    ("GET", "/api/portal/sealed-notes/openings/{opening_id}/notes"): "sealed_notes:ask",
    ("GET", "/api/portal/dose-curve"): "dose_curve:read",
    ("GET", "/api/portal/dosing-days/{session_id}"): "course:read",
    ("PUT", "/api/portal/dosing-days/{session_id}/adverse-events/{record_id}"): "course:write",
    ("PUT", "/api/portal/dosing-days/{session_id}/discharge/{record_id}"): "course:write",
    ("PUT", "/api/portal/dosing-days/{session_id}/observations/{record_id}"): "course:write",
    ("PUT", "/api/portal/dosing-days/{session_id}/readiness/{record_id}"): "course:write",
    ("PUT", "/api/portal/dosing-days/{session_id}/vital-signs/{record_id}"): "course:write",
    ("GET", "/api/portal/journal"): "journal:read",
    ("GET", "/api/portal/journal/drafts"): "journal:write",
    ("GET", "/api/portal/journal/drafts/{entry_id}"): "journal:write",
    ("PUT", "/api/portal/journal/drafts/{entry_id}"): "journal:write",
    ("DELETE", "/api/portal/journal/drafts/{entry_id}"): "journal:write",
    ("POST", "/api/portal/journal/searches"): "journal:write",
    ("GET", "/api/portal/journal/sharing"): "journal:write",
    ("PUT", "/api/portal/journal/sharing/{therapist_id}"): "journal:write",
    ("GET", "/api/portal/journal/{entry_id}"): "journal:read",
    ("PUT", "/api/portal/journal/{entry_id}"): "journal:write",
    ("DELETE", "/api/portal/journal/{entry_id}"): "journal:write",
    ("GET", "/api/portal/journal/{entry_id}/versions"): "journal:write",
    ("GET", "/api/portal/journal/{entry_id}/voice-notes"): "journal:read",
    ("PUT", "/api/portal/journal/{entry_id}/voice-notes/{note_id}"): "journal:write",
    ("DELETE", "/api/portal/journal/{entry_id}/voice-notes/{note_id}"): "journal:write",
    ("GET", "/api/portal/journal/{entry_id}/voice-notes/{note_id}/content"): "journal:read",
    ("HEAD", "/api/portal/journal/{entry_id}/voice-notes/{note_id}/content"): "journal:write",
    ("PATCH", "/api/portal/journal/{entry_id}/voice-notes/{note_id}/content"): "journal:write",
    ("POST", "/api/portal/journal/{entry_id}/versions"): "journal:write",
    ("POST", "/api/portal/references"): "references:read",
    ("GET", "/api/portal/reminders"): "choices:read",
    ("PUT", "/api/portal/reminders"): "choices:write",
}


def guarded(app: FastAPI) -> list[GuardedRoute]:
    return [route for route in walk(app) if route.permission]


async def call(http: httpx.AsyncClient, method: str, path: str) -> httpx.Response:
    """Ask a route with ids of nobody and a body that would do."""
    filled = re.sub(r"{\w+}", lambda _: str(new_id()), path)
    body = check_in(version_id=str(new_id())) if method == "POST" else check_in()
    if path.endswith("choices"):
        body = {"check_ins": "therapist"}
    return await http.request(method, filled, json=None if method == "GET" else body)


def test_every_route_names_its_permission(app: FastAPI):
    assert {(route.method, route.path): route.permission for route in guarded(app)} == ROUTES
    assert {route.path for route in walk(app) if not route.permission} == OPEN


def test_permissions_are_alphabetical():
    assert list(Permission) == sorted(Permission)
    assert {permission for granted in access.grants.values() for permission in granted} == set(Permission)


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nobody_gets_in_without_a_token(app: FastAPI, method: str, path: str):
    async with open_client(app) as http:
        answer = await call(http, method, path)
    assert answer.status_code == 401
    assert method == "HEAD" or answer.json()["code"] == "not_authenticated"
    assert answer.headers["www-authenticate"] == 'Bearer, DPoP algs="ES256 EdDSA"'


OF_ADMINS = {"audit:read", "sealed_notes:decide", "sealed_notes:list"}


@pytest.mark.parametrize(("method", "path"), [route for route, asked in ROUTES.items() if asked not in OF_ADMINS])
async def test_an_admin_reads_and_writes_no_record_and_the_attempt_is_kept(
    *, app: FastAPI, issuer: TestIssuer, admin: Person, database: RolledBackDatabase, method: str, path: str
):
    async with open_client(app, issuer.token(admin, "portal")) as http:
        answer = await call(http, method, path)
    assert answer.status_code == 403
    assert method == "HEAD" or answer.json()["code"] == "forbidden"
    (event,) = await audited(database, ROUTES[method, path])
    assert (event.actor_id, event.actor_role, event.outcome) == (admin.id, "admin", "refused")


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        (
            "client",
            {
                *("sealed_notes:ask", "sealed_notes:decide", "sealed_notes:list"),
                *("audit:read", "brief:read", "caseload:read", "clients:read", "course:write", "dose_curve:read"),
                *("break_glass:open", "process_notes:read", "process_notes:write"),
            },
        ),
        (
            "therapist",
            {
                *("sealed_notes:decide", "sealed_notes:list"),
                *("access_log:read", "agenda:write", "audit:read"),
                *(
                    "check_ins:write",
                    "choices:read",
                    "choices:write",
                    "journal:write",
                    "preferences:write",
                    "quiet_mode:use",
                    "tasks:mark",
                ),
            },
        ),
        ("service", set(ROUTES.values())),
    ],
)
async def test_each_role_is_refused_what_is_not_its_own(
    *, app: FastAPI, issuer: TestIssuer, client_person: Person, therapist: Person, role: str, refused: set[str]
):
    person = therapist if role == "therapist" else client_person
    itself = {"sub": "web", "client_id": "web", "sid": None} if role == "service" else {}
    async with open_client(app, issuer.token(person, "portal", role=role, **itself)) as http:
        for (method, path), permission in ROUTES.items():
            answer = await call(http, method, path)
            assert (answer.status_code == 403) == (permission in refused), (method, path, answer.text)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example/auth"},
        {"iss": [f"{BASE_URL}/auth"]},
        {"aud": [f"{BASE_URL}/api/messaging"]},
        {"aud": []},
        {"exp": int(time.time()) - 1, "iat": int(time.time()) - 200},
        {"exp": int(time.time()) + 86_400},
        {"sub": "not-an-id"},
        {"role": "owner"},
    ],
)
async def test_a_token_that_is_not_for_here_and_now_is_refused(
    app: FastAPI, issuer: TestIssuer, client_person: Person, changes: dict[str, Any]
):
    async with open_client(app, issuer.token(client_person, "portal", **changes)) as http:
        assert (await http.get("/api/portal/choices")).status_code == 401


@pytest.mark.parametrize("scope", ["openid", "portals", "portal:read", "xportal", "messaging"])
async def test_a_scope_is_matched_whole(app: FastAPI, issuer: TestIssuer, client_person: Person, scope: str):
    async with open_client(app, issuer.token(client_person, "portal", scope=scope)) as http:
        answer = await http.get("/api/portal/choices")
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["www-authenticate"]


def signed_with_the_public_key(issuer: TestIssuer, token: str) -> str:
    """HS256 with what everybody knows, as a verifier that trusts the header would accept it."""
    header = json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": issuer.key.kid}).encode()
    signed = base64.urlsafe_b64encode(header).decode().rstrip("=") + "." + token.split(".")[1]
    mac = hmac.digest(issuer.key.as_pem(private=False), signed.encode(), "sha256")
    return signed + "." + base64.urlsafe_b64encode(mac).decode().rstrip("=")


async def test_forged_tokens_are_refused(app: FastAPI, issuer: TestIssuer, client_person: Person):
    claims = issuer.claims(client_person, "portal")
    stranger = ECKey.generate_key("P-256", {"kid": issuer.key.kid}, auto_kid=False)
    header = {"typ": "at+jwt", "kid": issuer.key.kid}
    good = issuer.token(client_person, "portal")
    forged = [
        jwt.encode(header | {"alg": "ES256"}, claims, stranger, algorithms=["ES256"]),
        signed_with_the_public_key(issuer, good),
        jwt.encode(header | {"alg": "ES256", "typ": "JWT"}, claims, issuer.key, algorithms=["ES256"]),
        good.rsplit(".", 1)[0] + ".",
        "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + good.split(".")[1] + ".",
        good[:-4],
        "x",
    ]
    for token in forged:
        async with open_client(app, token) as http:
            assert (await http.get("/api/portal/choices")).status_code == 401, token


async def test_a_cookie_is_no_token(app: FastAPI, issuer: TestIssuer, client_person: Person):
    token = issuer.token(client_person, "portal")
    async with open_client(app, cookie=f"web={token}; access_token={token}") as http:
        assert (await http.get("/api/portal/choices")).status_code == 401


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", "application/xml"])
async def test_json_is_taken_as_json_only(as_client: httpx.AsyncClient, kind: str):
    answer = await as_client.put(
        "/api/portal/choices", content=b'{"journal": "only_me"}', headers={"content-type": kind}
    )
    assert answer.status_code in {415, 422}


async def test_a_body_above_64_kib_is_refused(as_client: httpx.AsyncClient):
    body = check_in(note="x" * 65_000, tags=["y" * 600])
    answer = await as_client.put(f"/api/portal/check-ins/{new_id()}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_openapi_is_public_and_tells_each_routes_problems(app: FastAPI):
    async with open_client(app) as http:
        answer = await http.get("/api/portal/openapi.json")
    assert answer.status_code == 200
    paths = answer.json()["paths"]
    assert {(method.upper(), path) for path, routes in paths.items() for method in routes} == set(ROUTES)
    for path, routes in paths.items():
        for method, route in routes.items():
            told = route["responses"]
            assert {"401", "403"} <= told.keys(), (method, path)
            assert all("application/problem+json" in told[status]["content"] for status in told if status >= "400")
            if "requestBody" in route:
                assert {"400", "413", "422", "503"} <= told.keys(), (method, path)


async def test_it_is_ready_with_its_database_and_keys(app: FastAPI):
    async with open_client(app) as http:
        assert (await http.get("/livez")).status_code == 200
        ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"migrations": True, "keys": True, "feed": True})
