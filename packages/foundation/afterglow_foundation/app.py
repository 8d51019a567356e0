"""`create_app`: the one way a service is put together."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from prometheus_client import Gauge
from starlette.routing import BaseRoute

from afterglow_foundation import errors, health, telemetry
from afterglow_foundation.audit import AuditEventColumns, AuditTrail
from afterglow_foundation.body_limit import BodyLimit
from afterglow_foundation.callers import Authenticator
from afterglow_foundation.database import Database
from afterglow_foundation.known_paths import KnownPaths
from afterglow_foundation.permissions import AccessControl, refuse_unguarded
from afterglow_foundation.security_events.feed import Feed
from afterglow_foundation.security_events.receiver import Receiver
from afterglow_foundation.settings import ServiceSettings

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
LARGEST_BODY = 1024 * 1024
INCLUDED: dict[int, APIRouter] = {}


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What one service brings to `create_app`; with a `receiver`, it takes part in auth's security events."""

    name: str
    settings: ServiceSettings
    database: Database
    routers: Sequence[APIRouter]
    access: AccessControl
    authenticate: Authenticator
    audit_table: type[AuditEventColumns]
    openapi_url: str | None = None
    checks: dict[str, Callable[[], Awaitable[bool]]] = field(default_factory=dict)
    lifespans: Sequence[Lifespan] = ()
    receiver: Receiver | None = None


def create_app(parts: Parts) -> FastAPI:
    """Build the app: telemetry, problem documents, health, and no route without a permission.

    Raises UnguardedRouteError when a route declares none.
    """
    telemetry.configure_logging(parts.settings.log_level, parts.name)
    metrics = telemetry.Metrics()
    app = FastAPI(
        title=f"Afterglow {parts.name}",
        openapi_url=parts.openapi_url,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan(parts),
        # FastAPI's own, which would log what a person wrote where it finds an exporter; ours is `telemetry.py`.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings = parts.settings
    app.state.database = parts.database
    app.state.metrics = metrics
    app.state.access = parts.access
    app.state.authenticate = parts.authenticate
    app.state.feed = parts.receiver.feed if parts.receiver else None
    app.state.audit = AuditTrail(parts.audit_table, parts.database)
    errors.install(app)
    checks = dict(parts.checks)
    if parts.receiver:
        checks["feed"] = parts.receiver.feed.ready
        measure(parts.receiver.feed, metrics)
    app.include_router(health.router(parts.name, parts.database, checks, metrics))
    for router in parts.routers:
        app.router.routes.extend(included(router))
    refuse_unguarded(app)
    app.router.routes.insert(0, KnownPaths(app.routes))
    app.add_middleware(BodyLimit, largest=LARGEST_BODY)
    app.add_middleware(telemetry.RequestTelemetry, metrics=metrics)
    return app


def included(router: APIRouter) -> Sequence[BaseRoute]:
    """A router's routes with their dependencies and fields, worked out once per process.

    They know no app; tests put a service together thousands of times, and this is nearly all that it costs. What
    FastAPI would look up in the app that includes a router, `dependency_overrides`, we do without.
    """
    if id(router) not in INCLUDED:  # routers cannot be hashed; the one that is kept has this one in it, so its id lasts
        INCLUDED[id(router)] = APIRouter()
        INCLUDED[id(router)].include_router(router)
    return INCLUDED[id(router)].routes


def include_ahead(routers: Sequence[APIRouter]) -> None:
    """Work out what every service put together of these routers has in common, down to each route's own context.

    For a process that others are forked from: they share the memory, and start without the work.
    """
    for router in routers:
        for _ in iter_route_contexts(included(router)):
            pass


def measure(feed: Feed, metrics: telemetry.Metrics) -> None:
    age = Gauge("security_feed_age_seconds", "Since auth was last heard of", registry=metrics.registry)
    age.set_function(lambda: feed.age)
    verified = Gauge(
        "security_stream_verified_age_seconds", "Since a verification event last came back", registry=metrics.registry
    )
    verified.set_function(lambda: feed.verified_age)


def lifespan(parts: Parts) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(parts.database.close)
            receiving = [parts.receiver.lifespan] if parts.receiver else []
            for part in (*parts.lifespans, *receiving):
                await stack.enter_async_context(part(app))
            # What start-up made lives as long as the process: out of the collector's sight, p99 falls tenfold.
            gc.collect()
            gc.freeze()
            yield

    return run
