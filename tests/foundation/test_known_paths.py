"""Paths without a parameter: looked up, and answered as FastAPI's own way through all routes would."""

from typing import Annotated

import pytest
from afterglow_foundation.errors import Forbidden
from afterglow_foundation.known_paths import KnownPaths, is_plain
from afterglow_foundation.permissions import authenticated, public
from afterglow_foundation.testing.people import Person
from fastapi import Depends
from fastapi.routing import iter_route_contexts
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.foundation.tiny import ReadThings, Tiny, routed

PUBLIC = [Depends(public)]


async def alone(request: Request) -> Response:
    return PlainTextResponse(request.scope["route"].path_format)


async def failing(request: Request) -> Response:
    raise Forbidden(request.url.path)


async def guarded(caller: ReadThings) -> str:
    return str(caller.person)


async def with_more(request: Request, word: str = "none") -> Response:
    return PlainTextResponse(f"{request.method} {word}")


async def not_alone(request: Request, _: Annotated[object, Depends(authenticated)]) -> Response:
    return PlainTextResponse(request.method)


async def of_no_answer(request: Request) -> str:
    return request.method


def of_a_thread(request: Request) -> Response:
    return PlainTextResponse(request.method)


async def test_a_known_path_is_answered_whatever_stands_before_it(tiny: Tiny, client_person: Person) -> None:
    app = tiny.app(
        routed("/{word}/b", alone, dependencies=PUBLIC), routed("/a", guarded), routed("/c", alone, dependencies=PUBLIC)
    )
    async with tiny.signed_in(app, client_person) as http:
        assert (await http.get("/a")).json() == str(client_person.id)
        assert (await http.get("/c")).text == "/c"
        assert (await http.get("/x/b")).text == "/{word}/b"


async def test_a_known_path_keeps_its_permission_its_problems_and_its_methods(tiny: Tiny) -> None:
    app = tiny.app(routed("/a", guarded), routed("/b", failing, dependencies=PUBLIC))
    async with tiny.signed_in(app) as http:
        assert (await http.get("/a")).status_code == 401
        refused = await http.get("/b")
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
        other = await http.post("/a")
        assert (other.status_code, other.headers["allow"]) == (405, "GET")
        assert (await http.get("/A")).status_code == (await http.get("/a/")).status_code == 404


async def test_a_known_path_is_counted_under_its_own_name(tiny: Tiny) -> None:
    app = tiny.app(routed("/c", alone, dependencies=PUBLIC))
    async with tiny.signed_in(app) as http:
        await http.get("/c")
        assert 'http_requests_total{method="GET",route="/c",status="200"} 1.0' in (await http.get("/metrics")).text


@pytest.mark.parametrize(
    ("endpoint", "dependencies", "plain"),
    [
        (alone, PUBLIC, True),
        (failing, PUBLIC, True),
        (alone, [*PUBLIC, Depends(authenticated)], False),
        (with_more, PUBLIC, False),
        (not_alone, PUBLIC, False),
        (of_no_answer, PUBLIC, False),
        (of_a_thread, PUBLIC, False),
        (guarded, [], False),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_only_what_needs_nothing_of_fastapi_goes_without_it(
    endpoint: object, dependencies: object, plain: bool
) -> None:
    [context] = iter_route_contexts(routed("/a", endpoint, dependencies=dependencies).routes)
    assert is_plain(context.endpoint, context) == plain


def test_paths_with_a_parameter_are_left_to_fastapi() -> None:
    routes = [*routed("/a/{word}", alone, dependencies=PUBLIC).routes, *routed("/a", alone, dependencies=PUBLIC).routes]
    assert set(KnownPaths(routes).known) == {("GET", "/a")}
