"""Who is let in where: every route of every service, for each of the ten actors, cell by cell."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from afterglow_foundation.testing.walker import walk

from tests.auth.arranging import is_sign_in_page
from tests.portal.voice_notes.recording import PART
from tests.security.actors import Shown, api_of, person_for, show
from tests.security.catalogue import asking
from tests.security.house import SERVICES, House
from tests.security.matrix import GETS_IN, SIGN_IN, STEP_UP, Actor, Row, read_table
from tests.security.scene import Scene
from tests.security.traces import Traces, traces_in

ROWS = read_table()
LEADS = {
    "/sign-in": SIGN_IN,
    "/auth/sign-in": SIGN_IN,
    "/step-up": STEP_UP,
    "/auth/sign-in/confirm": STEP_UP,
}
STREAMS, STATUS = "/internal/events/streams", "/internal/events/status"
FOR_SERVICES = {
    ("GET", "/internal/events/snapshot"),
    ("POST", "/internal/events/poll"),
    ("POST", "/internal/events/verification"),
    ("GET", "/internal/live"),
    ("PUT", "/internal/notices/{notice_id}"),
    *((method, STREAMS) for method in ("DELETE", "GET", "PATCH", "POST", "PUT")),
    *((method, STATUS) for method in ("GET", "POST")),
}


def operations(house: House, service: str) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """What the service's OpenAPI document says of each route; web and the pages of auth have none."""
    for path, methods in house.app(service).openapi()["paths"].items():
        for method, operation in methods.items():
            yield (method.upper(), path), operation


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_its_row(house: House, service: str):
    """A new route is added to `matrix.txt` knowingly, with what each of the ten actors is answered."""
    documented = {route for route, _ in operations(house, service)} if service != "web" else set()
    routes = {(route.method, route.path) for route in walk(house.app(service))} | documented
    listed = [row.route for row in ROWS[service]]
    assert sorted(routes - set(listed)) == [], "routes without a row in tests/security/matrix.txt"
    assert sorted(set(listed) - routes) == [], "rows of tests/security/matrix.txt without a route"
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize("service", SERVICES)
def test_somebody_gets_in_everywhere(service: str):
    """Or else a refusal could come from a request that nobody would be answered to."""
    shut = [row.route for row in ROWS[service] if not GETS_IN & set(row.expected.values())]
    assert set(shut) <= FOR_SERVICES


@pytest.mark.timeout(900)  # a minute a service, on a busy machine many times that
@pytest.mark.parametrize("service", SERVICES)
async def test_every_cell(scene: Scene, service: str, record_property: Any):
    rows = ROWS[service]
    described = dict(operations(scene.house, service)) if service != "web" else {}
    schemas = scene.house.app(service).openapi().get("components", {}).get("schemas", {})
    wrong, cells = [], 0
    for row in rows:
        for actor in Actor:
            wrong += await faults_of_cell(scene, row, actor, described.get(row.route, {}), schemas)
            cells += 1
    record_property("counted", f"authorisation matrix, {service}: {cells} cells of {len(rows)} routes")
    assert wrong == []
    assert cells == len(rows) * len(Actor) > 0


async def faults_of_cell(
    scene: Scene, row: Row, actor: Actor, operation: dict[str, Any], schemas: dict[str, Any]
) -> list[str]:
    """What is wrong with one cell: another outcome than the table's, or a refusal that left no trace or did something.

    Pages are judged by their outcome alone: they touch the browser's session, and the APIs behind them are cells too.
    """
    refused = api_of(row) is not None and row.expected[actor] not in GETS_IN
    async with scene.house.undone():
        shown = await show(scene, row, actor)
        look = partial(traces_in, scene.house.databases[row.service], person_for(scene, row, actor))
        before = await look() if refused else None
        answer = await ask(scene, row, shown, operation, schemas)
        after = await look() if refused else None
    name, outcome = f"{row.method} {row.path} as {actor}", outcome_of(answer)
    if outcome != row.expected[actor]:
        return [f"{name}: {outcome} instead of {row.expected[actor]}: {answer.text[:200]}"]
    challenged = is_step_up(answer)
    if (actor == Actor.no_step_up and outcome == "401" and row.expected[row.insider] in GETS_IN) != challenged:
        return [f"{name}: {outcome}, and a challenge where there should be none or none where there should be one"]
    return [f"{name}: {outcome}, {fault}" for fault in faults_of_refusal(outcome, before, after, challenged=challenged)]


