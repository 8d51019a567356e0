"""portal's process notes as web sees them, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_journal import problem
from tests.web.fake_treatment import MOMENT

NOTE = "0195e3a0-0000-7000-8000-0000000000fa"


def note(**values: Any) -> dict[str, Any]:
    text = "I noticed that I <hurried>."
    standing = {"id": NOTE, "version": 1, "written_at": MOMENT, "edited_at": None}
    return {**standing, "text": text, "opening": text, "may_write": True, **values}


@dataclass
class FakeProcessNotes:
    """`notes` are the caller's own; `refusals` by method come before everything else."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    may_write: bool = True
    next: str | None = None
    refusals: dict[str, httpx.Response] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if refusal := self.refusals.get(request.method):
            return refusal
        named = path.removeprefix("process-notes").strip("/")
        if request.method == "GET" and not named:
            listed = {"items": self.notes, "next": self.next, "may_write": self.may_write}
            return httpx.Response(200, json=listed)
        if request.method == "GET" and named.endswith("/versions"):
            return httpx.Response(200, json={"items": self.versions})
        if request.method == "GET":
            found = [one for one in self.notes if one["id"] == named]
            return httpx.Response(200, json=found[0]) if found else problem(404, "not_found")
        self.sent.append((request.method, path, json.loads(request.content or b"null")))
        return httpx.Response(204 if request.method == "DELETE" else 201)
