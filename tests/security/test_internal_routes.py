"""What services ask of each other: a service's own token opens it, a person's never, whatever it says of itself."""

from typing import Any

import httpx
import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, as_service

from tests.security.catalogue import asking
from tests.security.matrix import GETS_IN, Actor
from tests.security.scene import Scene
from tests.security.test_matrix import FOR_SERVICES, ROWS, STREAMS

SCOPES = {"/internal/events": "security_events", "/internal/live": "live", "/internal/notices": "notices"}
INTERNAL = [row for rows in ROWS.values() for row in rows if row.route in FOR_SERVICES]
SETTLED = {"returnImmediately": True, "maxEvents": 0}
NO_STREAM = {"stream_id": "none", "status": "paused"}
NOTICE = "/internal/notices/{notice_id}"
# Nobody is found under the id that a notice is for.
NO_NOTICE = {
    "person_id": str(new_id()),
    "kind": "prompt",
    "not_before": "2026-05-04T19:00:00Z",
    "expires_at": "2026-05-04T22:00:00Z",
}
# A stream that was never made is 404 for a service, and for it alone.
OPENED = {"/internal/events/status": 404, "/internal/events/verification": 404, NOTICE: 404}
OF_STREAMS = {"POST": 201, "GET": 200}


def named(row: Any) -> str:
    return f"{row.method}-{row.path}"


def claims_for(path: str, **changes: Any) -> dict[str, Any]:
    audience = next(prefix for prefix in SCOPES if path.startswith(prefix))
    return {"aud": [BASE_URL + audience], "scope": SCOPES[audience]} | changes


async def ask(scene: Scene, service: str, method: str, path: str, **claims: Any) -> httpx.Response:
    token = scene.token(scene.admin, "unused", **claims_for(path, **claims))
    sent: dict[str, Any] = {"json": SETTLED} if method == "POST" else {}
    if path in OPENED or method in {"DELETE", "PATCH", "PUT"}:
        sent = {"params": {"stream_id": "none"}} if method in {"GET", "DELETE"} else {"json": NO_STREAM}
    if path == NOTICE:
        sent = {"json": NO_NOTICE}
    path = path.format(notice_id=new_id())
    async with scene.house.client(service, headers={"authorization": f"Bearer {token}"}) as http:
        return await http.request(method, path, **sent)


@pytest.mark.parametrize("row", INTERNAL, ids=named)
async def test_a_service_gets_in(scene: Scene, row: Any):
    async with scene.house.undone():
        if row.path == "/internal/events/poll":  # a receiver begins with the snapshot, which registers it
            await ask(scene, "auth", "GET", "/internal/events/snapshot", **as_service("portal"))
        answer = await ask(scene, row.service, row.method, row.path, **as_service("portal"))
    opened = OF_STREAMS.get(row.method, 404) if row.path == STREAMS else OPENED.get(row.path, 200)
    assert answer.status_code == opened, answer.text


@pytest.mark.parametrize("row", INTERNAL, ids=named)
async def test_a_person_does_not_even_with_the_audience_and_scope_of_a_service(scene: Scene, row: Any):
    async with scene.house.undone():
        answer = await ask(scene, row.service, row.method, row.path)
    assert answer.status_code == 403


@pytest.mark.parametrize("row", INTERNAL, ids=named)
@pytest.mark.parametrize(
    ("claims", "status"),
    [({"aud": [f"{BASE_URL}/api/portal"]}, 401), ({"scope": "openid portal"}, 403), ({"exp": 1, "iat": 0}, 401)],
)
async def test_a_services_token_for_something_else_does_not(
    scene: Scene, row: Any, claims: dict[str, Any], status: int
):
    answer = await ask(scene, row.service, row.method, row.path, **as_service("portal"), **claims)
    assert answer.status_code == status


@pytest.mark.parametrize("api", ["accounts", "portal", "messaging"])
async def test_a_service_reads_nobodys_records(scene: Scene, api: str):
    """Its token opens no route of an API that is not open to everybody, even if one were issued for it."""
    service = {"accounts": "auth"}.get(api, api)
    token = scene.token(scene.client, api, **as_service("web"))
    opened = []
    async with scene.house.client(service, headers={"authorization": f"Bearer {token}"}) as http:
        for row in ROWS[service]:
            if row.path.startswith("/api/") and row.expected[Actor.anonymous] not in GETS_IN:
                ids = {**scene.ids, **asking(scene, row.route, {}, {}).ids}
                answer = await http.request(row.method, row.path.format(**ids))
                opened += [] if answer.status_code == 403 else [(row.route, answer.status_code)]
    assert opened == []