def is_step_up(answer: httpx.Response) -> bool:
    """Whether the answer challenges as RFC 9470 says, in a problem document with its own code."""
    challenge = answer.headers.get("www-authenticate", "")
    said = 'error="insufficient_user_authentication"' in challenge and 'max_age="' in challenge
    return said and answer.status_code == 401 and answer.json()["code"] == "step_up_needed"


def faults_of_refusal(
    outcome: str, before: Traces | None, after: Traces | None, *, challenged: bool = False
) -> Iterator[str]:
    """Who was known and refused is in the audit; nothing else was written."""
    if before and after:
        if (challenged or outcome in {"403", "404"}) and after.refusals == before.refusals:
            yield "without a refusal in the audit"
        if written := sorted(set(after.rows) - set(before.rows)):
            yield f"and yet something was written: {written}"


async def ask(
    scene: Scene, row: Row, shown: Shown, operation: dict[str, Any], schemas: dict[str, Any]
) -> httpx.Response:
    wanted = asking(scene, row.route, operation, schemas)
    path = row.path.format(**{**scene.ids, **wanted.ids})
    found = await wanted.before(scene) if wanted.before else {}
    form = None if wanted.form is None else {"csrf_token": shown.csrf_token, **wanted.form, **found}
    content: dict[str, Any] = {"data": form} if form is not None else {"json": wanted.json} if wanted.json else {}
    if wanted.upload:
        kinds = {b"\x89PNG": "image/png", b"RIFF": "audio/wav"}
        kind = kinds.get(wanted.upload[:4], "text/csv")
        content["files"] = {"file": ("people.csv", wanted.upload, kind)}
    if wanted.picture:
        content = {"content": wanted.picture, "headers": {"content-type": "image/png"}}
    if wanted.part:
        content = {"content": wanted.part, "headers": PART | {"upload-offset": "0"}}
    async with scene.house.client(row.service, cookies=shown.cookies, headers=shown.headers) as http:
        return await http.request(row.method, path, params={**wanted.query, **({} if form else found)}, **content)


def outcome_of(answer: httpx.Response) -> str:
    """The status, or that the answer leads to a sign-in page, web's or auth's, or to the one that asks for proof.

    A client's request is answered by auth's own at once.
    """
    if answer.url.path == "/auth/authorize" and is_sign_in_page(answer):
        return SIGN_IN
    location = urlsplit(answer.headers.get("location", ""))
    led = LEADS.get(location.path) if answer.status_code == 303 else None
    return led or str(answer.status_code)


@pytest.mark.parametrize(
    "broken",
    [
        "web:",
        f"web: {' '.join(Actor)}\nGET / 200",
        f"web: {' '.join(Actor)}\nGET / {'422 ' * len(Actor)}",
    ],
)
def test_a_table_that_leaves_something_unsaid_is_refused(broken: str):
    with pytest.raises(ValueError, match=r"matrix\.txt"):
        read_table(broken)


def test_a_refusal_that_wrote_or_left_no_trace_is_found():
    before = Traces(0, ["people: one"])
    assert list(faults_of_refusal("404", before, Traces(1, ["people: one"]))) == []
    assert len(list(faults_of_refusal("403", before, Traces(0, ["people: another"])))) == 2
    assert len(list(faults_of_refusal("401", before, Traces(0, ["people: another"])))) == 1
    assert len(list(faults_of_refusal("401", before, before, challenged=True))) == 1
