"""`create_app`: no route without a permission, limits, health, and what start-up and shutdown do."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest
from afterglow_foundation import app as application
from afterglow_foundation.app import LARGEST_BODY
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.permissions import UnguardedRouteError, authenticated, public
from afterglow_foundation.testing.people import Person, TestIssuer, open_client
from afterglow_foundation.testing.walker import GuardedRoute, walk
from fastapi import APIRouter, Body, Depends, FastAPI, WebSocket
from fastapi.routing import iter_route_contexts
from sqlalchemy import text

from tests.foundation.tiny import ReadThings, Tiny, WriteThings, routed


async def unguarded() -> str:
    return "open"


async def guarded(caller: ReadThings) -> str:
    return str(caller.person)


async def both(caller: ReadThings, _: Annotated[None, Depends(public)]) -> str:
    return str(caller.person)


def included(router: APIRouter, **options: object) -> APIRouter:
    outer = APIRouter(prefix="/outer", **options)
    outer.include_router(router)
    return outer


SIGNED_IN_ONLY = [Depends(authenticated)]


@pytest.mark.parametrize(
    "router",
    [
        routed("/a", unguarded),
        routed("/a", unguarded, dependencies=SIGNED_IN_ONLY),
        routed("/a", unguarded, include_in_schema=False),
        included(routed("/a", unguarded)),
        included(routed("/a", unguarded), dependencies=SIGNED_IN_ONLY),
        included(included(routed("/a", unguarded))),
    ],
    ids=["plain", "signed in only", "out of the schema", "included", "included, signed in only", "included twice"],
)
def test_a_route_without_a_permission_stops_the_start(tiny: Tiny, router: APIRouter) -> None:
    with pytest.raises(UnguardedRouteError, match="/a declares no permission"):
        tiny.app(routed("/b", guarded), router)


def test_a_web_socket_without_a_permission_stops_the_start(tiny: Tiny) -> None:
    router = APIRouter()

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()

    with pytest.raises(UnguardedRouteError, match="/live"):
        tiny.app(router)


@pytest.mark.parametrize(
    "router",
    [
        routed("/a", both),
        routed("/a", guarded, dependencies=[Depends(public)]),
        included(routed("/a", guarded), dependencies=[Depends(public)]),
    ],
    ids=["in the signature", "on the route", "on the router"],
)
def test_a_route_that_is_public_and_guarded_stops_the_start(tiny: Tiny, router: APIRouter) -> None:
    with pytest.raises(UnguardedRouteError, match="public and guarded"):
        tiny.app(router)


async def through_another(caller: Annotated[Caller, Depends(guarded)]) -> str:
    return str(caller)


def test_a_permission_may_stand_deeper_in_the_signature(tiny: Tiny) -> None:
    assert tiny.app(routed("/a", through_another))


def test_the_walker_names_every_route_with_its_permission(tiny: Tiny) -> None:
    app = tiny.app(
        included(routed("/read", guarded), dependencies=SIGNED_IN_ONLY),
        routed("/open", unguarded, dependencies=[Depends(public)]),
    )
    assert walk(app) == [
        GuardedRoute("/livez", "GET", None),
        GuardedRoute("/metrics", "GET", None),
        GuardedRoute("/open", "GET", None),
        GuardedRoute("/outer/read", "GET", "things:read"),
        GuardedRoute("/readyz", "GET", None),
    ]


def test_the_walker_fails_on_what_create_app_would_not_build() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    with pytest.raises(AssertionError, match="no route"):
        walk(app)
    app.include_router(routed("/a", unguarded))
    with pytest.raises(AssertionError, match="/a"):
        walk(app)


async def echo(_: WriteThings, value: Annotated[str, Body(embed=True)]) -> int:
    return len(value)


@pytest.mark.parametrize("announced", [True, False], ids=["length announced", "length not announced"])
@pytest.mark.parametrize("limit", [None, 1000], ids=["the app's limit", "a router's own limit"])
async def test_a_body_over_its_limit_is_a_problem(
    tiny: Tiny, client_person: Person, announced: bool, limit: int | None
) -> None:
    router = APIRouter(max_body_size=limit)
    router.include_router(routed("/a", echo, method="PUT"))
    largest = limit or LARGEST_BODY

    def body(size: int) -> bytes:
        return b'{"value": "' + b"x" * (size - 13) + b'"}'

    async def in_parts(content: bytes) -> AsyncIterator[bytes]:
        yield content[:500]
        yield content[500:]

    async with tiny.signed_in(tiny.app(router), client_person, **{"content-type": "application/json"}) as http:
        for size, status in ((largest, 200), (largest + 1, 413)):
            content = body(size)
            answer = await http.put("/a", content=content if announced else in_parts(content))
            assert answer.status_code == status
            assert answer.headers["x-request-id"]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "too_large"


async def test_a_service_is_alive_and_ready(tiny: Tiny) -> None:
    async with open_client(tiny.app()) as http:
        assert (await http.get("/livez")).json() == {"status": "ok"}
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()) == (200, {"migrations": True})


async def test_a_condition_that_fails_or_cannot_be_asked_is_not_ready(tiny: Tiny) -> None:
    async def no() -> bool:
        return False

    async def away() -> bool:
        raise Unavailable

    async with open_client(tiny.app(checks={"no": no, "away": away})) as http:
        ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()) == (503, {"migrations": True, "no": False, "away": False})


async def test_a_database_that_is_away_or_behind_is_not_ready(
    tiny: Tiny, settings_values: dict[str, Any], issuer: TestIssuer, committed_superuser: Database
) -> None:
    away = Tiny(settings_values, issuer, Database.connect("postgresql+asyncpg://nobody@127.0.0.1:1/none"))
    async with open_client(away.app()) as http:
        assert (await http.get("/readyz")).json() == {"migrations": False}
    async with committed_superuser.sessions() as session, session.begin():
        before = await session.scalar(text("SELECT version_num FROM alembic_version"))
        await session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    try:
        async with open_client(tiny.app()) as http:
            assert (await http.get("/readyz")).status_code == 503
    finally:
        async with committed_superuser.sessions() as session, session.begin():
            await session.execute(text("UPDATE alembic_version SET version_num = :before"), {"before": before})


async def test_metrics_count_by_route_and_never_by_path(tiny: Tiny, client_person: Person) -> None:
    async def named(_: ReadThings, name: str) -> str:
        return name

    async with tiny.signed_in(tiny.app(routed("/things/{name}", named)), client_person) as http:
        await http.get("/things/a-clients-words")
        await http.get("/things/a-clients-words/further")
        measures = (await http.get("/metrics")).text
    assert 'http_requests_total{method="GET",route="/things/{name}",status="200"} 1.0' in measures
    assert 'route="unmatched",status="404"' in measures
    assert "words" not in measures


async def test_start_freezes_the_collector_and_the_end_closes_what_was_opened(tiny: Tiny) -> None:
    told: list[str] = []

    class Closing(Database):
        async def close(self) -> None:
            told.append("database closed")
            await super().close()

    @asynccontextmanager
    async def part(_: FastAPI) -> AsyncIterator[None]:
        told.append("part opened")
        yield
        told.append("part closed")

    gc.unfreeze()
    app = tiny.app(database=Closing(tiny.database.engine), lifespans=[part])
    async with app.router.lifespan_context(app):
        assert gc.get_freeze_count() > 0
        assert told == ["part opened"]
    gc.unfreeze()
    assert told == ["part opened", "part closed", "database closed"]


def test_routes_worked_out_ahead_are_the_ones_that_a_service_is_put_together_of():
    router = routed("/ahead", guarded)
    application.include_ahead([router])
    ahead = application.INCLUDED[id(router)].routes
    assert application.included(router) is ahead
    assert [context.path for context in iter_route_contexts(ahead)] == ["/ahead"]
