"""Verify access tokens (RFC 9068): issuer, audience, type, expiry, algorithm, signature; keys cached with rotation."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Literal, Self
from uuid import UUID

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode
from pydantic import BaseModel, model_validator

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.errors import Unavailable

logger = structlog.get_logger()
ALGORITHMS = ["ES256", "EdDSA"]
LONGEST_LIFETIME = 300
KEY_LIFETIME = 600
SHORTEST_REFETCH = 5
CACHED_TOKENS = 10_000
LONGEST_TOKEN = 8192
CLOCK_SKEW = 5

# What reading a hostile token may raise; RecursionError from JSON nested a thousand deep.
UNREADABLE = (JoseError, ValueError, LookupError, TypeError, AttributeError, OverflowError, OSError, RecursionError)

KeyFetcher = Callable[[], Awaitable[KeySet]]


class InvalidTokenError(Exception):
    """The token is not one of ours, not for us, or not valid now."""


class Confirmation(BaseModel, strict=True):
    """The key that a token is bound to (RFC 9449 §6.1); one bound in another way is none that could be checked here."""

    jkt: str


class Actor(BaseModel, strict=True, extra="forbid"):
    """The service that holds a person's token in their stead (RFC 8693 §4.1): one, and none behind it."""

    sub: str


class Unambiguous(json.JSONDecoder):
    """JSON in which nothing is said twice (RFC 7519 §4), and every number is one."""

    def __init__(self) -> None:
        super().__init__(object_pairs_hook=said_once, parse_constant=refuse_constant)


def said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found


def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


class AccessClaims(BaseModel, strict=True):
    """The claims every access token of Afterglow carries; a person's has their session, a service's names it twice."""

    iss: str
    sub: str
    aud: list[str]
    exp: int
    iat: int
    nbf: int | None = None
    jti: str
    client_id: str
    scope: str
    role: Literal["admin", "client", "service", "therapist"]
    sid: str | None = None
    auth_time: int | None = None
    acr: str | None = None
    amr: list[str] = []
    cnf: Confirmation | None = None
    act: Actor | None = None

    @model_validator(mode="after")
    def of_a_person_or_a_service(self) -> Self:
        if (self.role == Role.service) != (self.sub == self.client_id) or (self.role == Role.service) == bool(self.sid):
            raise ValueError("neither a person's in a session nor a service's own")
        if self.act and (self.role == Role.service or self.act.sub != self.client_id):
            raise ValueError("in the hands of another than it says, or of nobody's stead")
        return self

    def caller(self) -> Caller:
        return Caller(
            id=None if self.role == Role.service else UUID(self.sub),
            role=Role(self.role),
            client_id=self.client_id,
            session_id=UUID(self.sid) if self.sid else None,
            authorization_id=authorization_in(self.jti),
            scopes=frozenset(self.scope.split(" ")),
            authenticated_at=datetime.fromtimestamp(self.auth_time, UTC) if self.auth_time else None,
            acr=self.acr,
            amr=tuple(self.amr),
            expires_at=datetime.fromtimestamp(self.exp, UTC),
            jkt=self.cnf.jkt if self.cnf else None,
            actor=self.act.sub if self.act else None,
        )


def authorization_in(jti: str) -> UUID | None:
    """The authorization that a person's access token names before the dot of its `jti`; None for a service's."""
    named, dot, _ = jti.partition(".")
    return UUID(named) if dot else None


