"""Security event tokens (RFC 8417): their claims, the same for auth that signs them and for receivers that check them.

One event each; no `exp` and no `sub`, so that none can pass for an access or an ID token (SSF 1.0 §4.1.9).
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, Field, ValidationError

from afterglow_foundation.security_events.events import ABOUT_THINGS, PAYLOADS, EventType
from afterglow_foundation.security_events.facts import Fact
from afterglow_foundation.security_events.polling import SetError
from afterglow_foundation.tokens import ALGORITHMS, CLOCK_SKEW, UNREADABLE, InvalidTokenError, KeyCache, read_header

TYPE = "secevent+jwt"
KEY_HEADERS = {"jwk", "jku", "x5u", "x5c", "crit", "b64"}


class IssuerSubject(BaseModel, frozen=True):
    """A person (RFC 9493 §3.2.3): `sub` as in the tokens of `iss`."""

    format: Literal["iss_sub"] = "iss_sub"
    iss: str
    sub: UUID


class OpaqueSubject(BaseModel, frozen=True):
    """A session, a care relationship or a grant (RFC 9493 §3.2.4)."""

    format: Literal["opaque"] = "opaque"
    id: UUID


class ComplexSubject(BaseModel, frozen=True):
    """One session of one person (SSF 1.0 §3.2)."""

    format: Literal["complex"] = "complex"
    user: IssuerSubject
    session: OpaqueSubject


Subject = IssuerSubject | OpaqueSubject | ComplexSubject


class EventClaims(BaseModel, frozen=True):
    """`toe` is when it happened, to the microsecond; `iat` when this token was signed for this receiver."""

    iss: str
    aud: str
    iat: int = Field(strict=True)
    jti: UUID
    toe: float
    sub_id: Subject = Field(discriminator="format")
    events: dict[str, dict[str, Any]] = Field(min_length=1, max_length=1)
    exp: None = None
    sub: None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A token's content, once it is believed. `payload` is of the type's own schema."""

    id: UUID
    type: EventType
    subject_id: UUID
    session_id: UUID | None
    occurred_at: datetime
    payload: BaseModel


class RefusedTokenError(Exception):
    """A token that is not believed, with what to tell auth about it."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.error = SetError(err=code, description=description)


def claims_of(event: Event, *, issuer: str, receiver: str) -> dict[str, Any]:
    """What to sign for one receiver."""
    claims = EventClaims(
        iss=issuer,
        aud=receiver,
        iat=int(time.time()),
        jti=event.id,
        toe=event.occurred_at.timestamp(),
        sub_id=subject_of(event, issuer),
        events={event.type: event.payload.model_dump(mode="json")},
    )
    return claims.model_dump(mode="json", exclude_none=True)


def subject_of(event: Event, issuer: str) -> Subject:
    if event.type in ABOUT_THINGS:
        return OpaqueSubject(id=event.subject_id)
    person = IssuerSubject(iss=issuer, sub=event.subject_id)
    return ComplexSubject(user=person, session=OpaqueSubject(id=event.session_id)) if event.session_id else person


class TokenReader:
    """Reads tokens for one receiver: type, algorithm, key, signature, issuer, audience, and the event's schema."""

    def __init__(self, *, issuer: str, receiver: str, keys: KeyCache) -> None:
        self._issuer = issuer
        self._receiver = receiver
        self._keys = keys
        self._registry = JWSRegistry(algorithms=ALGORITHMS)

    async def read(self, token: str, event_id: UUID) -> Event:
        """The event `event_id`. Raises RefusedTokenError, and Unavailable while no key could be fetched at all."""
        claims = await self._verified(token)
        if claims.iss != self._issuer:
            raise RefusedTokenError("invalid_issuer", "The token is of another issuer.")
        if claims.aud != self._receiver:
            raise RefusedTokenError("invalid_audience", "The token is for another receiver.")
        if claims.jti != event_id or claims.iat > time.time() + CLOCK_SKEW:
            raise RefusedTokenError("invalid_request", "The token is of another event, or not issued yet.")
        return self._event(claims)

    async def _verified(self, token: str) -> EventClaims:
        try:
            header = read_header(token)
        except InvalidTokenError as error:
            raise RefusedTokenError("invalid_request", "This is no compact JWS.") from error
        if header.get("typ") != TYPE or header.get("alg") not in ALGORITHMS or header.keys() & KEY_HEADERS:
            raise RefusedTokenError("invalid_request", "Type, algorithm or another header is not allowed.")
        key = await self._keys.find(str(header.get("kid")))
        if key is None:
            raise RefusedTokenError("invalid_key", "The token's key is unknown.")
        try:
            decoded = jwt.decode(token, key, algorithms=ALGORITHMS, registry=self._registry)
        except JoseError as error:
            raise RefusedTokenError("invalid_key", "The signature does not hold.") from error
        except UNREADABLE as error:
            raise RefusedTokenError("invalid_request", "The token cannot be read.") from error
        try:
            return EventClaims.model_validate(decoded.claims)
        except ValidationError as error:
            raise RefusedTokenError("invalid_request", f"Claims are missing or wrong: {places(error)}.") from error

    def _event(self, claims: EventClaims) -> Event:
        (name, payload), subject = *claims.events.items(), claims.sub_id
        try:
            kind = EventType(name)
            content = PAYLOADS[kind].model_validate(payload)
            occurred_at = datetime.fromtimestamp(claims.toe, UTC)
        except ValidationError as error:
            raise RefusedTokenError(
                "invalid_request", f"The event is not as its type says: {places(error)}."
            ) from error
        except UNREADABLE as error:
            raise RefusedTokenError("invalid_request", "The event's type or time makes no sense.") from error
        about, session = self._named(subject)
        event = Event(claims.jti, kind, about, session, occurred_at, content)
        if not isinstance(subject, type(subject_of(event, self._issuer))) or not agrees(event):
            raise RefusedTokenError("invalid_request", "The subject does not fit the event.")
        return event

    def _named(self, subject: Subject) -> tuple[UUID, UUID | None]:
        if isinstance(subject, OpaqueSubject):
            return subject.id, None
        person = subject.user if isinstance(subject, ComplexSubject) else subject
        if person.iss != self._issuer:
            raise RefusedTokenError("invalid_request", "The subject is of another issuer.")
        return person.sub, subject.session.id if isinstance(subject, ComplexSubject) else None


def agrees(event: Event) -> bool:
    """A fact is about the subject, and a session is named where, and only where, one was revoked."""
    named = (event.session_id is not None) == (event.type == EventType.session_revoked)
    return named and (not isinstance(event.payload, Fact) or event.payload.id == event.subject_id)


def places(error: ValidationError) -> str:
    """Where it is wrong, without the values."""
    return ", ".join(".".join(str(part) for part in one["loc"]) or "the whole" for one in error.errors()[:5])
