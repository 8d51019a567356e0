"""Files of conversations as messaging keeps them, in memory: by conversation and id, with what was sent so far."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.web.fake_portal import problem

MOMENT = "2026-03-29T08:05:00Z"
AS_FILE = {
    "content-disposition": "attachment; filename=\"attachment.pdf\"; filename*=UTF-8''letter.pdf",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "content-type": "application/pdf",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def wrong(code: str, where: str = "file") -> httpx.Response:
    return problem(422, "invalid_input", [{"field": where, "code": code, "message": "x"}])


@dataclass
class FakeFiles:
    """`refusals` are what the next finishing of a file is answered with."""

    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    refusals: list[httpx.Response] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request, conversation: str, identifier: str, step: str) -> httpx.Response:  # noqa: PLR0911  # one for each thing that is asked
        match request.method, step:
            case "PUT", "":
                return self.declare(conversation, identifier, json.loads(request.content))
            case "PATCH", "content":
                return self.append(identifier, int(request.headers["upload-offset"]), request.content)
            case "PUT", "completion":
                if self.refusals:
                    return self.refusals.pop(0)
                self.declared[identifier]["finished_at"] = MOMENT
                return httpx.Response(200, json=self.declared[identifier])
            case "GET", "content" if identifier in self.contents:
                return httpx.Response(200, content=self.contents[identifier], headers=AS_FILE)
            case "DELETE", "" if identifier in self.declared:
                self.removed.append(identifier)
                return httpx.Response(204)
        return problem(404, "not_found")

    def declare(self, conversation: str, identifier: str, body: dict[str, Any]) -> httpx.Response:
        if body["size"] > 25 * 2**20:
            return wrong("too_large", "size")
        known = self.declared.get(identifier)
        made = {"id": identifier, "conversation_id": conversation, "received": 0, "created_at": MOMENT, **body}
        self.declared.setdefault(identifier, made | {"finished_at": None})
        self.contents.setdefault(identifier, b"")
        return httpx.Response(200 if known else 201, json=self.declared[identifier])

    def append(self, identifier: str, offset: int, content: bytes) -> httpx.Response:
        stored = self.contents[identifier]
        if offset != len(stored):
            answer = problem(409, "wrong_offset")
            answer.headers["upload-offset"] = str(len(stored))
            return answer
        self.contents[identifier] = stored + content
        received = len(self.contents[identifier])
        self.declared[identifier]["received"] = received
        return httpx.Response(204, headers={"upload-offset": str(received)})

    def shown(self, identifier: str) -> dict[str, Any]:
        """As a message carries it."""
        name, size = self.declared[identifier]["name"], len(self.contents[identifier])
        return {"id": identifier, "name": name, "media_type": "application/pdf", "size": size}
