"""portal's preferences of touch and support as web sees them, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_treatment import MOMENT

VERSION = "0195e3a0-0000-7000-8000-0000000000b7"


def version(**values: Any) -> dict[str, Any]:
    return {
        "id": VERSION,
        "version": 1,
        "hand": "ask",
        "shoulder": "no",
        "moving": "yes",
        "speaking": None,
        "music": "no",
        "support_person": "yes",
        "helps": "Somebody <humming>.",
        "unwanted": "Questions.",
        "expectations": "Less <weight>.",
        "withdrawn": None,
        "made_at": MOMENT,
        **values,
    }


@dataclass
class FakePreferences:
    """`versions` newest first; a refusal comes before everything but reading."""

    versions: list[dict[str, Any]] = field(default_factory=list)
    locked_until: str | None = None
    refusal: httpx.Response | None = None
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "GET":
            current, before = (self.versions[0], self.versions[1:]) if self.versions else (None, [])
            found = {"current": current, "before": before, "locked_until": self.locked_until}
            return httpx.Response(200, json=found)
        if self.refusal:
            return self.refusal
        self.sent.append((request.method, path, json.loads(request.content)))
        return httpx.Response(201)
