"""portal's summaries as web sees them, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_journal import THERAPIST, problem
from tests.web.fake_treatment import MOMENT, SESSION

SUMMARY = "0195e3a0-0000-7000-8000-0000000000f7"


def summary(**values: Any) -> dict[str, Any]:
    return {
        "id": SUMMARY,
        "session_id": SESSION,
        "withheld": False,
        "version": 1,
        "made_at": MOMENT,
        "edited_at": None,
        "text": "We spoke about the <door>.",
        "withholding_reason": None,
        "made_by": THERAPIST,
        "edited_by": None,
        **values,
    }


@dataclass
class FakeNotes:
    """`summaries` are those that whoever asks may read, `versions` those of any of them.

    `refusals` by method come before everything else.
    """

    summaries: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, httpx.Response] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if refusal := self.refusals.get(request.method):
            return refusal
        named = path.removeprefix("summaries").strip("/")
        if request.method == "GET" and not named:
            return httpx.Response(200, json={"items": self.summaries})
        if request.method == "GET" and named.endswith("/versions"):
            return httpx.Response(200, json={"items": self.versions})
        if request.method == "GET":
            found = [one for one in self.summaries if one["id"] == named]
            return httpx.Response(200, json=found[0]) if found else problem(404, "not_found")
        self.sent.append((request.method, path, json.loads(request.content)))
        return httpx.Response(201)
