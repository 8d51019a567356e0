"""Requests that another site makes somebody's browser send: every route that changes something, of every service."""

from typing import Any

import httpx
import pytest

from tests.security.actors import Shown, show
from tests.security.catalogue import asking
from tests.security.house import SERVICES
from tests.security.matrix import Row
from tests.security.scene import Scene
from tests.security.test_matrix import ROWS, operations

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
ELSEWHERE = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}
NO_COOKIE_NEEDED = {
    "/auth/token": "who asks proves itself in the request; a browser's cookie says nothing there",
    "/auth/par": "as the token endpoint",
    "/auth/introspect": "as the token endpoint",
    "/auth/revoke": "as the token endpoint",
}
STEP = "a step's page asks once more"
SENT_ON = {
    "/auth/authorize": ("by POST it is sent on as GET, which changes nothing", "/auth/authorize?"),
    "/auth/forgotten": ("its page asks once more", "/auth/forgotten"),
    "/auth/consent/{question_id}": ("its page asks once more", "/auth/consent/"),
    "/auth/sign-out": ("without our form's token it is sent on as GET, which asks", "/auth/sign-out?"),
    "/auth/sign-in/confirm": (STEP, "/auth/sign-in/confirm?"),
    **dict.fromkeys(
        [f"/auth/sign-in/{step}" for step in ("codes", "codes/text", "factor", "second", "terms")],
        (STEP, "/auth/sign-in/terms"),
    ),
}


def unsafe(service: str) -> list[Row]:
    return [row for row in ROWS[service] if row.method in UNSAFE and row.path not in NO_COOKIE_NEEDED]


async def forge(scene: Scene, row: Row, schemas: dict[str, Any], operation: dict[str, Any]) -> httpx.Response:
    """The insider's request with all their cookies, from another site's page: no header or token of ours."""
    shown: Shown = await show(scene, Row("web", row.method, row.path, row.expected), row.insider)
    shown.cookies["auth"] = scene.browsers[scene.client.id].auth
    wanted = asking(scene, row.route, operation, schemas)
    if wanted.before:
        await wanted.before(scene)
    content = {"data": {"forged": "yes", **wanted.form}} if wanted.form is not None else {"json": wanted.json}
    path = row.path.format(**{**scene.ids, **wanted.ids})
    headers = {**ELSEWHERE, "accept": "text/html"}
    async with scene.house.client(row.service, cookies=shown.cookies, headers=headers) as http:
        return await http.request(row.method, path, **content)


@pytest.mark.parametrize("service", SERVICES)
async def test_what_another_site_sends_changes_nothing(scene: Scene, service: str, record_property: Any):
    described = dict(operations(scene.house, service)) if service != "web" else {}
    schemas = scene.house.app(service).openapi().get("components", {}).get("schemas", {})
    rows, answers = unsafe(service), {}
    for row in rows:
        async with scene.house.undone():
            answers[row.route] = await forge(scene, row, schemas, described.get(row.route, {}))
    record_property("counted", f"forged requests, {service}: {len(rows)} routes that change something")
    taken = {route: answer.status_code for route, answer in answers.items() if answer.status_code not in {401, 403}}
    assert {path for _, path in taken} <= SENT_ON.keys()
    for (_, path), status in taken.items():
        assert status == 303
        assert answers["POST", path].headers["location"].startswith(SENT_ON[path][1])
    assert rows
