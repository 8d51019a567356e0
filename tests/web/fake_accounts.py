"""auth's accounts API as web sees it, in memory: enough to be idempotent, to propose, to refuse and to be down."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from afterglow_foundation.identifiers import new_id

from tests.web.fake_desk import FakeDesk
from tests.web.fake_emergencies import FakeEmergencies
from tests.web.fake_portal import problem

THEN = "2026-03-29T20:10:00Z"
LATER = "2026-04-05T20:10:00Z"
ADMIN = "0195e3a0-0000-7000-8000-00000000ad01"
OTHER_ADMIN = "0195e3a0-0000-7000-8000-00000000ad02"
Reply = httpx.Response


def account(number: int, **values: Any) -> dict[str, Any]:
    """Somebody with an account, by number."""
    return {
        "id": f"0195e3a0-0000-7000-8000-{number:012d}",
        "name": f"Person {number}",
        "email": f"person{number}@practice.example",
        "role": "client",
        "state": "active",
        "created_at": "2026-01-01T00:00:00Z",
        "joined_at": "2026-01-02T00:00:00Z",
        "disabled_at": None,
        "last_sign_in_at": None,
        "locale": "en",
        "time_zone": "Europe/London",
        "invitation": None,
        "reset": None,
        "exports_held": False,
        "factor_reset": None,
        "open_proposal": None,
        **values,
    }


def link(person: dict[str, Any], link_id: str, state: str = "open") -> dict[str, Any]:
    times = {"created_at": THEN, "expires_at": LATER, "used_at": None, "withdrawn_at": None}
    return {"id": link_id, "person_id": person["id"], "state": state, **times}


def named(person: dict[str, Any]) -> dict[str, Any]:
    return {"id": person["id"], "name": person["name"]}


@dataclass
class FakeAccounts:
    """`answers` replace what a method and path answer; `requests` keeps what came. `single_admin_wait`: ISO 8601."""

    people: list[dict[str, Any]] = field(default_factory=list)
    care: list[dict[str, Any]] = field(default_factory=list)
    sessions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    covers: list[dict[str, Any]] = field(default_factory=list)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    bodies: dict[str, Any] = field(default_factory=dict)
    answers: dict[tuple[str, str], Reply] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    single_admin_wait: str | None = None
    quiet_hours: dict[str, Any] = field(default_factory=lambda: {"from": "22:00", "until": "08:00"})
    notice_way: str = "mail"
    push_key: str | None = "BLc4xRzKlKORKWlbdgFaBrrPK3ydWAHo4M0gs0i1oEKgPpWC5cW8OCzVrOQRv-1npXRWk8udnW3oYhIO4475rds"
    push_subscriptions: dict[str, Any] = field(default_factory=dict)
    down: bool = False
    desk: FakeDesk = field(default_factory=FakeDesk)
    emergencies: FakeEmergencies = field(default_factory=FakeEmergencies)

    def asked(self, method: str) -> list[str]:
        """The paths asked for with that method, in order."""
        return [self.path_of(request) for request in self.requests if request.method == method]

    @staticmethod
    def path_of(request: httpx.Request) -> str:
        return request.url.path.removeprefix("/api/accounts/")

    async def answer(self, request: httpx.Request) -> Reply:
        self.requests.append(request)
        if self.down:
            raise httpx.ConnectError("down")
        path = self.path_of(request)
        if found := self.answers.get((request.method, path)):
            return found
        for method, pattern, reply in [*self.routes, *self.desk.routes, *self.emergencies.routes]:
            if method == request.method and (match := re.fullmatch(pattern, path)):
                return reply(request, *match.groups())
        raise AssertionError(f"web asked for {request.method} {path}")

    @property
    def routes(self) -> list[tuple[str, str, Callable[..., Reply]]]:
        one = "([^/]+)"
        return [
            ("GET", "people", self.list_people),
            ("GET", f"people/{one}", self.read_person),
            ("PUT", f"people/{one}/disablement", self.disable),
            ("DELETE", f"people/{one}/disablement", self.enable),
            ("PUT", f"people/{one}/export-hold", self.hold_exports),
            ("DELETE", f"people/{one}/export-hold", self.hold_exports),
            ("PUT", f"people/{one}/roles/{one}", self.change_role),
            ("PUT", f"people/{one}/resets/{one}", self.reset),
            ("PUT", f"people/{one}/factor-resets/{one}", self.reset_factors),
            ("PUT", f"factor-resets/{one}/withdrawal", self.withdraw_factor_reset),
            ("GET", f"people/{one}/sessions", self.list_sessions),
            ("DELETE", f"people/{one}/sessions", self.end_sessions),
            ("DELETE", f"people/{one}/sessions/{one}", self.end_sessions),
            ("PUT", f"invitations/{one}", self.invite),
            ("POST", f"invitations/{one}/mails", self.send_again),
            ("PUT", f"invitations/{one}/withdrawal", self.withdraw_invitation),
            ("PUT", f"imports/{one}", self.read_file),
            ("GET", f"imports/{one}", self.show_import),
            ("GET", f"imports/{one}/progress", self.show_import),
            ("PUT", f"imports/{one}/execution", self.carry_out_import),
            ("GET", "covers", self.list_covers),
            ("PUT", f"covers/{one}", self.arrange_cover),
            ("PUT", f"covers/{one}/end", self.end_cover),
            ("GET", "own-covers", self.list_own_covers),
            ("GET", "own-covers/colleagues", self.list_colleagues),
            ("PUT", f"own-covers/{one}", self.arrange_own_cover),
            ("PUT", f"own-covers/{one}/end", self.end_cover),
            ("GET", "notice-way", self.read_way),
            ("PUT", "notice-way", self.choose_way),
            ("GET", "push-subscriptions", self.list_subscriptions),
            ("PUT", f"push-subscriptions/{one}", self.add_subscription),
            ("DELETE", f"push-subscriptions/{one}", self.remove_subscription),
            ("GET", "quiet-hours", self.read_quiet_hours),
            ("PUT", "quiet-hours", self.choose_quiet_hours),
            ("GET", "care-relationships", self.list_care),
            ("PUT", f"care-relationships/{one}", self.assign),
            ("PUT", f"care-relationships/{one}/end", self.end_care),
            ("GET", "proposals", self.list_proposals),
            ("GET", "proposals/waiting", self.count_proposals),
            ("GET", f"proposals/{one}", self.read_proposal),
            ("PUT", f"proposals/{one}/approval", self.approve),
            ("PUT", f"proposals/{one}/withdrawal", self.withdraw_proposal),
        ]

    def read_way(self, _request: httpx.Request) -> Reply:
        return Reply(200, json={"way": self.notice_way})

    def choose_way(self, request: httpx.Request) -> Reply:
        self.notice_way = json.loads(request.content)["way"]
        return self.read_way(request)

    def list_subscriptions(self, _request: httpx.Request) -> Reply:
        items = [{"id": one, "added_at": "2026-05-03T10:00:00Z"} for one in self.push_subscriptions]
        return Reply(200, json={"public_key": self.push_key, "items": items})

    def add_subscription(self, request: httpx.Request, one: str) -> Reply:
        self.push_subscriptions[one] = json.loads(request.content)
        return Reply(201, json={"id": one, "added_at": "2026-05-03T10:00:00Z"})

    def remove_subscription(self, _request: httpx.Request, one: str) -> Reply:
        return Reply(204) if self.push_subscriptions.pop(one, None) else problem(404, "not_found")

    def read_quiet_hours(self, _request: httpx.Request) -> Reply:
        return Reply(200, json={**self.quiet_hours, "time_zone": "America/New_York"})

    def choose_quiet_hours(self, request: httpx.Request) -> Reply:
        self.quiet_hours = json.loads(request.content)
        return self.read_quiet_hours(request)

    def find(self, person: str) -> dict[str, Any] | None:
        return next((one for one in self.people if one["id"] == person), None)

    def list_people(self, request: httpx.Request) -> Reply:
        asked = request.url.params
        words = asked.get("q", "").lower()
        found = [one for one in self.people if words in f"{one['name']} {one['email']}".lower()]
        for name in ("role", "state"):
            found = [one for one in found if asked.get(name) in {None, one[name]}]
        return self.page(request, found)

    @staticmethod
    def page(request: httpx.Request, found: list[dict[str, Any]]) -> Reply:
        start, limit = int(request.url.params.get("after", 0)), int(request.url.params["limit"])
        rest = str(start + limit) if len(found) > start + limit else None
        return Reply(200, json={"items": found[start : start + limit], "next": rest})

    def read_person(self, _request: httpx.Request, person: str) -> Reply:
        found = self.find(person)
        if found is None:
            return problem(404, "not_found")
        live = [one for one in self.care if self.is_theirs(one, person) and not one["ended_at"]]
        return Reply(200, json={**found, "care": live, "sessions": len(self.sessions.get(person, []))})

    def change(self, person: str, **values: Any) -> Reply:
        found = self.find(person)
        if found is None:
            return problem(404, "not_found")
        found |= values
        return self.read_person(httpx.Request("GET", "http://auth.invalid"), person)

    def disable(self, _request: httpx.Request, person: str) -> Reply:
        self.sessions.pop(person, None)
        return self.change(person, state="disabled", disabled_at=THEN)

    def enable(self, _request: httpx.Request, person: str) -> Reply:
        return self.change(person, state="active", disabled_at=None)

    def hold_exports(self, request: httpx.Request, person: str) -> Reply:
        return self.change(person, exports_held=request.method == "PUT")

    def change_role(self, request: httpx.Request, person: str, change: str) -> Reply:
        found = self.find(person)
        assert found
        return self.propose(change, "change_role", found, becomes=json.loads(request.content)["role"])

    def reset(self, _request: httpx.Request, person: str, reset: str) -> Reply:
        found = self.find(person)
        assert found
        if found["role"] != "client":
            return self.propose(reset, "reset", found)
        found |= {"state": "reset", "reset": link(found, reset)}
        return Reply(201, json=found["reset"])

    def reset_factors(self, _request: httpx.Request, person: str, reset: str) -> Reply:
        found = self.find(person)
        assert found
        if found["factor_reset"] and found["factor_reset"]["id"] != reset:
            return problem(409, "already_asked")
        found["factor_reset"] = {"id": reset, "state": "open", "created_at": THEN, "due_at": LATER, "objected_at": None}
        if found["role"] != "client":
            return self.propose(reset, "reset_factors", found)
        return Reply(201, json=found["factor_reset"])

    def withdraw_factor_reset(self, _request: httpx.Request, reset: str) -> Reply:
        found = next(one for one in self.people if (one["factor_reset"] or {}).get("id") == reset)
        found["factor_reset"]["state"] = "withdrawn"
        return Reply(200, json=found["factor_reset"])

    def list_sessions(self, request: httpx.Request, person: str) -> Reply:
        return self.page(request, self.sessions.get(person, []))

    def end_sessions(self, _request: httpx.Request, person: str, session: str | None = None) -> Reply:
        kept = [one for one in self.sessions.get(person, []) if session and one["id"] != session]
        self.sessions[person] = kept
        return Reply(204)

    def replayed(self, request: httpx.Request, key: str) -> Reply | None:
        """None for a new id; a conflict for another body; the earlier body's own answer is the caller's to give."""
        body = json.loads(request.content)
        if self.bodies.setdefault(key, body) != body:
            return problem(409, "conflict")
        return None

    def invite(self, request: httpx.Request, invitation: str) -> Reply:
        if refused := self.replayed(request, invitation):
            return refused
        wanted = json.loads(request.content)
        known = next((one for one in self.people if one["email"] == wanted["email"]), None)
        if known and (known["invitation"] or {}).get("id") != invitation:
            taken = [{"field": "email", "code": "address_taken", "message": "x"}]
            return problem(409, "address_taken", taken)
        if wanted["role"] != "client":
            return self.propose(invitation, "invite", {"id": None, **wanted})
        if known is None:
            known = account(len(self.people) + 900, **wanted, state="invited", joined_at=None)
            known["invitation"] = link(known, invitation)
            self.people.append(known)
            return Reply(201, json={**known["invitation"], **wanted})
        return Reply(200, json={**known["invitation"], **wanted})

    def send_again(self, _request: httpx.Request, _invitation: str) -> Reply:
        return Reply(202, json={})

    def withdraw_invitation(self, _request: httpx.Request, invitation: str) -> Reply:
        person = next(one for one in self.people if (one["invitation"] or {}).get("id") == invitation)
        person["invitation"]["state"] = "withdrawn"
        person |= {"state": "disabled", "disabled_at": THEN}
        return Reply(200, json={})

    def read_file(self, request: httpx.Request, import_id: str) -> Reply:
        """Every row is good, unless `faults` of the import are in place beforehand."""
        if refused := self.replayed(request, import_id):
            return refused
        header, *lines = json.loads(request.content)["csv"].strip().splitlines()
        rows = [
            {
                "row": number,
                "time_zone": "UTC",
                "locale": "en",
                **dict(zip(header.split(","), line.split(","), strict=True)),
            }
            for number, line in enumerate(lines, start=2)
        ]
        made = {"id": import_id, "state": "preview", "total": len(rows), "made": 0, "created_at": THEN}
        made |= {"rows": rows, "faults": [], "fault_count": 0}
        return Reply(201, json=self.imports.setdefault(import_id, made))

    def show_import(self, _request: httpx.Request, import_id: str) -> Reply:
        found = self.imports.get(import_id)
        return Reply(200, json=found) if found else problem(404, "not_found")

    def carry_out_import(self, _request: httpx.Request, import_id: str) -> Reply:
        found = self.imports.get(import_id)
        if found is None:
            return problem(404, "not_found")
        if found["faults"]:
            return problem(409, "import_has_faults")
        found["state"] = "under_way"
        return Reply(202, json=found)

    def list_covers(self, request: httpx.Request) -> Reply:
        person = request.url.params["person"]
        theirs = [one for one in self.covers if person in {one["therapist"]["id"], one["covering"]["id"]}]
        return self.page(request, theirs)

    def arrange_cover(self, request: httpx.Request, cover: str) -> Reply:
        if refused := self.replayed(request, cover):
            return refused
        body = json.loads(request.content)
        therapist, covering = self.find(body["therapist_id"]), self.find(body["covering_id"])
        assert therapist
        assert covering
        when = {"starts_at": body.get("starts_at", THEN), "ends_at": body["ends_at"]}
        return Reply(201, json=self.cover(therapist, covering, id=cover, **when))

    def list_own_covers(self, _request: httpx.Request) -> Reply:
        return Reply(200, json={"items": self.covers, "next": None})

    def list_colleagues(self, _request: httpx.Request) -> Reply:
        return Reply(200, json={"items": [named(one) for one in self.people if one["role"] == "therapist"]})

    def arrange_own_cover(self, request: httpx.Request, cover: str) -> Reply:
        if refused := self.replayed(request, cover):
            return refused
        return Reply(201, json={})

    def cover(self, therapist: dict[str, Any], covering: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Put a cover in place, once for each id."""
        who = {"therapist": named(therapist), "covering": named(covering), "client": None, "clients": 2}
        made = {**who, "starts_at": THEN, "ends_at": LATER, "ended_at": None, **values}
        if all(one["id"] != made["id"] for one in self.covers):
            self.covers.append(made)
        return made

    def end_cover(self, _request: httpx.Request, cover: str) -> Reply:
        (found,) = [one for one in self.covers if one["id"] == cover]
        found["ended_at"] = LATER
        return Reply(200, json=found)

    @staticmethod
    def is_theirs(care: dict[str, Any], person: str) -> bool:
        return person in {care["client"]["id"], care["therapist"]["id"]}

    def treat(self, client: dict[str, Any], therapist: dict[str, Any], **values: Any) -> dict[str, Any]:
        """Put a relationship in place."""
        care = {"id": str(new_id()), "client": named(client), "therapist": named(therapist)}
        self.care.append({**care, "started_at": THEN, "ended_at": None, **values})
        return self.care[-1]

    def list_care(self, request: httpx.Request) -> Reply:
        person = request.url.params["person"]
        return self.page(request, [one for one in reversed(self.care) if self.is_theirs(one, person)])

    def assign(self, request: httpx.Request, relationship: str) -> Reply:
        if refused := self.replayed(request, relationship):
            return refused
        body = json.loads(request.content)
        client, therapist = self.find(body["client_id"]), self.find(body["therapist_id"])
        assert client
        assert therapist
        if any(one["id"] == relationship for one in self.care):
            return Reply(200, json={})
        if any(self.is_theirs(one, client["id"]) and self.is_theirs(one, therapist["id"]) for one in self.care):
            return problem(409, "already_assigned")
        self.treat(client, therapist, id=relationship)
        return Reply(201, json={})

    def end_care(self, _request: httpx.Request, relationship: str) -> Reply:
        for one in self.care:
            if one["id"] == relationship:
                one["ended_at"] = one["ended_at"] or LATER
                return Reply(200, json=one)
        return problem(404, "not_found")

    def propose(self, proposal: str, act: str, about: dict[str, Any], **values: Any) -> Reply:
        made = {
            "id": proposal,
            "act": act,
            "state": "open",
            "about": {name: about[name] for name in ("id", "name", "email", "role")},
            "own": True,
            "proposed_by": {"id": ADMIN, "name": "Ada Admin"},
            "proposed_at": THEN,
            "due_at": LATER if self.single_admin_wait else None,
            **dict.fromkeys(("approved_by", "withdrawn_by", "withdrawn_at", "carried_out_at", "failed_at")),
            "failed_because": None,
            **values,
        }
        if all(one["id"] != proposal for one in self.proposals):
            self.proposals.append(made)
        return Reply(202, json=made)

    def list_proposals(self, request: httpx.Request) -> Reply:
        state = request.url.params.get("state")
        return self.page(request, [one for one in reversed(self.proposals) if state in {None, one["state"]}])

    def count_proposals(self, _request: httpx.Request) -> Reply:
        waiting = sum(one["state"] == "open" for one in self.proposals)
        reviews = sum(one["yours_to_review"] for one in self.emergencies.grants)
        found = {"waiting": waiting, "single_admin_wait": self.single_admin_wait, "reviews": reviews}
        return Reply(200, json=found)

    def read_proposal(self, _request: httpx.Request, proposal: str) -> Reply:
        found = next((one for one in self.proposals if one["id"] == proposal), None)
        return Reply(200, json=found) if found else problem(404, "not_found")

    def approve(self, request: httpx.Request, proposal: str) -> Reply:
        return self.decide(request, proposal, state="carried_out", carried_out_at=LATER)

    def withdraw_proposal(self, request: httpx.Request, proposal: str) -> Reply:
        return self.decide(request, proposal, state="withdrawn", withdrawn_at=LATER)

    def decide(self, request: httpx.Request, proposal: str, **values: Any) -> Reply:
        for one in self.proposals:
            if one["id"] == proposal:
                one.update(values)
        return self.read_proposal(request, proposal)
