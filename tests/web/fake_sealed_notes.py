"""portal's sealed notes as web sees them, in memory."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_journal import problem
from tests.web.fake_treatment import MOMENT

OPENING = "0195e3a0-0000-7000-8000-0000000000fb"
AUTHOR = {"id": "0195e3a0-0000-7000-8000-0000000000fc", "name": "Dr Gone"}
ASKING = "0195e3a0-0000-7000-8000-0000000000fd"
ENDS = "2026-03-09T09:00:00+00:00"


def opening(**values: Any) -> dict[str, Any]:
    return {
        "id": OPENING,
        "client_id": "0195e3a0-0000-7000-8000-0000000000aa",
        "author_id": AUTHOR["id"],
        "ground": "legal",
        "words": "File <12/7>.",
        "state": "waiting",
        "asked_by": ASKING,
        "asked_at": MOMENT,
        "decided_by": None,
        "decided_at": None,
        "ends_at": None,
        **values,
    }


@dataclass
class FakeSealedNotes:
    """`books` are of the client that is asked about; `refusals` by method come before everything else."""

    books: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    openings: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[str, httpx.Response] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if refusal := self.refusals.get(request.method):
            return refusal
        if path.endswith("/openings/waiting"):
            waiting = sum(one["state"] == "waiting" for one in self.openings)
            return httpx.Response(200, json={"waiting": waiting})
        named = path.removeprefix("sealed-notes").strip("/")
        if request.method == "PUT":
            self.sent.append((path, json.loads(request.content)))
            return httpx.Response(201)
        if named.endswith("/notes"):
            return httpx.Response(200, json={"items": self.notes}) if self.notes else problem(404, "not_found")
        return httpx.Response(200, json={"items": self.openings if named else self.books})
