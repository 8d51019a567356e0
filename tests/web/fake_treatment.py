"""portal's courses as web sees them, in memory: once, versions, sessions that go forward, doses."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.web.fake_journal import THERAPIST, problem

MOMENT = "2026-03-02T09:00:00+00:00"
COURSE = "0195e3a0-0000-7000-8000-0000000000c1"
SESSION = "0195e3a0-0000-7000-8000-0000000000d1"


def ahead(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def session(**values: Any) -> dict[str, Any]:
    return {
        "id": SESSION,
        "course_id": COURSE,
        "kind": "dosing",
        "state": "planned",
        "planned_at": "2026-03-10T15:00:00+00:00",
        "time_zone": "Europe/London",
        "thread": None,
        "opened_at": None,
        "ended_at": None,
        "version": 1,
        "reason": "",
        "changed_at": MOMENT,
        "made_by": THERAPIST,
        "before": [],
        **values,
    }


def administration(**values: Any) -> dict[str, Any]:
    return {
        "id": "0195e3a0-0000-7000-8000-0000000000e1",
        "session_id": SESSION,
        "version": 1,
        "corrected_at": None,
        "corrected_by": None,
        "withdrawn_at": None,
        "withdrawn_by": None,
        "withdrawal_reason": "",
        "before": [],
        "given_at": "2026-03-10T15:20:00+00:00",
        "time_zone": "Europe/London",
        "route": "im",
        "medicine": "Ketamine",
        "dose_mg": 45.0,
        "weight_kg": 71.0,
        "mg_per_kg": 0.634,
        "setting": "Green room",
        "present": "Dr Falk; Ines, nurse",
        "made_at": MOMENT,
        "made_by": THERAPIST,
        **values,
    }


def course(**values: Any) -> dict[str, Any]:
    return {
        "id": COURSE,
        "client_id": "0195e3a0-0000-7000-8000-0000000000aa",
        "problem": "I keep out of the <kitchen>.",
        "conditions": ["Post-traumatic stress"],
        "previous_treatments": [{"treatment": "EMDR", "outcome": "The door did not."}],
        "medicines": [],
        "allergies": ["Latex"],
        "contraindications_asked": [],
        "contraindications": ["blood_pressure", "Something rare"],
        "goals": ["To stay for a song"],
        "items": ["hope"],
        "watch_energy": False,
        "planned_doses": 6,
        "spacing_days": 3,
        "started_on": "2026-03-01",
        "ended_on": None,
        "version": 1,
        "made_at": MOMENT,
        "made_by": THERAPIST,
        "edited_at": None,
        "edited_by": None,
        "sessions": [],
        "administrations": [],
        **values,
    }


@dataclass
class FakeTreatment:
    """`courses` newest first; `versions` are those of any plan.

    `refusals` by method and the end of a path come before everything else.
    """

    courses: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    refusals: dict[tuple[str, str], httpx.Response] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        for (method, end), refusal in self.refusals.items():
            if request.method == method and path.endswith(end):
                return refusal
        if request.method == "GET":
            if path.endswith("/versions"):
                return (
                    httpx.Response(200, json={"items": self.versions}) if self.versions else problem(404, "not_found")
                )
            found = {"next": self.next()} if path.endswith("next-session") else {"items": self.courses}
            return httpx.Response(200, json=found)
        body = json.loads(request.content) if request.content else None
        first = (request.method, path, body) not in self.sent
        self.sent.append((request.method, path, body))
        return httpx.Response(201 if first else 200)

    def next(self) -> dict[str, Any] | None:
        now = datetime.now(UTC)
        planned = [
            one
            for course in self.courses
            for one in course["sessions"]
            if one["state"] == "planned" and datetime.fromisoformat(one["planned_at"]) > now
        ]
        return min(planned, key=lambda one: str(one["planned_at"]), default=None)

    def refuse(self, method: str, end: str, status: int, code: str, *fields: str) -> None:
        self.refusals[method, end] = problem(status, code, *fields)
