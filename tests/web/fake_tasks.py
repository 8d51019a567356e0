"""portal's tasks as web sees them, in memory."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import httpx

from tests.web.fake_treatment import MOMENT, SESSION

TASK = "0195e3a0-0000-7000-8000-0000000000a7"
MARK = "0195e3a0-0000-7000-8000-0000000000a8"
TODAY = date(2026, 3, 12)


def day(ago: int, done: int = 0, due: int = 1, may_mark: int | None = None) -> dict[str, Any]:
    marks = [{"id": MARK, "occasion": number + 1, "made_at": MOMENT} for number in range(done)]
    return {"date": str(TODAY - timedelta(ago)), "due": due, "done": done, "may_mark": may_mark, "marks": marks}


def task(**values: Any) -> dict[str, Any]:
    return {
        "id": TASK,
        "session_id": SESSION,
        "title": "Stand at the <window>",
        "how": "For a song.",
        "minutes": 10,
        "times_a_day": 1,
        "days": 4,
        "first": "2026-03-11",
        "last": "2026-03-14",
        "by_day": [day(1, may_mark=1), day(0, may_mark=1), day(-1), day(-2)],
        "done": 0,
        "due": 1,
        "made_at": MOMENT,
        "cancelled_at": None,
        **values,
    }


@dataclass
class FakeTasks:
    """`tasks` are those that whoever asks may read; a refusal comes before everything but reading."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    marked_again_at: str | None = None
    refusal: httpx.Response | None = None
    sent: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:
        if request.method == "GET":
            found = {"today": str(TODAY), "marked_again_at": self.marked_again_at, "items": self.tasks}
            return httpx.Response(200, json=found)
        if self.refusal:
            return self.refusal
        self.sent.append((request.method, path, json.loads(request.content) if request.content else None))
        return httpx.Response(201)
