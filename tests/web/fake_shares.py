"""What was shared before, as web sees it of portal, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_journal import THERAPIST

SHARE = "0195e3a0-0000-7000-8000-0000000000aa"


def newcomer(**values: Any) -> dict[str, Any]:
    counts = {"since": "2026-03-01T12:00:00Z", "check_ins": 40, "entries": 1, "lines": 0, "first_day": "2025-11-02"}
    return {**THERAPIST, **counts, **values}


def share(**values: Any) -> dict[str, Any]:
    days = {"from_date": "2025-11-02", "until_date": "2026-02-28"}
    return {
        "id": SHARE,
        "therapist": THERAPIST,
        **days,
        "chosen_at": "2026-03-02T12:00:00Z",
        "taken_back_at": None,
    } | values


@dataclass
class FakeShares:
    """`refusal` comes before everything that is sent."""

    therapists: list[dict[str, Any]] = field(default_factory=list)
    shares: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, Any]] = field(default_factory=list)
    refusal: httpx.Response | None = None

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "PUT":
            if self.refusal:
                return self.refusal
            self.sent.append((path.removeprefix("earlier-shares/"), json.loads(request.content)))
        return httpx.Response(200, json={"therapists": self.therapists, "shares": self.shares, "shared_again_at": None})
