"""portal as web sees it, in memory: enough to be idempotent, to refuse and to be down."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from tests.web.fake_days import FakeDays
from tests.web.fake_doses import dose_curve
from tests.web.fake_emergencies import FakeReasons
from tests.web.fake_events import events_of, openings_of
from tests.web.fake_journal import FakeJournal
from tests.web.fake_long_term import FakeLongTerm
from tests.web.fake_notes import FakeNotes
from tests.web.fake_preferences import FakePreferences
from tests.web.fake_process_notes import FakeProcessNotes
from tests.web.fake_quiet_mode import FakeQuietMode
from tests.web.fake_sealed_notes import FakeSealedNotes
from tests.web.fake_shares import FakeShares
from tests.web.fake_tasks import FakeTasks
from tests.web.fake_treatment import FakeTreatment

TODAY = date(2026, 3, 30)
VOCABULARY = {
    "words": ["at ease", "calm", "tired"],
    "tags": ["sleep", "work"],
    "items": [{"name": "hope", "lowest": 0, "highest": 10}],
    "standing_in": [],
    "shared_again_at": None,
}


def problem(status: int, code: str, errors: list[dict[str, str]] | None = None) -> httpx.Response:
    body = {"type": f"urn:afterglow:problem:{code}", "title": code, "status": status, "code": code}
    return httpx.Response(
        status, json={**body, "errors": errors or []}, headers={"content-type": "application/problem+json"}
    )


def means(mood: float | None) -> dict[str, Any]:
    return {
        "mood": mood,
        "energy": mood,
        "anxiety": None if mood is None else 5 - mood,
        "entries": int(mood is not None),
    }


def points(
    moods: dict[int, float], later: Mapping[int, float] = {}, count: int = 30, unit: str = "day"
) -> list[dict[str, Any]]:
    """As many days or weeks up to today; `moods` by how many ago, and those noted `later`."""
    return [
        {
            "date": str(TODAY - timedelta(**{f"{unit}s": ago})),
            **means(moods.get(ago)),
            "back_dated": means(later[ago]) if ago in later else None,
        }
        for ago in reversed(range(count))
    ]


def check_in(**values: Any) -> dict[str, Any]:
    moment = datetime(2026, 3, 29, 20, 10, tzinfo=UTC).isoformat()
    return {
        "id": "0195e3a0-0000-7000-8000-000000000001",
        "client_id": "0195e3a0-0000-7000-8000-0000000000aa",
        "mood": 2.0,
        "energy": -1.5,
        "anxiety": None,
        "items": {},
        "words": [],
        "note": "A <b>quiet</b> evening",
        "tags": [],
        "felt_at": moment,
        "entered_at": moment,
        "time_zone": "Europe/London",
        "local_date": "2026-03-29",
        "visibility": "therapist",
        "back_dated": False,
        "origin": "spontaneous",
        "version": 1,
        "edited_at": None,
        **values,
    }


@dataclass
class FakePortal:
    """`answers` replace what a path answers; `requests` keeps what came. `open_now` are days by what may be opened."""

    choices: dict[str, Any] = field(default_factory=lambda: {"check_ins": "therapist", "journal": "only_me"})
    check_ins: dict[str, dict[str, Any]] = field(default_factory=dict)
    entries: list[dict[str, Any]] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)
    versions: list[dict[str, Any]] = field(default_factory=list)
    moods: dict[int, float] = field(default_factory=dict)
    moods_later: dict[int, float] = field(default_factory=dict)
    marks: dict[int, str] = field(default_factory=dict)
    raised: list[int] = field(default_factory=list)
    dose_curve: dict[str, Any] | None = None
    brief: dict[str, Any] | None = None
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    caseload: list[dict[str, Any]] = field(default_factory=list)
    caseload_next: str | None = None
    answers: dict[tuple[str, str], httpx.Response] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    down: bool = False
    events: list[dict[str, Any]] = field(default_factory=list)
    openings: list[dict[str, Any]] = field(default_factory=list)
    journal: FakeJournal = field(default_factory=FakeJournal)
    reminders: dict[str, Any] = field(default_factory=lambda: {"daily": True, "daily_at": "19:00", "after_dose": True})
    days: FakeDays = field(default_factory=FakeDays)
    treatment: FakeTreatment = field(default_factory=FakeTreatment)
    notes: FakeNotes = field(default_factory=FakeNotes)
    process_notes: FakeProcessNotes = field(default_factory=FakeProcessNotes)
    sealed_notes: FakeSealedNotes = field(default_factory=FakeSealedNotes)
    tasks: FakeTasks = field(default_factory=FakeTasks)
    long_term: FakeLongTerm = field(default_factory=FakeLongTerm)
    reasons: FakeReasons = field(default_factory=FakeReasons)
    preferences: FakePreferences = field(default_factory=FakePreferences)
    shares: FakeShares = field(default_factory=FakeShares)
    quiet_mode: FakeQuietMode = field(default_factory=FakeQuietMode)
    open_now: dict[str, str] = field(default_factory=dict)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("down")
        path = request.url.path.removeprefix("/api/portal/")
        if answer := self.answers.get((request.method, path)):
            return answer
        rooms = {
            "agenda": self.journal.agenda,
            "break-glass": self.reasons.answer,
            "courses": self.treatment.answer,
            "dosing-days": self.days.answer,
            "earlier-shares": self.shares.answer,
            "journal": self.journal.answer,
            "preferences": self.preferences.answer,
            "process-notes": self.process_notes.answer,
            "quiet-mode": self.quiet_mode.answer,
            "sealed-notes": self.sealed_notes.answer,
            "summaries": self.notes.answer,
            "tasks": self.tasks.answer,
            "long-term-checks": self.long_term.answer,
        }
        if room := rooms.get(path.partition("/")[0]):
            return room(request, path)
        return getattr(self, f"{request.method.lower()}_{path.partition('/')[0].replace('-', '_')}")(request, path)

    def get_audit_events(self, request: httpx.Request, _path: str) -> httpx.Response:
        return events_of(request, self.events)

    def get_access_log(self, request: httpx.Request, _path: str) -> httpx.Response:
        return openings_of(request, self.openings)

    def get_choices(self, _request: httpx.Request, _path: str) -> httpx.Response:
        return httpx.Response(200, json={**self.choices, "chosen_at": None})

    def put_choices(self, request: httpx.Request, _path: str) -> httpx.Response:
        self.choices = json.loads(request.content)
        return httpx.Response(200, json=self.choices)

    def get_reminders(self, _request: httpx.Request, _path: str) -> httpx.Response:
        return httpx.Response(200, json={**self.reminders, "chosen": True})

    def post_references(self, request: httpx.Request, _path: str) -> httpx.Response:
        asked = json.loads(request.content)["references"]
        found = [{**one, "day": self.open_now[one["id"]]} for one in asked if one["id"] in self.open_now]
        return httpx.Response(200, json={"items": found})

    def put_reminders(self, request: httpx.Request, path: str) -> httpx.Response:
        self.reminders = json.loads(request.content)
        return self.get_reminders(request, path)

    def put_check_ins(self, request: httpx.Request, path: str) -> httpx.Response:
        body = json.loads(request.content)
        known = self.check_ins.setdefault(path, body)
        if known is body:
            return httpx.Response(201, json=check_in(id=path.rpartition("/")[2], **body))
        return httpx.Response(200, json=check_in(**body)) if known == body else problem(409, "conflict")

    def post_check_ins(self, request: httpx.Request, path: str) -> httpx.Response:
        self.check_ins[path.removesuffix("/versions")] = body = json.loads(request.content)
        return httpx.Response(201, json=check_in(**body))

    def delete_check_ins(self, _request: httpx.Request, path: str) -> httpx.Response:
        return httpx.Response(204) if self.check_ins.pop(path, None) is not None else problem(404, "not_found")

    def get_check_ins(self, request: httpx.Request, path: str) -> httpx.Response:
        if path == "check-ins/curve":
            unit = "week" if request.url.params.get("span") else "day"
            count = 400 if unit == "week" else int(request.url.params["days"])
            drawn = points(self.moods, self.moods_later, count, unit)
            marks = [{"date": str(TODAY - timedelta(days=ago)), "kind": kind} for ago, kind in self.marks.items()]
            raised = [str(TODAY - timedelta(days=ago)) for ago in self.raised]
            found = {"unit": unit, "points": drawn, "marks": marks, "raised_energy": raised}
            return httpx.Response(200, json=found)
        if path == "check-ins/vocabulary":
            return httpx.Response(200, json=VOCABULARY)
        if path.endswith("/readings"):
            return httpx.Response(200, json={"items": self.readings})
        if path.endswith("/versions"):
            return httpx.Response(200, json={"items": self.versions})
        if path != "check-ins":
            found = self.check_ins.get(path)
            return httpx.Response(200, json=check_in(**found)) if found is not None else problem(404, "not_found")
        start = int(request.url.params.get("after", 0))
        limit = int(request.url.params["limit"])
        rest = str(start + limit) if len(self.entries) > start + limit else None
        return httpx.Response(200, json={"items": self.entries[start : start + limit], "next": rest})

    def get_dose_curve(self, _request: httpx.Request, _path: str) -> httpx.Response:
        return httpx.Response(200, json=self.dose_curve or dose_curve([], []))

    def get_brief(self, _request: httpx.Request, _path: str) -> httpx.Response:
        return httpx.Response(200, json=self.brief) if self.brief else problem(404, "not_found")

    def get_caseload(self, request: httpx.Request, _path: str) -> httpx.Response:
        name = request.url.params["q"].lower()
        found = [one for one in self.caseload if name in one["client"]["name"].lower()]
        counts = {"all": len(found), "attention": sum(bool(one["reasons"]) for one in found)}
        shown = [one for one in found if one["reasons"] or request.url.params["show"] != "attention"]
        counts |= {"after_dose": 0, "session_soon": 0}
        return httpx.Response(200, json={"items": shown, "counts": counts, "next": self.caseload_next})

    def get_clients(self, _request: httpx.Request, path: str) -> httpx.Response:
        found = self.clients.get(path.rpartition("/")[2])
        return httpx.Response(200, json=found) if found else problem(404, "not_found")
