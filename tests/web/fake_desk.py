"""What auth's accounts API says about the practice, its programs, keys and audit, in memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from afterglow_design.practice import Practice
from pydantic import ValidationError

from tests.web.fake_events import events_of, openings_of
from tests.web.fake_portal import problem

Reply = httpx.Response
THEN, LATER = "2026-03-29T20:10:00Z", "2026-04-05T20:10:00Z"
KEY = "0195e3a0-0000-7000-8000-0000000000b1"


def program(**values: Any) -> dict[str, Any]:
    """A program as auth shows it."""
    return {
        "client_id": "0195e3a0-0000-7000-8000-0000000000c1",
        "name": "Mood diary",
        "kind": "confidential",
        "built_in": False,
        "run_by": "",
        "redirect_uris": ["https://diary.example/callback"],
        "post_logout_redirect_uris": [],
        "backchannel_logout_uri": None,
        "backchannel_logout_session_required": False,
        "require_pushed_authorization_requests": False,
        "dpop_bound_access_tokens": False,
        "scopes": ["openid", "portal"],
        "jwks": {"keys": [{"kid": "one"}]},
        "version": 1,
        "created_at": THEN,
        "disabled_at": None,
        **values,
    }


@dataclass
class FakeDesk:
    """`saved` and `version` are the practice's; `bodies` what was sent, by path."""

    saved: dict[str, Any] = field(default_factory=lambda: Practice().model_dump(mode="json"))
    version: int = 0
    programs: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    openings: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    bodies: list[tuple[str, Any]] = field(default_factory=list)

    def register(self, **values: Any) -> dict[str, Any]:
        made = program(**values)
        self.programs[made["client_id"]] = made
        return made

    @property
    def routes(self) -> list[tuple[str, str, Callable[..., Reply]]]:
        one = "([^/]+)"
        return [
            ("GET", "practice", self.read_practice),
            ("PUT", "practice", self.change_practice),
            ("PUT", "practice/logo", self.change_logo),
            ("DELETE", "practice/logo", self.change_logo),
            ("GET", "oauth-clients", self.list_programs),
            ("GET", f"oauth-clients/{one}", self.read_program),
            ("PUT", f"oauth-clients/{one}", self.register_program),
            ("POST", f"oauth-clients/{one}/versions", self.change_program),
            ("PUT", f"oauth-clients/{one}/keys", self.change_program),
            ("PUT", f"oauth-clients/{one}/disablement", self.disable),
            ("DELETE", f"oauth-clients/{one}/disablement", self.disable),
            ("GET", "signing-keys", self.list_keys),
            ("POST", "signing-keys", self.make_key),
            ("GET", "access-log", self.list_openings),
            ("GET", "audit-events", self.list_events),
            ("GET", "names", self.list_names),
        ]

    def read_practice(self, _request: httpx.Request) -> Reply:
        return Reply(200, json={**self.saved, "version": self.version, "changed_at": None})

    def change_practice(self, request: httpx.Request) -> Reply:
        body = json.loads(request.content)
        self.bodies.append(("practice", body))
        if body.pop("version") != self.version:
            return problem(409, "changed_meanwhile")
        try:
            changed = Practice.model_validate({**self.saved, **body})
        except ValidationError as error:
            wrong = [{"field": ".".join(map(str, one["loc"])), "code": "x", "message": "x"} for one in error.errors()]
            return problem(422, "invalid_input", wrong)
        self.saved = changed.model_dump(mode="json")
        self.version += 1
        return self.read_practice(request)

    def change_logo(self, request: httpx.Request) -> Reply:
        self.bodies.append(("logo", (request.content, request.headers.get("content-type"))))
        self.saved["logo"] = "ab" * 32 if request.content else None
        return self.read_practice(request)

    def list_programs(self, _request: httpx.Request) -> Reply:
        return Reply(200, json={"items": list(self.programs.values()), "next": None})

    def read_program(self, _request: httpx.Request, client_id: str) -> Reply:
        found = self.programs.get(client_id)
        return Reply(200, json=found) if found else problem(404, "not_found")

    def register_program(self, request: httpx.Request, client_id: str) -> Reply:
        body = json.loads(request.content)
        self.bodies.append(("program", body))
        if client_id in self.programs:
            return self.read_program(request, client_id)
        self.register(client_id=client_id, **body)
        return Reply(201, json=self.programs[client_id])

    def change_program(self, request: httpx.Request, client_id: str) -> Reply:
        body = json.loads(request.content)
        self.bodies.append(("program", body))
        found = self.programs.get(client_id)
        if found is None:
            return problem(404, "not_found")
        if body.pop("version") != found["version"]:
            return problem(409, "changed_meanwhile")
        found.update(body, version=found["version"] + 1)
        return Reply(200, json=found)

    def disable(self, request: httpx.Request, client_id: str) -> Reply:
        found = self.programs.get(client_id)
        if found is None:
            return problem(404, "not_found")
        if found["built_in"]:
            return problem(403, "built_in")
        found["disabled_at"] = THEN if request.method == "PUT" else None
        return Reply(200, json=found)

    def list_keys(self, _request: httpx.Request) -> Reply:
        signing = {"id": KEY, "state": "signing", "active_at": THEN, "retires_at": None, "published_until": None}
        return Reply(200, json={"items": [*self.keys, signing], "next": None})

    def make_key(self, _request: httpx.Request) -> Reply:
        waiting = {"id": KEY[:-1] + "2", "state": "next", "active_at": LATER, "retires_at": None}
        made = not self.keys
        self.keys = [{**waiting, "published_until": None}]
        return Reply(201 if made else 200, json=self.keys[0])

    def list_openings(self, request: httpx.Request) -> Reply:
        return openings_of(request, self.openings)

    def list_events(self, request: httpx.Request) -> Reply:
        return events_of(request, self.events)

    def list_names(self, request: httpx.Request) -> Reply:
        asked = request.url.params.get_list("id")
        items = [{"id": one, "name": self.names[one]} for one in asked if one in self.names]
        return Reply(200, json={"items": items})
