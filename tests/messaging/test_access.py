"""Who comes in at all: every route by itself, and every token that is not for it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer, as_service, open_client
from afterglow_foundation.testing.walker import GuardedRoute, walk
from afterglow_messaging.permissions import Permission, access
from fastapi import FastAPI

from tests.messaging.attachments.sending import PART, numbered
from tests.messaging.practice import API, CONVERSATIONS, WAKE_UPS, Pair, Practice

AUDIT_EVENTS = f"{API}/audit-events"  # for admins: test_audit_events.py
ANSWER_TARGET = f"{API}/answer-target"  # one's own, for therapists: test_answering.py
SAVED_ANSWERS = f"{API}/saved-answers"  # the same: test_saved_answers.py
WAITING = f"{API}/waiting"
SCHEDULED = f"{CONVERSATIONS}/{{conversation_id}}/scheduled-messages/{{message_id}}"
ACCESS_LOG = f"{API}/access-log"  # for clients: test_access_log.py
NOTICE_CHOICES = f"{API}/notice-choices"  # one's own: test_notices.py
SEEN_CHOICE = f"{API}/seen-choice"  # one's own: test_seen.py
MESSAGE = f"{CONVERSATIONS}/{{conversation_id}}/messages/{{message_id}}"
ATTACHMENT = f"{CONVERSATIONS}/{{conversation_id}}/attachments/{{attachment_id}}"
GUARDED = {
    (ACCESS_LOG, "GET"): "access_log:read",
    (ANSWER_TARGET, "GET"): "answers:manage",
    (ANSWER_TARGET, "PUT"): "answers:manage",
    (AUDIT_EVENTS, "GET"): "audit:read",
    (CONVERSATIONS, "GET"): "conversations:read",
    (f"{CONVERSATIONS}/{{conversation_id}}", "GET"): "conversations:read",
    (f"{CONVERSATIONS}/{{conversation_id}}/availability", "GET"): "conversations:read",
    (ATTACHMENT, "PUT"): "messages:send",
    (ATTACHMENT, "DELETE"): "messages:send",
    (f"{ATTACHMENT}/completion", "PUT"): "messages:send",
    (f"{ATTACHMENT}/content", "GET"): "messages:read",
    (f"{ATTACHMENT}/content", "HEAD"): "messages:send",
    (f"{ATTACHMENT}/content", "PATCH"): "messages:send",
    (f"{CONVERSATIONS}/{{conversation_id}}/messages", "GET"): "messages:read",
    (f"{CONVERSATIONS}/{{conversation_id}}/exports", "POST"): "conversations:export",
    (f"{CONVERSATIONS}/{{conversation_id}}/no-answer-needed", "PUT"): "answers:manage",
    (MESSAGE, "GET"): "messages:read",
    (MESSAGE, "PUT"): "messages:send",
    (f"{MESSAGE}/versions", "GET"): "messages:read",
    (f"{MESSAGE}/versions", "POST"): "messages:correct",
    (f"{MESSAGE}/withdrawal", "PUT"): "messages:withdraw",
    (f"{CONVERSATIONS}/{{conversation_id}}/read-mark", "PUT"): "read_marks:move",
    (f"{API}/events", "GET"): "messages:follow",
    (NOTICE_CHOICES, "GET"): "notices:choose",
    (NOTICE_CHOICES, "PUT"): "notices:choose",
    (SAVED_ANSWERS, "GET"): "saved_answers:write",
    (f"{SAVED_ANSWERS}/{{answer_id}}", "GET"): "saved_answers:write",
    (f"{SAVED_ANSWERS}/{{answer_id}}", "PUT"): "saved_answers:write",
    (f"{SAVED_ANSWERS}/{{answer_id}}", "DELETE"): "saved_answers:write",
    (f"{SAVED_ANSWERS}/{{answer_id}}/versions", "POST"): "saved_answers:write",
    (f"{API}/scheduled-messages", "GET"): "messages:send",
    (SCHEDULED, "PUT"): "messages:send",
    (SCHEDULED, "DELETE"): "messages:send",
    (f"{SCHEDULED}/versions", "POST"): "messages:send",
    (f"{API}/searches", "POST"): "messages:read",
    (SEEN_CHOICE, "GET"): "seen:choose",
    (SEEN_CHOICE, "PUT"): "seen:choose",
    (f"{CONVERSATIONS}/{{conversation_id}}/seen-mark", "GET"): "seen:read",
    (f"{API}/unread", "GET"): "unread:count",
    (f"{API}/updates", "GET"): "messages:read",
    (WAITING, "GET"): "answers:manage",
}
INTERNAL = {(WAKE_UPS, "GET"): "wake_ups:follow"}
OWN = {
    CONVERSATIONS,
    f"{API}/scheduled-messages",
    f"{API}/unread",
    f"{API}/updates",
}  # they answer everybody, about themselves
ONES_OWN = {ANSWER_TARGET, NOTICE_CHOICES, SEEN_CHOICE, WAITING}
FOR_THERAPISTS = "/no-answer-needed"
PUBLIC = {("/livez", "GET"), ("/readyz", "GET"), ("/metrics", "GET")}


def test_every_route_has_its_permission(app: FastAPI) -> None:
    found = walk(app)
    assert {(route.path, route.method): route.permission for route in found if route.permission} == GUARDED | INTERNAL
    assert {(route.path, route.method) for route in found if not route.permission} == PUBLIC


def test_permissions_are_in_order_and_each_is_used() -> None:
    assert [permission.name for permission in Permission] == sorted(permission.name for permission in Permission)
    assert {str(permission) for permission in Permission} == {*GUARDED.values(), *INTERNAL.values()}
    assert {str(role) for role in access.grants} == {"admin", "client", "service", "therapist"}


def guarded(app: FastAPI, pair: Pair, role: Role | None = None) -> list[tuple[str, str]]:
    """Method and path of every route that needs a permission; with a `role`, of those that it may use."""

    def concrete(route: GuardedRoute) -> tuple[str, str]:
        made = {name: new_id() for name in ("message_id", "attachment_id", "answer_id")}
        path = route.path.format(conversation_id=pair.conversation_id, **made)
        return route.method, path

    needing = [route for route in walk(app) if route.permission and route.path != WAKE_UPS]
    routes = [concrete(one) for one in needing if role is None or access.allows(role, one.permission)]
    assert routes
    return routes


async def test_nobody_comes_in_without_a_token(app: FastAPI, pair: Pair) -> None:
    async with open_client(app) as http:
        for method, path in guarded(app, pair):
            answer = await http.request(method, path, json={"text": "hello"})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert method == "HEAD" or answer.json()["code"] == "not_authenticated"


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


def sent_to(method: str, path: str, pair: Pair) -> dict[str, Any]:
    """What a route takes, so that nothing but whose it is stands in the way."""
    if method == "PATCH":
        return {"content": numbered(500), "headers": PART | {"upload-offset": "0"}}
    plain = {"size": 500, "name": "Hello"} if "/attachments/" in path else {"text": "hello"}
    bodies: dict[str, dict[str, Any]] = {
        "no-answer-needed": {"sequence": 1},
        "read-mark": {"sequence": 1},
        "searches": {"q": "hello", "conversation": str(pair.conversation_id)},
        "versions": {"id": str(new_id()), "text": "hello", "replaces": 0},
    }
    if "/scheduled-messages/" in path:
        later = {"text": "hello", "send_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
        return {"json": later | ({"replaces": 0} if method == "POST" else {})}
    return {"json": bodies.get(path.rpartition("/")[2], plain)}


async def walk_as(practice: Practice, stranger: Person, pair: Pair) -> None:
    async with practice.signed_in(stranger) as http:
        for method, path in guarded(practice.app, pair):
            if path in {f"{API}/events", ACCESS_LOG, AUDIT_EVENTS, *ONES_OWN} or path.startswith(SAVED_ANSWERS):
                continue  # the first does not end: test_live_streams.py
            answer = await http.request(method, path, **sent_to(method, path, pair))
            of_therapists = path.endswith(FOR_THERAPISTS) and stranger.role == Role.client
            assert answer.status_code == (403 if of_therapists else 200 if path in OWN else 404)
            assert str(pair.client.id) not in answer.text
