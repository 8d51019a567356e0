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
from afterglow_foundation.security_events.events import EventType, SessionRevoked
from afterglow_foundation.security_events.facts import CareRelationshipFact, Fact, PersonFact
from afterglow_foundation.security_events.polling import POLL_PATH, SNAPSHOT_PATH
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
    """`sign` makes a token; `steps` are answers or faults that come before the ordinary ones, one for each poll."""

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
        assert request.url.path == POLL_PATH
        return self.give_events(json.loads(request.content))

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
        return httpx.Response(200, json={"sets": sets, "moreAvailable": False})
