"""portal's dosing days as web sees them, in memory: the one day that is read, and what was sent."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_journal import THERAPIST, problem

AT = "2026-03-10T15:05:00+00:00"
READING = "0195e3a0-0000-7000-8000-0000000000f5"
EVENT = "0195e3a0-0000-7000-8000-0000000000f6"
SHEET = "0195e3a0-0000-7000-8000-0000000000f7"
STEPS = {
    "readiness": ("fasting", "escort_home", "blood_pressure", "no_driving", "medicines_reviewed", "recording_agreed"),
    "discharge": ("oriented", "walks_steadily", "blood_pressure_settled", "no_nausea", "escort_here"),
}
OPTIONAL = ("recording_agreed",)
RANGES = [
    {"sign": "systolic", "low": 90, "high": 140, "source": "A label"},
    {"sign": "oxygen", "low": 95, "high": None, "source": "A manual"},
]


def kept(**values: Any) -> dict[str, Any]:
    return {"replaces": None, "replaced": False, "made_at": AT, "made_by": THERAPIST, **values}


def reading(**values: Any) -> dict[str, Any]:
    signs = {"systolic": 124, "diastolic": 78, "pulse": 72, "oxygen": 98, "outside": []}
    return kept(**{"id": READING, "measured_at": AT, "moment": "baseline", **signs, **values})


def event(**values: Any) -> dict[str, Any]:
    said = {"kind": "nausea", "began_at": AT, "ended_at": None, "what": "Queasy", "outcome": "<b>Ginger</b>"}
    return kept(**{"id": EVENT, **said, **values})


def observation(**values: Any) -> dict[str, Any]:
    said = {"began_at": AT, "ended_at": "2026-03-10T17:20:00+00:00", "present": ["therapist", "nurse"], "words": "Ines"}
    return kept(**{"id": SHEET, **said, **values})


def checklist(kind: str, ticked: tuple[str, ...] = (), reason: str = "") -> dict[str, Any]:
    steps = [
        {
            "step": step,
            "required": step not in OPTIONAL,
            "ticked_at": AT if step in ticked else None,
            "ticked_by": THERAPIST if step in ticked else None,
        }
        for step in STEPS[kind]
    ]
    missing = [step for step in STEPS[kind] if step not in ticked and step not in OPTIONAL]
    said = {"missing": missing, "reason": reason, "before": []}
    return {"id": SHEET if ticked or reason else None, "steps": steps, **said}


def a_day(**values: Any) -> dict[str, Any]:
    return {
        "readiness": checklist("readiness"),
        "vital_signs": [],
        "adverse_events": [],
        "observation": None,
        "observation_before": [],
        "discharge": checklist("discharge"),
        "observation_required": False,
        "warnings": [],
        "ranges": RANGES,
        **values,
    }


@dataclass
class FakeDays:
    """`refusals` by the kind of record come before everything else."""

    day: dict[str, Any] = field(default_factory=a_day)
    refusals: dict[str, httpx.Response] = field(default_factory=dict)
    sent: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "GET":
            return self.refusals.get("", httpx.Response(200, json=self.day))
        kind = path.split("/")[2]
        if kind in self.refusals:
            return self.refusals[kind]
        body = json.loads(request.content)
        first = (path, body) not in self.sent
        self.sent.append((path, body))
        return httpx.Response(201 if first else 200)

    def refuse(self, kind: str, status: int, code: str, *fields: str) -> None:
        self.refusals[kind] = problem(status, code, *fields)