def fetch_keys(url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> KeyFetcher:
    """A fetcher of the JWKS at `url`; raises httpx errors, and UNREADABLE ones for a document that is none."""
    has_tls = url.startswith("https:")  # without it no authorities are read, which takes longer than the fetching

    async def fetch() -> KeySet:
        async with httpx.AsyncClient(timeout=3, transport=transport, verify=has_tls) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            return readable_keys(answer.json())

    return fetch


def readable_keys(document: Any) -> KeySet:  # noqa: ANN401  # whatever the address answered
    """The keys of a JWK set that can be read: the others are left out (RFC 7517 §5), such as one of a curve to come.

    Raises UNREADABLE errors where it is no set, or none can.
    """
    found = [key for key in map(readable_key, document["keys"]) if key]
    if not found:
        raise ValueError("no key can be read")
    return KeySet(found)


def readable_key(value: Any) -> Key | None:  # noqa: ANN401  # whatever the set holds
    try:
        return JWKRegistry.import_key(value)
    except UNREADABLE:
        return None


class KeyCache:
    """The issuer's public keys. An unknown key id refetches them, at most every few seconds."""

    def __init__(self, fetch: KeyFetcher) -> None:
        self._fetch = fetch
        self._keys: dict[str, Key] = {}
        self._fetched_at = self._tried_at = -float(KEY_LIFETIME)
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> Key | None:
        """Return the key of that id, or None. Raises Unavailable when no keys could ever be fetched."""
        if key_id not in self._keys or time.monotonic() - self._fetched_at > KEY_LIFETIME:
            await self._refresh()
        if not self._keys:
            raise Unavailable("The keys that prove a sign-in cannot be fetched right now.")
        return self._keys.get(key_id)

    async def ready(self) -> bool:
        if not self._keys:
            await self._refresh()
        return bool(self._keys)

    async def _refresh(self) -> None:
        async with self._lock:
            if time.monotonic() - self._tried_at <= SHORTEST_REFETCH:
                return
            self._tried_at = time.monotonic()
            try:
                keys = await self._fetch()
            except (httpx.HTTPError, *UNREADABLE) as error:
                logger.warning("keys not fetched", error_type=type(error).__name__)
                return
            self._keys = {key.kid: key for key in keys if key.kid}
            self._fetched_at = time.monotonic()


class TokenVerifier:
    """Turns a bearer token into a caller; a verified token is remembered until it expires."""

    def __init__(self, *, issuer: str, audience: str, keys: KeyCache) -> None:
        self.issuer = issuer
        self.audience = audience
        self.keys = keys
        self._registry = JWSRegistry(algorithms=ALGORITHMS)
        self._verified: OrderedDict[str, tuple[int, Caller]] = OrderedDict()

    async def verify(self, token: str) -> Caller:
        """Raise InvalidTokenError for anything that is not a valid access token for this audience."""
        if remembered := self._remembered(token):
            return remembered
        claims = await self._verify_signature(token)
        self._check(claims)
        caller = read_caller(claims)
        self._remember(token, claims.exp, caller)
        return caller

    async def _verify_signature(self, token: str) -> AccessClaims:
        try:
            header = access_token_header(token)
            key = await self.keys.find(str(header["kid"]))
            if key is None:
                raise InvalidTokenError("unknown key")
            decoded = jwt.decode(token, key, ALGORITHMS, self._registry, Unambiguous)
            return AccessClaims.model_validate(decoded.claims)
        except UNREADABLE as error:
            raise InvalidTokenError("not an access token") from error

    def _check(self, claims: AccessClaims) -> None:
        now = int(time.time())
        if claims.iss != self.issuer or self.audience not in claims.aud:
            raise InvalidTokenError("another issuer or audience")
        if claims.exp <= now or max(claims.iat, claims.nbf or 0) > now + CLOCK_SKEW:
            raise InvalidTokenError("expired or not yet valid")
        if claims.exp - claims.iat > LONGEST_LIFETIME:
            raise InvalidTokenError("lives too long")

    def _remembered(self, token: str) -> Caller | None:
        entry = self._verified.get(token)
        if entry is None:
            return None
        if entry[0] <= time.time():
            self._verified.pop(token, None)
            raise InvalidTokenError("expired")
        return entry[1]

    def _remember(self, token: str, expires_at: int, caller: Caller) -> None:
        self._verified[token] = (expires_at, caller)
        if len(self._verified) > CACHED_TOKENS:
            self._verified.popitem(last=False)


def read_header(token: str) -> dict[str, object]:
    """The unverified header of a compact JWS; raises InvalidTokenError when there is none, or an ambiguous one."""
    try:
        first, _, _ = token.encode().split(b".")
        return {**json.loads(urlsafe_b64decode(first), cls=Unambiguous)}
    except UNREADABLE as error:
        raise InvalidTokenError("not a compact token") from error


def access_token_header(token: str) -> dict[str, object]:
    """The token's header, refused unless it says access token, a listed algorithm and a key id, and no key."""
    if len(token) > LONGEST_TOKEN:
        raise InvalidTokenError("longer than any token of ours")
    header = read_header(token)
    if str(header.get("typ", "")).lower() not in {"at+jwt", "application/at+jwt"}:
        raise InvalidTokenError("not of type at+jwt")
    if header.get("alg") not in ALGORITHMS or not isinstance(header.get("kid"), str):
        raise InvalidTokenError("algorithm or key id missing or not allowed")
    if header.keys() & {"jwk", "jku", "x5u", "x5c", "crit"}:
        raise InvalidTokenError("a token does not bring its own key")
    return header


def read_caller(claims: AccessClaims) -> Caller:
    try:
        return claims.caller()
    except UNREADABLE as error:
        raise InvalidTokenError("subject or session is not an id") from error
