"""Stands for auth in front of a receiver: checks who asks, gives a snapshot, and tokens until they are acknowledged."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import httpx
from afterglow_foundation.callers import Role
from afterglow_foundation.client import ServiceClient
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import SUPPORTED, EventType, SessionRevoked, Verification
from afterglow_foundation.security_events.facts import CareRelationshipFact, Fact, PersonFact
from afterglow_foundation.security_events.polling import POLL_PATH, SNAPSHOT_PATH
from afterglow_foundation.security_events.streams import (
    POLL_METHOD,
    SINCE_HEADER,
    STATUS_HEADER,
    STATUS_PATH,
    STREAMS_PATH,
    TELLS_HEADER,
    VERIFICATION_PATH,
)
from afterglow_foundation.security_events.tokens import Event, claims_of
from afterglow_foundation.settings import ClientSettings
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel

ISSUER = f"{BASE_URL}/auth"
FACTS = {PersonFact: EventType.person, CareRelationshipFact: EventType.care_relationship}


def now() -> datetime:
    return datetime.now(UTC)


def person_fact(person: Person, **changes: Any) -> PersonFact:
    known = {"id": person.id, "name": person.name, "role": person.role, "locale": "en", "time_zone": "Europe/London"}
    return PersonFact(**known | {"as_of": now()} | changes)


def care_fact(client: Person, therapist: Person, **changes: Any) -> CareRelationshipFact:
    known = {"id": new_id(), "client_id": client.id, "therapist_id": therapist.id, "kind": "treating"}
    return CareRelationshipFact(**known | {"started_at": now(), "as_of": now()} | changes)


def somebody(role: str = "client", name: str = "Ash Vale") -> Person:
    return Person(Role(role), name)


@dataclass
class Transmitter:
    """`sign` makes a token; `steps` are answers or faults that come before the ordinary ones, one for each poll.

    `stream` is the receiver's, None before it made one; `asked` is what it did to it, in order. Verification events
    are sent where a test wants them: `verifies`. With `keeps_status` it is not for the receiver to change.
    """

    issuer: TestIssuer
    receiver: str
    private_key: ECKey
    taken_at: datetime = field(default_factory=now)
    named: list[Fact] = field(default_factory=list)
    revoked: list[dict[str, Any]] = field(default_factory=list)
    waiting: dict[UUID, str] = field(default_factory=dict)
    polls: list[dict[str, Any]] = field(default_factory=list)
    snapshots: int = 0
    steps: list[Any] = field(default_factory=list)
    token: str = "service-token"
    stream: dict[str, Any] | None = None
    status: str = "enabled"
    since: datetime | None = None
    keeps_status: bool = False
    says_issuer: str = ISSUER
    asked: list[tuple[str, str]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    verifies: bool = False

    def __post_init__(self) -> None:
        self.since = self.since or self.taken_at

    @classmethod
    def of(cls, issuer: TestIssuer, settings: ClientSettings, receiver: str | None = None) -> "Transmitter":
        key = ECKey.import_key(json.loads(settings.client_private_key.get_secret_value()))
        return cls(issuer, receiver or settings.client_id, key)

    @property
    def client(self) -> ServiceClient:
        return ServiceClient("http://auth.test", transport=httpx.MockTransport(self.answer))

    @property
    def refused(self) -> dict[str, Any]:
        """Everything that the receiver said it could not take."""
        return {event: error for poll in self.polls for event, error in poll["setErrs"].items()}

    def tell(self, payload: BaseModel, subject: UUID, kind: EventType, **changes: Any) -> UUID:
        event = Event(new_id(), kind, subject, changes.pop("session_id", None), now(), payload)
        self.waiting[event.id] = self.sign(event, **changes)
        return event.id

    def tell_fact(self, fact: Fact) -> UUID:
        return self.tell(fact, fact.id, FACTS[type(fact)])  # type: ignore[index]  # facts of these two kinds only

    def tell_revoked(self, person: Person, session_id: UUID | None = None) -> UUID:
        ended = session_id or person.session_id
        return self.tell(SessionRevoked(), person.id, EventType.session_revoked, session_id=ended)

    def sign(self, event: Event, *, header: dict[str, Any] | None = None, key: Any = None, **claims: Any) -> str:
        good = claims_of(event, issuer=ISSUER, receiver=self.receiver)
        chosen = {name: value for name, value in (good | claims).items() if value is not None}
        heading = {"alg": "ES256", "typ": "secevent+jwt", "kid": self.issuer.key.kid} | (header or {})
        return jwt.encode(heading, chosen, key or self.issuer.key, algorithms=[heading["alg"]])

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return self.give_token({name: values[0] for name, values in parse_qs(request.content.decode()).items()})
        if request.headers["authorization"] != f"Bearer {self.token}":
            return httpx.Response(401)
        if request.url.path == SNAPSHOT_PATH:
            self.snapshots += 1
            return httpx.Response(200, json=self.snapshot())
        if request.url.path == POLL_PATH:
            return self.give_events(json.loads(request.content))
        sent = json.loads(request.content) if request.content else {}
        self.asked.append((request.method, request.url.path))
        return self.manage(request, sent)

    def manage(self, request: httpx.Request, sent: dict[str, Any]) -> httpx.Response:
        """The stream, its status and its verification, as Shared Signals 1.0 §8.1 has them."""
        match request.method, request.url.path:
            case "GET", path if path == STREAMS_PATH:
                return httpx.Response(200, json=[self.stream] if self.stream else [])
            case "POST", path if path == STREAMS_PATH:
                assert sent["delivery"] == {"method": POLL_METHOD}
                self.stream = self.described(events_delivered=sent["events_requested"])
                return httpx.Response(201, json=self.stream)
        assert self.stream
        assert self.stream["stream_id"] == sent.get("stream_id", request.url.params.get("stream_id"))
        match request.method, request.url.path:
            case "PATCH", path if path == STREAMS_PATH:
                self.stream |= {"events_delivered": sent["events_requested"]}
                return httpx.Response(200, json=self.stream)
            case "DELETE", path if path == STREAMS_PATH:
                self.stream = None
                return httpx.Response(204)
            case method, path if path == STATUS_PATH:
                self.status = sent["status"] if method == "POST" and not self.keeps_status else self.status
                return httpx.Response(200, json={"stream_id": self.stream["stream_id"], "status": self.status})
        assert (request.method, request.url.path) == ("POST", VERIFICATION_PATH)
        self.states.append(sent["state"])
        if self.verifies:
            self.tell_verification(sent["state"])
        return httpx.Response(204)

    def described(self, **changes: Any) -> dict[str, Any]:
        return {
            "stream_id": str(new_id()),
            "iss": self.says_issuer,
            "aud": self.receiver,
            "delivery": {"method": POLL_METHOD, "endpoint_url": f"{BASE_URL}{POLL_PATH}"},
            "events_supported": list(SUPPORTED),
            "events_delivered": list(SUPPORTED),
            "min_verification_interval": 30,
            "inactivity_timeout": 604800,
        } | changes

    def tell_verification(self, state: str | None, stream_id: UUID | None = None) -> UUID:
        """A verification event for the receiver's stream, or for another one."""
        assert self.stream
        subject = stream_id or UUID(self.stream["stream_id"])
        return self.tell(Verification(state=state), subject, EventType.verification)

    def give_token(self, form: dict[str, str]) -> httpx.Response:
        assert (form["grant_type"], form["scope"]) == ("client_credentials", "security_events")
        claims = jwt.decode(form["client_assertion"], self.private_key, algorithms=["ES256"]).claims
        assert (claims["iss"], claims["sub"], claims["aud"]) == (self.receiver, self.receiver, ISSUER)
        return httpx.Response(200, json={"access_token": self.token, "expires_in": 300})

    def snapshot(self) -> dict[str, Any]:
        facts = [fact.model_copy(update={"as_of": self.taken_at}).model_dump(mode="json") for fact in self.named]
        care = [fact for fact in facts if "client_id" in fact]
        return {
            "taken_at": self.taken_at.isoformat(),
            "people": [fact for fact in facts if "client_id" not in fact],
            "care_relationships": care,
            "grants": [],
            "revoked_sessions": self.revoked,
        }

    def give_events(self, asked: dict[str, Any]) -> httpx.Response:
        self.polls.append(asked)
        if self.steps:
            step = self.steps.pop(0)
            if isinstance(step, httpx.Response):
                return step
            raise step
        for event_id in (*asked["ack"], *asked["setErrs"]):
            self.waiting.pop(UUID(event_id), None)
        sets = {str(event_id): token for event_id, token in self.waiting.items()}
        narrowed = self.stream and set(self.stream["events_delivered"]) != set(SUPPORTED)
        tells = "some" if narrowed else "everything"
        standing = {STATUS_HEADER: self.status, SINCE_HEADER: str(self.since), TELLS_HEADER: tells}
        if self.status != "enabled":
            sets = {}
        return httpx.Response(200, json={"sets": sets, "moreAvailable": False}, headers=standing)
