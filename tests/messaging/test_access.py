"""Who comes in at all: every route by itself, and every token that is not for it."""

import time
from typing import Any

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer, as_service, open_client
from afterglow_foundation.testing.walker import GuardedRoute, walk
from afterglow_messaging.permissions import Permission, access
from fastapi import FastAPI

from tests.messaging.practice import API, CONVERSATIONS, WAKE_UPS, Pair, Practice

AUDIT_EVENTS = f"{API}/audit-events"  # for admins: test_audit_events.py
ACCESS_LOG = f"{API}/access-log"  # for clients: test_access_log.py
GUARDED = {
    (ACCESS_LOG, "GET"): "access_log:read",
    (AUDIT_EVENTS, "GET"): "audit:read",
    (CONVERSATIONS, "GET"): "conversations:read",
    (f"{CONVERSATIONS}/{{conversation_id}}", "GET"): "conversations:read",
    (f"{CONVERSATIONS}/{{conversation_id}}/messages", "GET"): "messages:read",
    (f"{CONVERSATIONS}/{{conversation_id}}/messages/{{message_id}}", "PUT"): "messages:send",
    (f"{CONVERSATIONS}/{{conversation_id}}/read-mark", "PUT"): "read_marks:move",
    (f"{API}/events", "GET"): "messages:follow",
    (f"{API}/unread", "GET"): "unread:count",
    (f"{API}/updates", "GET"): "messages:read",
}
INTERNAL = {(WAKE_UPS, "GET"): "wake_ups:follow"}
OWN = {CONVERSATIONS, f"{API}/unread", f"{API}/updates"}  # they answer everybody, about themselves
PUBLIC = {("/livez", "GET"), ("/readyz", "GET"), ("/metrics", "GET")}


def test_every_route_has_its_permission(app: FastAPI) -> None:
    found = walk(app)
    assert {(route.path, route.method): route.permission for route in found if route.permission} == GUARDED | INTERNAL
    assert {(route.path, route.method) for route in found if not route.permission} == PUBLIC


def test_permissions_are_in_order_and_each_is_used() -> None:
    assert [permission.name for permission in Permission] == sorted(permission.name for permission in Permission)
    assert {str(permission) for permission in Permission} == {*GUARDED.values(), *INTERNAL.values()}
    assert {str(role) for role in access.grants} == {"admin", "client", "service", "therapist"}


def guarded(app: FastAPI, pair: Pair) -> list[tuple[str, str]]:
    def concrete(route: GuardedRoute) -> tuple[str, str]:
        path = route.path.format(conversation_id=pair.conversation_id, message_id=new_id())
        return route.method, path

    routes = [concrete(route) for route in walk(app) if route.permission and route.path != WAKE_UPS]
    assert routes
    return routes


async def test_nobody_comes_in_without_a_token(app: FastAPI, pair: Pair) -> None:
    async with open_client(app) as http:
        for method, path in guarded(app, pair):
            answer = await http.request(method, path, json={"text": "hello"})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json()["code"] == "not_authenticated"


def another(**claims: Any) -> dict[str, Any]:
    return claims


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (another(aud=[f"{BASE_URL}/api/portal"]), 401),
        (another(aud=[f"{BASE_URL}/api/messaging/"]), 401),
        (another(aud=f"{BASE_URL}/api/messaging"), 401),
        (another(iss=f"{BASE_URL}/other"), 401),
        (another(iat=int(time.time()) - 400, exp=int(time.time()) - 100), 401),
        (another(exp=int(time.time()) + 3600), 401),
        (another(sub="somebody"), 401),
        (another(role="owner"), 401),
        (another(scope="openid portal"), 403),
        (another(scope="openid messaging:read"), 403),
        (another(scope="openid messaging2"), 403),
        (another(scope=""), 403),
    ],
)
async def test_a_token_for_something_else_is_refused(
    practice: Practice, pair: Pair, claims: dict[str, Any], status: int
) -> None:
    async with practice.signed_in(pair.client, **claims) as http:
        for method, path in guarded(practice.app, pair):
            assert (await http.request(method, path, json={"text": "hello"})).status_code == status
    assert await practice.read(pair, pair.client) == []


async def test_a_missing_scope_is_kept_in_the_audit(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client, scope="openid portal") as http:
        await http.get(CONVERSATIONS)
    assert len(await practice.audited(action="scope:messaging", outcome="refused")) == 1


async def test_a_token_signed_by_somebody_else_is_refused(practice: Practice, pair: Pair) -> None:
    forged = TestIssuer().token(pair.client, "messaging")
    async with open_client(practice.app, forged) as http:
        assert (await http.get(CONVERSATIONS)).status_code == 401


async def test_a_cookie_or_a_query_is_no_token(practice: Practice, pair: Pair, issuer: TestIssuer) -> None:
    token = issuer.token(pair.client, "messaging")
    async with open_client(practice.app, cookie=f"access_token={token}") as http:
        assert (await http.get(CONVERSATIONS, params={"access_token": token})).status_code == 401


async def test_a_service_token_opens_no_conversation(practice: Practice, pair: Pair) -> None:
    async with practice.signed_in(pair.client, **as_service("web")) as http:
        for method, path in guarded(practice.app, pair):
            assert (await http.request(method, path, json={"text": "hello"})).status_code == 403


async def test_the_api_describes_itself_to_everybody(app: FastAPI) -> None:
    async with open_client(app) as http:
        document = (await http.get("/api/messaging/openapi.json")).json()
    assert {(path, method.upper()) for path, methods in document["paths"].items() for method in methods} == set(GUARDED)
    sending = document["paths"][f"{CONVERSATIONS}/{{conversation_id}}/messages/{{message_id}}"]["put"]["responses"]
    assert {"200", "201", "401", "403", "404", "409", "413", "415", "422", "503"} <= sending.keys()


async def test_the_service_is_ready_when_database_and_keys_are(app: FastAPI) -> None:
    async with open_client(app) as http:
        assert (await http.get("/livez")).status_code == 200
        ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"migrations": True, "keys": True, "feed": True})


async def test_a_person_of_the_other_pair_finds_nothing_anywhere(
    practice: Practice, pair: Pair, other_pair: Pair
) -> None:
    for stranger in (other_pair.client, other_pair.therapist):
        await walk_as(practice, stranger, pair)


async def walk_as(practice: Practice, stranger: Person, pair: Pair) -> None:
    async with practice.signed_in(stranger) as http:
        for method, path in guarded(practice.app, pair):
            if path in {f"{API}/events", ACCESS_LOG, AUDIT_EVENTS}:
                continue  # the first does not end: test_live_streams.py
            body = {"sequence": 1} if path.endswith("/read-mark") else {"text": "hello"}
            answer = await http.request(method, path, json=body)
            assert answer.status_code == (200 if path in OWN else 404)
            assert str(pair.client.id) not in answer.text
