"""The resource servers: each takes access tokens of its own audience and scope, at one route that stands for all."""

from dataclasses import dataclass
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import BASE_URL, as_service

from tests.auth.notices.handing import notice
from tests.foundation.forging import Forger
from tests.security.scene import Scene


@dataclass(frozen=True)
class Door:
    """`asked` are the claims that open it, to a client or, with `for_services`, to a service; `opened` its answer."""

    name: str
    service: str
    path: str
    audience: str
    scope: str
    for_services: bool = False
    method: str = "GET"
    opened: int = 200

    @property
    def behind(self) -> str:
        """How the paths begin that it opens."""
        return self.path if self.audience == "/auth" else self.audience

    @property
    def asked(self) -> dict[str, Any]:
        mine = {"aud": [BASE_URL + self.audience], "scope": self.scope}
        return mine | as_service("portal") if self.for_services else mine

    def forger(self, scene: Scene) -> Forger:
        return Forger(scene.house.issuer, scene.client, self.asked)

    async def answer(self, scene: Scene, headers: list[tuple[bytes, bytes]], **request: Any) -> httpx.Response:
        """What the door answers; what it did is undone."""
        if self.method == "PUT":
            request = {"json": notice(scene.client), **({} if "data" in request else request)}
        async with scene.house.undone(self.service), scene.house.client(self.service) as http:
            return await http.request(self.method, self.path, headers=headers, **request)

    async def show(self, scene: Scene, token: str) -> httpx.Response:
        return await self.answer(scene, [(b"authorization", b"Bearer " + token.encode())])


DOORS = (
    Door("accounts", "auth", "/api/accounts/me", "/api/accounts", "accounts"),
    Door("userinfo", "auth", "/auth/userinfo", "/auth", "openid"),
    Door("events", "auth", "/internal/events/snapshot", "/internal/events", "security_events", for_services=True),
    Door(
        *("notices", "auth", f"/internal/notices/{new_id()}", "/internal/notices", "notices"),
        for_services=True,
        method="PUT",
        opened=201,
    ),
    Door("portal", "portal", "/api/portal/check-ins", "/api/portal", "portal"),
    Door("messaging", "messaging", "/api/messaging/conversations", "/api/messaging", "messaging"),
    Door("live", "messaging", "/internal/live", "/internal/live", "live", for_services=True),
)
