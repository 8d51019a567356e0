"""Which client is asking: `private_key_jwt` (RFC 7523), `client_secret_basic`, or a public client by its id.

One way for every grant. Authlib's own methods are not used: they take any algorithm the key fits and a `plain` secret.
"""

import base64
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from afterglow_foundation.client import ASSERTION_TYPE
from afterglow_foundation.tokens import CLOCK_SKEW
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.audit import Verb
from afterglow_auth.digests import Purpose
from afterglow_auth.oauth.clients import RegisteredClient, hash_secret
from afterglow_auth.oauth.dpop import HeldKey, reused_proof
from afterglow_auth.oauth.once import SpentOnce, take
from afterglow_auth.oauth.refusals import record_refused_client
from afterglow_auth.provider import IdentityProvider

ALGORITHM = "ES256"
LONGEST_ASSERTION = 3600  # what Authlib's client asks for; whatever its life, it counts once
MOST_AHEAD = 10  # seconds that the client's clock may be ahead (FAPI 2.0 §5.3.2.1)
LARGEST_ASSERTION = 4096
KEY_HEADERS = {"jwk", "jku", "x5u", "x5c", "crit", "b64"}
TYPES = {None, "jwt", "client-authentication+jwt"}


class AssertionClaims(BaseModel, strict=True):
    """Strict types: a list where a string belongs is refused, not searched."""

    iss: str
    sub: str
    aud: str | list[str]
    jti: str = Field(min_length=1, max_length=255)
    exp: int | float
    iat: int | float | None = None
    nbf: int | float | None = None


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """A client that has proved itself, and perhaps a key; that assertion and proof are new is for `spend` to decide."""

    client: RegisteredClient
    assertion: SpentOnce | None
    key: HeldKey | None = None

    @property
    def jkt(self) -> str | None:
        return self.key.jkt if self.key else None


def refused(description: str) -> OAuth2Error:
    return InvalidClientError(description, status_code=401)


class ReusedAssertionError(InvalidClientError):  # type: ignore[misc]  # Authlib has no types
    """A second use of an assertion that is good in itself."""

    def __init__(self, client_id: str) -> None:
        super().__init__("The client assertion was used before.", status_code=401)
        self.client_id = client_id


async def authenticate(
    provider: IdentityProvider, form: Mapping[str, str], authorization: str | None, endpoint: str
) -> AuthenticatedClient:
    """Find out which client sent this form to `endpoint`, an absolute address.

    Raises Authlib's InvalidClientError or InvalidRequestError.
    """
    asserted = bool(form.keys() & {"client_assertion", "client_assertion_type"})
    if bool(authorization) + ("client_secret" in form) + asserted > 1:
        raise InvalidRequestError("A client authenticates in one way.")
    if "client_secret" in form:
        raise refused("A client secret does not stand in the body.")
    if authorization:
        return await by_secret(provider, form, authorization)
    if asserted:
        return await by_assertion(provider, form, endpoint)
    client = await provider.clients.find(form.get("client_id"))
    if client is None or not client.is_public:
        if client:
            await record_refused_client(provider, Verb.client_authentication, client.client_id)
        raise refused("The client is unknown or must authenticate.")
    return AuthenticatedClient(client, None)


async def by_secret(provider: IdentityProvider, form: Mapping[str, str], authorization: str) -> AuthenticatedClient:
    """`client_secret_basic`, of clients that are registered so."""
    client_id, secret = credentials(authorization)
    client = await provider.clients.find(client_id)
    if client is None or client.secret_hash is None or form.get("client_id", client_id) != client_id:
        raise refused("The client is unknown or authenticates in another way.")
    if not hmac.compare_digest(hash_secret(provider.digests, client_id, secret), client.secret_hash):
        await record_refused_client(provider, Verb.client_authentication, client_id)
        raise refused("The client secret is wrong.")
    return AuthenticatedClient(client, None)


def credentials(authorization: str) -> tuple[str, str]:
    """Id and secret, each form-encoded before they were joined (RFC 6749 §2.3.1)."""
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic" or len(encoded) > LARGEST_ASSERTION:
        raise refused("Clients authenticate with client_secret_basic or private_key_jwt, or are public.")
    try:
        pair = base64.b64decode(encoded, validate=True).decode("ascii").split(":")
        client_id, secret = (unquote_plus(half, errors="strict") for half in pair)
    except ValueError as error:
        raise refused("The credentials are not well-formed.") from error
    return client_id, secret


