"""`/livez`, `/readyz` and `/metrics` of every service; the gateway closes them to the outside."""

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from afterglow_foundation.database import Database
from afterglow_foundation.errors import Problem
from afterglow_foundation.permissions import public
from afterglow_foundation.revisions import newest
from afterglow_foundation.telemetry import Metrics

Check = Callable[[], Awaitable[bool]]


def router(name: str, database: Database, checks: Mapping[str, Check], metrics: Metrics) -> APIRouter:
    """The three routes. `checks` are the service's own conditions of being ready, by name."""
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(public)])
    every = {"migrations": migrated(f"afterglow_{name}", database), **checks}

    @routes.get("/livez")
    async def live() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz")
    async def ready() -> JSONResponse:
        results = {check: await holds(ask) for check, ask in every.items()}
        return JSONResponse(results, 200 if all(results.values()) else 503)

    @routes.get("/metrics")
    async def measures() -> Response:
        return Response(await metrics.read(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def holds(check: Check) -> bool:
    """A check that cannot be asked does not hold."""
    try:
        return await check()
    except (SQLAlchemyError, OSError, Problem):
        return False


def migrated(package: str, database: Database) -> Check:
    """The database answers and stands at the newest revision of the service's migrations."""
    expected = newest(package)

    async def check() -> bool:
        async with database.autocommitting() as connection:
            revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
        return bool(revision == expected)

    return check
