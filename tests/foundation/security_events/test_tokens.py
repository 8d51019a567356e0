"""Security event tokens: what a receiver believes, and what it never does."""

import json
import time
from typing import Any
from uuid import UUID

import pytest
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.security_events.events import (
    PAYLOADS,
    AccountEvent,
    AuthorizationRevoked,
    EventType,
    SessionRevoked,
)
from afterglow_foundation.security_events.tokens import Event, RefusedTokenError, TokenReader, claims_of
from afterglow_foundation.testing.people import Person, TestIssuer
from afterglow_foundation.tokens import KeyCache
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from tests.foundation.forging import Forger, segment
from tests.transmitter import ISSUER, care_fact, now, person_fact, somebody

RECEIVER = "portal"
HEADER = {"alg": "ES256", "typ": "secevent+jwt", "kid": "test-key"}


@pytest.fixture
def reader(issuer: TestIssuer) -> TokenReader:
    return TokenReader(issuer=ISSUER, receiver=RECEIVER, keys=issuer.keys())


def event_of(kind: EventType = EventType.account_disabled, payload: Any = None, **values: Any) -> Event:
    known = {"id": new_id(), "subject_id": new_id(), "session_id": None, "occurred_at": now()} | values
    return Event(type=kind, payload=payload or AccountEvent(), **known)


def good(**changes: Any) -> dict[str, Any]:
    """Claims that are believed; None leaves one out."""
    claims = claims_of(event_of(), issuer=ISSUER, receiver=RECEIVER) | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(issuer: TestIssuer, claims: dict[str, Any], header: dict[str, Any] | None = None, key: Any = None) -> str:
    return jwt.encode(header or HEADER, claims, key or issuer.key, algorithms=["ES256", "HS256", "RS256"])


async def refused(reader: TokenReader, token: str, event_id: UUID | None = None) -> str:
    with pytest.raises(RefusedTokenError) as found:
        await reader.read(token, event_id or new_id())
    return found.value.error.err


async def test_what_is_signed_is_what_is_read(reader: TokenReader, issuer: TestIssuer):
    client, therapist = somebody(), somebody("therapist")
    person, care = person_fact(client, name="Zoë ❤"), care_fact(client, therapist)
    events = [
        event_of(EventType.person, person, subject_id=client.id),
        event_of(EventType.care_relationship, care, subject_id=care.id),
        event_of(EventType.session_revoked, SessionRevoked(), session_id=new_id()),
        event_of(EventType.account_purged),
        event_of(EventType.authorization_revoked, AuthorizationRevoked(authorization_id=new_id())),
    ]
    for event in events:
        token = signed(issuer, claims_of(event, issuer=ISSUER, receiver=RECEIVER))
        assert await reader.read(token, event.id) == event


async def test_members_that_are_not_known_yet_are_passed_by(reader: TokenReader, issuer: TestIssuer):
    claims = good(txn="later")
    claims["events"] = {EventType.account_disabled: {"reason": "hijacking"}}
    assert (await reader.read(signed(issuer, claims), UUID(claims["jti"]))).payload == AccountEvent()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://other.example/auth"}, "invalid_issuer"),
        ({"iss": [ISSUER]}, "invalid_request"),
        ({"iss": None}, "invalid_request"),
        ({"aud": "messaging"}, "invalid_audience"),
        ({"aud": [RECEIVER]}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"exp": int(time.time()) + 300}, "invalid_request"),
        ({"sub": str(new_id())}, "invalid_request"),
        ({"iat": int(time.time()) + 3600}, "invalid_request"),
        ({"iat": str(int(time.time()))}, "invalid_request"),
        ({"iat": None}, "invalid_request"),
        ({"jti": "one"}, "invalid_request"),
        ({"jti": None}, "invalid_request"),
        ({"toe": None}, "invalid_request"),
        ({"toe": 1e300}, "invalid_request"),
        ({"sub_id": None}, "invalid_request"),
        ({"sub_id": {"format": "email", "email": "a@example.org"}}, "invalid_request"),
        ({"sub_id": {"format": "opaque", "id": str(new_id())}}, "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": "https://other.example", "sub": str(new_id())}}, "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "me"}}, "invalid_request"),
        ({"events": {}}, "invalid_request"),
        ({"events": None}, "invalid_request"),
        ({"events": {"urn:afterglow:event:unknown": {}}}, "invalid_request"),
        ({"events": {EventType.account_disabled: {}, EventType.account_enabled: {}}}, "invalid_request"),
        ({"events": {EventType.account_disabled: []}}, "invalid_request"),
        ({"events": {EventType.session_revoked: {}}}, "invalid_request"),
        ({"events": {EventType.person: {}}}, "invalid_request"),
        ({"events": {EventType.credential_change: {"credential_type": "x", "change_type": "y"}}}, "invalid_request"),
    ],
)
async def test_claims_that_are_not_believed(
    reader: TokenReader, issuer: TestIssuer, changes: dict[str, Any], code: str
):
    claims = good(**changes)
    named = claims.get("jti")
    event_id = UUID(named) if isinstance(named, str) and len(named) == 36 else new_id()
    assert await refused(reader, signed(issuer, claims), event_id) == code


