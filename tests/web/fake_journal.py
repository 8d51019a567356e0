"""portal's journal as web sees it, in memory: once, versions, drafts by revision, and what was read stays shared."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

MOMENT = "2026-03-29T20:10:00+00:00"
THERAPIST = {"id": "0195e3a0-0000-7000-8000-0000000000bb", "name": "Dr Falk"}
COVER = {"id": "0195e3a0-0000-7000-8000-0000000000cc", "name": "Dr Weber"}


def problem(status: int, code: str, *fields: str) -> httpx.Response:
    errors = [{"field": name, "code": code, "message": "x"} for name in fields]
    body = {"type": f"urn:afterglow:problem:{code}", "title": code, "status": status, "code": code, "errors": errors}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


def entry(**values: Any) -> dict[str, Any]:
    return {
        "id": "0195e3a0-0000-7000-8000-000000000001",
        "title": "The sea",
        "text": "It was *inside* the room.",
        "phase": None,
        "follows": None,
        "felt_at": MOMENT,
        "entered_at": MOMENT,
        "time_zone": "Europe/London",
        "local_date": "2026-03-29",
        "visibility": "therapist",
        "back_dated": False,
        "version": 1,
        "edited_at": None,
        "shared_with": [THERAPIST],
        "readings": [],
        "continued_by": [],
        **values,
    }


def pinned(**values: Any) -> dict[str, Any]:
    return {
        "id": "0195e3a0-0000-7000-8000-000000000009",
        "entry_id": "0195e3a0-0000-7000-8000-000000000001",
        "text": "It was inside the room.",
        "pinned_at": MOMENT,
        "shown_to": [THERAPIST],
        "readings": [],
        **values,
    }


@dataclass
class FakeJournal:
    """`entries`, `drafts`, pinned `lines` by id; `therapists` treat the client; `refusals` come first, by method.

    `standing_in` are those who stand in for the therapists now; nothing is shared before `shared_again_at`.
    """

    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    drafts: dict[str, dict[str, Any]] = field(default_factory=dict)
    therapists: list[dict[str, Any]] = field(default_factory=lambda: [THERAPIST | {"earlier": 0}])
    standing_in: list[dict[str, Any]] = field(default_factory=list)
    shared_again_at: str | None = None
    refusals: dict[str, httpx.Response] = field(default_factory=dict)
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)
    voice_notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    sounds: dict[str, bytes] = field(default_factory=dict)

    def answer(self, request: httpx.Request, path: str) -> httpx.Response:  # noqa: PLR0911  # one line a route
        parts = path.split("/")[1:]
        if refusal := self.refusals.get(request.method):
            return refusal
        if parts[1:2] == ["voice-notes"]:
            return self.voice(request, parts[0], parts[2:])
        body = json.loads(request.content) if request.content else {}
        match request.method, parts:
            case "GET", []:
                return self.page(request)
            case _, ["sharing", *_rest]:
                return httpx.Response(
                    200,
                    json={
                        "therapists": self.therapists,
                        "standing_in": self.standing_in,
                        "shared_again_at": self.shared_again_at,
                    },
                )
            case "POST", ["searches"]:
                return self.search(body["q"])
            case "GET", ["drafts"]:
                return httpx.Response(200, json={"items": list(self.drafts.values())})
            case "DELETE", ["drafts", entry_id]:
                return self.discard(entry_id, int(request.url.params["revision"]))
            case method, ["drafts", entry_id]:
                return self.draft(method, entry_id, body)
            case _:
                return self.one(request.method, parts, body)

    def voice(self, request: httpx.Request, entry_id: str, parts: list[str]) -> httpx.Response:  # noqa: PLR0911  # as above
        """As portal: by offset, and nothing is played that is not whole."""
        if not parts:
            return httpx.Response(200, json={"items": list(self.voice_notes.values())})
        note_id, known = parts[0], self.voice_notes.get(parts[0])
        if request.method == "PUT":
            body = json.loads(request.content)
            if body["media_type"] not in {"audio/webm", "audio/wav"}:
                return problem(422, "invalid_input", "media_type")
            made = {"id": note_id, "entry_id": entry_id, "received": 0, "created_at": MOMENT, "finished_at": None}
            self.voice_notes.setdefault(note_id, made | {"seconds": None, "readings": []} | body)
            self.sounds.setdefault(note_id, b"")
            return httpx.Response(201, json=self.voice_notes[note_id])
        if known is None:
            return problem(404, "not_found")
        if request.method == "DELETE":
            if known["readings"]:
                return problem(409, "already_played")
            del self.voice_notes[note_id]
            return httpx.Response(204)
        if request.method == "PATCH":
            return self.add_part(request, note_id, known)
        if request.headers.get("range") == "bytes=9999999-":
            return problem(416, "range_not_satisfiable")
        headers = {"content-type": known["media_type"], "content-disposition": "attachment", "x-internal": "no"}
        return httpx.Response(200, content=self.sounds[note_id], headers=headers)

    def add_part(self, request: httpx.Request, note_id: str, known: dict[str, Any]) -> httpx.Response:
        offset = {"upload-offset": str(known["received"])}
        if request.headers["upload-offset"] != offset["upload-offset"]:
            refused = problem(409, "wrong_offset")
            return httpx.Response(409, content=refused.content, headers={**refused.headers, **offset})
        self.sounds[note_id] += request.content
        known["received"] += len(request.content)
        known["finished_at"] = MOMENT if known["received"] == known["size"] else None
        return httpx.Response(204, headers={"upload-offset": str(known["received"])})

    def page(self, request: httpx.Request) -> httpx.Response:
        hidden = "client" in request.url.params
        items = [
            {"read_at": None}
            | one
            | {"title": None if hidden else one["title"], "opening": None if hidden else one["text"]}
            for one in self.entries.values()
        ]
        return httpx.Response(200, json={"items": items, "next": None})

    def search(self, question: str) -> httpx.Response:
        if not question:
            return problem(422, "invalid_input", "q")
        hits = [
            one | {"opening": one["text"], "read_at": None} for one in self.entries.values() if question in one["text"]
        ]
        return httpx.Response(200, json={"items": hits, "searched": len(self.entries), "complete": True})

    def discard(self, entry_id: str, revision: int) -> httpx.Response:
        if entry_id in self.drafts and self.drafts[entry_id]["revision"] != revision:
            return problem(409, "draft_changed")
        self.drafts.pop(entry_id, None)
        return httpx.Response(204)

    def draft(self, method: str, entry_id: str, body: dict[str, Any]) -> httpx.Response:
        known = self.drafts.get(entry_id)
        if method == "GET":
            return httpx.Response(200, json={"entry": self.entries.get(entry_id), "draft": known})
        version = self.entries[entry_id]["version"] if entry_id in self.entries else 0
        if (known or {"revision": 0})["revision"] != body["revision"] or version != body["base_version"]:
            return problem(409, "draft_changed")
        kept = body | {"entry_id": entry_id, "revision": body["revision"] + 1, "saved_at": MOMENT}
        self.drafts[entry_id] = kept
        return httpx.Response(200, json=kept)

    def one(self, method: str, parts: list[str], body: dict[str, Any]) -> httpx.Response:  # noqa: PLR0911  # as above
        entry_id, known = parts[0], self.entries.get(parts[0])
        if method == "PUT":
            return self.put(entry_id, body)
        if known is None:
            return problem(404, "not_found")
        if method == "GET":
            return httpx.Response(200, json={"items": [known]} if parts[1:] else known)
        if known["readings"] and (method == "DELETE" or body["visibility"] != "therapist"):
            return problem(409, "already_read")
        if method == "DELETE":
            del self.entries[entry_id]
            return httpx.Response(200, json={"id": entry_id, "erased_at": MOMENT})
        if known["version"] != body["base_version"]:
            return problem(409, "entry_changed")
        self.drafts.pop(entry_id, None)
        said = {name: body[name] for name in ("title", "text", "phase", "follows", "visibility")}
        self.entries[entry_id] = known | said | {"version": known["version"] + 1, "edited_at": MOMENT}
        return httpx.Response(201, json=self.entries[entry_id])

    def put(self, entry_id: str, body: dict[str, Any]) -> httpx.Response:
        if not body["text"].strip():
            return problem(422, "invalid_input", "text")
        if entry_id in self.entries:
            return problem(409, "conflict")
        self.drafts.pop(entry_id, None)
        said = {name: body[name] for name in ("title", "text", "phase", "follows", "visibility")}
        self.entries[entry_id] = entry(id=entry_id, **said)
        return httpx.Response(201, json=self.entries[entry_id])

    def agenda(self, request: httpx.Request, path: str) -> httpx.Response:  # noqa: PLR0911  # one line an outcome
        line_id = path.split("/")[1] if "/" in path else ""
        known = self.lines.get(line_id)
        if refusal := self.refusals.get(f"{request.method} agenda"):
            return refusal
        if request.method == "GET":
            hidden = {"entry_id": None, "shown_to": []} if "client" in request.url.params else {}
            return httpx.Response(200, json={"items": [one | hidden for one in self.lines.values()]})
        if path.endswith("/settled"):
            if known is None or not known["readings"]:
                return problem(*((404, "not_found") if known is None else (409, "not_read")))
            del self.lines[line_id]
            return httpx.Response(200, json={"id": line_id, "settled_at": MOMENT})
        if request.method == "DELETE":
            if known and known["readings"]:
                return problem(409, "already_read")
            self.lines.pop(line_id, None)
            return httpx.Response(204)
        body = json.loads(request.content)
        if body["text"] not in self.entries[body["entry_id"]]["text"]:
            return problem(422, "invalid_input", "text")
        self.lines[line_id] = pinned(id=line_id, **body)
        return httpx.Response(201, json=self.lines[line_id])
