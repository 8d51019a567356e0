"""Programs that people may sign in to, as auth's accounts API answers them."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from afterglow_web.portal import read
from afterglow_web.practice.desk import Desk
from afterglow_web.records import ItemPage


class Program(BaseModel):
    """An OAuth client; `built_in` ones belong to the system."""

    client_id: str
    name: str
    kind: str
    built_in: bool
    run_by: str
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    backchannel_logout_uri: str | None = None
    backchannel_logout_session_required: bool = False
    require_pushed_authorization_requests: bool = False
    dpop_bound_access_tokens: bool = False
    scopes: list[str]
    jwks: dict[str, Any] | None = None
    version: int
    created_at: datetime
    disabled_at: datetime | None = None

    @property
    def keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (self.jwks or {}).get("keys", [])
        return found


async def every_program(desk: Desk, after: str | None = None) -> ItemPage[Program]:
    return read(await desk.ask("GET", "oauth-clients", params={"after": after} if after else None), ItemPage[Program])


async def find_program(desk: Desk, client_id: str) -> Program:
    return read(await desk.ask("GET", f"oauth-clients/{client_id}"), Program)