async def by_assertion(provider: IdentityProvider, form: Mapping[str, str], endpoint: str) -> AuthenticatedClient:
    assertion = form.get("client_assertion", "")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not assertion:
        raise InvalidRequestError("client_assertion and client_assertion_type go together.")
    header, subject = unverified(assertion)
    client = await provider.clients.find(subject)
    if client is None or client.auth_method != "private_key_jwt" or form.get("client_id", subject) != subject:
        raise refused("The client is unknown or authenticates in another way.")
    try:
        claims = verified(assertion, header, client)
        check(claims, client, audiences(provider.settings.issuer, client, endpoint))
    except OAuth2Error:
        await record_refused_client(provider, Verb.client_authentication, client.client_id)
        raise
    spent = provider.digests.of(Purpose.assertion, client.client_id, claims.jti)
    until = datetime.fromtimestamp(claims.exp, UTC) + timedelta(seconds=CLOCK_SKEW + 1)
    return AuthenticatedClient(client, SpentOnce(spent, until))


def unverified(assertion: str) -> tuple[Mapping[str, Any], str]:
    """The header, refused unless harmless, and whom the assertion claims to be about."""
    if len(assertion) > LARGEST_ASSERTION:
        raise refused("The client assertion is too large.")
    try:
        token = jws.extract_compact(assertion.encode())
        header, subject = token.headers(), json.loads(token.payload)["sub"]
        kind = header.get("typ")
        known = (kind.lower() if isinstance(kind, str) else kind) in TYPES
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise refused("The client assertion is not a compact JWT.") from error
    if header.get("alg") != ALGORITHM or header.keys() & KEY_HEADERS or not known or not isinstance(subject, str):
        raise refused("The client assertion must be a plain ES256 JWT about the client.")
    return header, subject


def verified(assertion: str, header: Mapping[str, Any], client: RegisteredClient) -> AssertionClaims:
    """The claims, signed by one of the client's registered keys: never by one that the token brought."""
    for key in candidates(client, header.get("kid")):
        try:
            return AssertionClaims.model_validate(jwt.decode(assertion, key, algorithms=[ALGORITHM]).claims)
        except JoseError:
            continue
        except (ValidationError, ValueError) as error:
            raise refused("The client assertion lacks a claim, or one has the wrong type.") from error
    raise refused("No registered key of the client has signed the assertion.")


def candidates(client: RegisteredClient, key_id: object) -> Iterator[Key]:
    for key in client.keys.keys if client.keys else ():
        if key_id is None or key.kid == key_id:
            yield key


def audiences(issuer: str, client: RegisteredClient, endpoint: str) -> set[str]:
    """The issuer or the token endpoint (RFC 7523 §3); the issuer alone of a client held to FAPI 2.0 (§5.3.2.1).

    For a request that is handed in, the address where that is done serves too (RFC 9126 §2).
    """
    if client.must_push:
        return {issuer}
    return {issuer, f"{issuer}/token"} | ({f"{issuer}/par"} & {endpoint})


def check(claims: AssertionClaims, client: RegisteredClient, audiences: set[str]) -> None:
    now = time.time()
    named = {claims.aud} if isinstance(claims.aud, str) else set(claims.aud)
    if claims.iss != client.client_id or claims.sub != client.client_id:
        raise refused("Issuer and subject of the client assertion must be the client.")
    if client.must_push and not isinstance(claims.aud, str):
        raise refused("The audience of the client assertion must be a string.")
    if not named or not named <= audiences:
        raise refused("The client assertion is for another audience.")
    if not now - CLOCK_SKEW < claims.exp <= now + LONGEST_ASSERTION + CLOCK_SKEW:
        raise refused("The client assertion has expired or lives too long.")
    if max(claims.iat or 0, claims.nbf or 0) > now + MOST_AHEAD:
        raise refused("The client assertion is not valid yet.")


async def spend(session: AsyncSession, authenticated: AuthenticatedClient) -> None:
    """Use assertion and proof up, in the caller's transaction. Raises Authlib's OAuth2 errors for a second use."""
    client_id = authenticated.client.client_id
    if authenticated.assertion and not await take(session, authenticated.assertion):
        raise ReusedAssertionError(client_id)
    if authenticated.key and not await take(session, authenticated.key.proof):
        raise reused_proof(client_id)
