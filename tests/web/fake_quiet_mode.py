"""portal's quiet mode as web sees it, in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.web.fake_treatment import SESSION


def quiet_session(**values: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    hours = {"opened_at": now.isoformat(), "until": (now + timedelta(hours=6)).isoformat()}
    return {"id": SESSION, "thread": None, "may_speak": True, **hours, **values}


@dataclass
class FakeQuietMode:
    session: dict[str, Any] | None = None
    refusal: httpx.Response | None = None
    left: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if self.refusal:
            return self.refusal
        if request.method == "GET":
            return httpx.Response(200, json={"session": self.session})
        self.left.append(path)
        self.session = None
        return httpx.Response(201)
