"""portal's long-term questions as web sees them, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_journal import THERAPIST
from tests.web.fake_treatment import MOMENT


def check(**values: Any) -> dict[str, Any]:
    return {
        "id": "0195e3a0-0000-7000-8000-0000000000c7",
        "asked_on": "2026-03-02",
        "bladder": "some",
        "craving": "none",
        "cognition": None,
        "systolic": 142,
        "diastolic": 88,
        "words": "Twice at <night>.",
        "outside": ["systolic_high"],
        "made_at": MOMENT,
        "made_by": THERAPIST,
        **values,
    }


@dataclass
class FakeLongTerm:
    """`checks` newest first; a refusal comes before everything but reading."""

    checks: list[dict[str, Any]] = field(default_factory=list)
    due_on: str | None = None
    refusal: httpx.Response | None = None
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"items": self.checks, "due_on": self.due_on})
        if self.refusal:
            return self.refusal
        self.sent.append((request.method, path, json.loads(request.content)))
        return httpx.Response(201)
