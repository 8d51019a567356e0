"""The ceiling: a bare FastAPI app that does nothing, or one asyncpg INSERT of the same body. No checks at all."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from fastapi import Body, FastAPI

INSERT = "INSERT INTO bare_check_ins (id, body) VALUES ($1, $2)"
TABLE = "CREATE TABLE IF NOT EXISTS bare_check_ins (id uuid PRIMARY KEY, body text NOT NULL)"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.pool = await asyncpg.create_pool(os.environ["BARE_DATABASE_URL"], min_size=16, max_size=16)
    await app.state.pool.execute(TABLE)
    yield
    await app.state.pool.close()


def create() -> FastAPI:
    """The app, on the paths that the gateway sends to portal."""
    app = FastAPI(lifespan=lifespan)

    @app.put("/api/portal/check-ins/{check_in_id}", status_code=201)
    async def insert(check_in_id: UUID, body: Annotated[dict[str, Any], Body()]) -> dict[str, str]:
        await app.state.pool.execute(INSERT, check_in_id, str(body))
        return {"id": str(check_in_id)}

    @app.get("/api/portal/nothing")
    async def nothing() -> dict[str, str]:
        return {"status": "ok"}

    return app