async def test_a_fact_about_somebody_else_is_not_believed(reader: TokenReader, issuer: TestIssuer):
    event = event_of(EventType.person, person_fact(somebody()))
    token = signed(issuer, claims_of(event, issuer=ISSUER, receiver=RECEIVER))
    assert await refused(reader, token, event.id) == "invalid_request"


async def test_a_token_under_another_id_is_not_believed(reader: TokenReader, issuer: TestIssuer):
    assert await refused(reader, signed(issuer, good())) == "invalid_request"


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"typ": "at+jwt"},
        HEADER | {"typ": "JWT"},
        {name: value for name, value in HEADER.items() if name != "typ"},
        HEADER | {"typ": ["secevent+jwt"]},
        HEADER | {"kid": "another"},
        {name: value for name, value in HEADER.items() if name != "kid"},
        HEADER | {"jku": "https://attacker.example/keys"},
        HEADER | {"crit": ["exp"]},
    ],
)
async def test_headers_that_are_not_believed(
    reader: TokenReader, issuer: TestIssuer, client_person: Person, header: dict[str, Any]
):
    claims = good()
    token = Forger(issuer, client_person).signed(header, claims)
    assert await refused(reader, token, UUID(claims["jti"])) in {"invalid_request", "invalid_key"}


async def test_keys_that_are_not_believed(reader: TokenReader, issuer: TestIssuer):
    claims, public = good(), issuer.key.as_dict(private=False)
    other = ECKey.generate_key("P-256", {"kid": "test-key"}, auto_kid=False)
    tokens = [
        signed(issuer, claims, key=other),
        signed(issuer, claims, HEADER | {"jwk": dict(other.as_dict(private=False))}, key=other),
        signed(issuer, claims, HEADER | {"alg": "HS256"}, key=OctKey.import_key(json.dumps(public))),
        signed(issuer, claims, HEADER | {"alg": "RS256"}, key=RSAKey.generate_key(2048)),
        f"{segment(HEADER | {'alg': 'none'})}.{segment(claims)}.",
        f"{segment(HEADER)}.{segment(claims)}.",
        "",
        "a.b.c",
        "{}",
        "x" * 10_000,
    ]
    for token in tokens:
        assert await refused(reader, token, UUID(claims["jti"])) in {"invalid_request", "invalid_key"}


async def test_an_access_token_is_no_event_and_an_event_no_access_token(
    reader: TokenReader, issuer: TestIssuer, client_person: Person
):
    assert await refused(reader, issuer.token(client_person, "portal")) == "invalid_request"


async def test_without_any_key_it_is_tried_again_later_and_not_refused():
    async def fetch() -> KeySet:
        raise OSError("away")

    keyless = TokenReader(issuer=ISSUER, receiver=RECEIVER, keys=KeyCache(fetch))
    with pytest.raises(Unavailable):
        await keyless.read(signed(TestIssuer(), good()), new_id())


def test_every_type_has_its_schema():
    assert set(PAYLOADS) == set(EventType)
    assert [kind.name for kind in EventType] == sorted(kind.name for kind in EventType)
