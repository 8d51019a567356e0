"""Emergencies as web sees them of auth and of portal, in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.web.fake_journal import problem

GRANT = "0195e3a0-0000-7000-8000-0000000000aa"
WHY = "Their sister rang: <nobody> knows where they are."
NAMES = {"client": "Ada Lindqvist", "therapist": "Mateo Villanueva"}
Reply = httpx.Response


def emergency(**values: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": GRANT,
        "client": {"id": GRANT, "name": NAMES["client"]},
        "therapist": {"id": "0195e3a0-0000-7000-8000-00000000bb02", "name": NAMES["therapist"]},
        "reason": "danger",
        "starts_at": (now - timedelta(hours=2)).isoformat(),
        "ends_at": (now - timedelta(hours=1)).isoformat(),
        "ended_by": None,
        "review_due_at": (now + timedelta(hours=22)).isoformat(),
        "review": None,
        "yours_to_review": True,
        "yours_to_end": False,
        **values,
    }


def explained(**values: Any) -> dict[str, Any]:
    grant = emergency()
    named = {name: grant[name] for name in ("id", "therapist", "reason", "starts_at", "ends_at")}
    return {**named, "words": WHY, "ended_early": False, **values}


@dataclass
class FakeEmergencies:
    """`grants` are those that whoever asks may see."""

    grants: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def routes(self) -> list[tuple[str, str, Callable[..., Reply]]]:
        return [
            ("GET", "break-glass", self.list_them),
            ("GET", "break-glass/([^/]+)", self.read_one),
            ("PUT", "break-glass/([^/]+)", self.open),
            ("PUT", "break-glass/([^/]+)/end", self.end),
            ("PUT", "break-glass/([^/]+)/review", self.review),
        ]

    def list_them(self, _request: httpx.Request) -> Reply:
        waiting = sum(one["yours_to_review"] for one in self.grants)
        return Reply(200, json={"items": self.grants, "waiting": waiting, "next": None})

    def read_one(self, _request: httpx.Request, grant: str) -> Reply:
        found = next((one for one in self.grants if one["id"] == grant), None)
        return Reply(200, json=found) if found else problem(404, "not_found")

    def open(self, request: httpx.Request, grant: str) -> Reply:
        self.sent.append(("open", json.loads(request.content)))
        return Reply(201, json=emergency(id=grant, yours_to_review=False))

    def end(self, request: httpx.Request, grant: str) -> Reply:
        self.sent.append(("end", grant))
        found = self.read_one(request, grant)
        if not found.is_success:
            return found
        by = {"id": GRANT, "name": NAMES["therapist"]}
        self.grants[0] |= {"ended_by": by, "ends_at": datetime.now(UTC).isoformat(), "yours_to_end": False}
        return Reply(200, json=self.grants[0])

    def review(self, request: httpx.Request, grant: str) -> Reply:
        body = json.loads(request.content)
        self.sent.append(("review", body))
        found = self.read_one(request, grant)
        if not found.is_success:
            return found
        by = {"id": GRANT, "name": "Anneke Visser"}
        self.grants[0] |= {"review": {"by": by, "at": datetime.now(UTC).isoformat(), **body}, "yours_to_review": False}
        return Reply(201, json=self.grants[0])


@dataclass
class FakeReasons:
    """What portal keeps in words; it says so many times that it does not know of a grant yet."""

    items: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, Any]] = field(default_factory=list)
    unknown: int = 0

    def answer(self, request: httpx.Request, path: str) -> Reply:
        if request.method == "GET":
            return Reply(200, json={"items": self.items})
        if self.unknown:
            self.unknown -= 1
            return problem(404, "not_found")
        self.sent.append((path, json.loads(request.content)))
        return Reply(201)
