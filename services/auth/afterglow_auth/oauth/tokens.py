"""What is signed: access tokens (RFC 9068) and ID tokens (OpenID Connect Core §2)."""

import base64
import hashlib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from afterglow_foundation.callers import Role, Scheme
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.tokens import LONGEST_LIFETIME

from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth.claims import COVERED
from afterglow_auth.oauth.scopes import audiences
from afterglow_auth.oauth.signing_keys import Signer
from afterglow_auth.settings import Settings

ACCESS_TOKEN, ID_TOKEN = "at+jwt", "JWT"


@dataclass(frozen=True, slots=True)
class Granted:
    """The facts of an authorization that its tokens repeat; they survive every refresh."""

    authorization_id: UUID
    client_id: str
    person_id: UUID
    role: str
    session_id: UUID
    scope: str
    auth_time: datetime
    acr: str
    amr: list[str]
    nonce: str | None = None
    jkt: str | None = None
    resources: Sequence[str] = ()
    named_claims: Sequence[str] = ()

    def authentication(self) -> dict[str, Any]:
        return {
            "sid": str(self.session_id),
            "auth_time": int(self.auth_time.timestamp()),
            "acr": self.acr,
            "amr": self.amr,
        }


def access_token(settings: Settings, signer: Signer, granted: Granted) -> str:
    """A token for the APIs in `granted.scope`. Its `jti` begins with the authorization, so that it can be withdrawn."""
    return signer.sign(access_claims(settings, granted), ACCESS_TOKEN)


def exchanged_token(settings: Settings, signer: Signer, granted: Granted, until: int) -> str:
    """The same in the hands of a service, which `act` names (RFC 8693 §4.1); `until` is seconds since 1970."""
    acting = {"act": {"sub": granted.client_id}, "exp": until}
    return signer.sign(access_claims(settings, granted) | acting, ACCESS_TOKEN)


def access_claims(settings: Settings, granted: Granted) -> dict[str, Any]:
    return {
        **base_claims(settings, str(granted.person_id), granted.client_id, granted.scope, granted.role),
        **granted.authentication(),
        "jti": f"{granted.authorization_id}.{new_id()}",
        **bound_to(granted.jkt),
    }


def service_token(settings: Settings, signer: Signer, client_id: str, scope: str, jkt: str | None) -> str:
    """A token of a service itself."""
    claims = base_claims(settings, client_id, client_id, scope, Role.service)
    return signer.sign({**claims, "jti": str(new_id()), **bound_to(jkt)}, ACCESS_TOKEN)


def bound_to(jkt: str | None) -> dict[str, Any]:
    """The claim by which a token is worth nothing without that key (RFC 9449 §6.1)."""
    return {"cnf": {"jkt": jkt}} if jkt else {}


def token_type(jkt: str | None) -> str:
    """How the client sends the token (RFC 6749 §7.1, RFC 9449 §5)."""
    return Scheme.dpop if jkt else Scheme.bearer


def base_claims(settings: Settings, subject: str, client_id: str, scope: str, role: str) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": settings.issuer,
        "sub": subject,
        "aud": audiences(settings, scope),
        "client_id": client_id,
        "scope": scope,
        "role": str(role),
        "iat": now,
        "exp": now + LONGEST_LIFETIME,
    }


def id_token(settings: Settings, signer: Signer, granted: Granted, person: Person, access: str) -> str:
    """Tells the client, and nobody else, who signed in and how."""
    now = int(time.time())
    claims = {
        **user_claims(person, granted.scope, granted.named_claims),
        **granted.authentication(),
        "iss": settings.issuer,
        "aud": granted.client_id,
        "iat": now,
        "exp": now + LONGEST_LIFETIME,
        "at_hash": half_hash(access),
    }
    if granted.nonce:
        claims["nonce"] = granted.nonce
    return signer.sign(claims, ID_TOKEN)


def user_claims(person: Person, scope: str, named: Collection[str] = ()) -> dict[str, Any]:
    """What ID token and userinfo say about a person: by scope, and what was asked for by name."""
    scopes = scope.split()
    known = {"email": person.email, "locale": person.locale, "name": person.name, "zoneinfo": person.time_zone}
    told = {name: value for name, value in known.items() if COVERED[name] in scopes or name in named}
    return {"sub": str(person.id), "role": person.role, **told}


def half_hash(token: str) -> str:
    """`at_hash` (OpenID Connect Core §3.1.3.6): the left half of SHA-256, as ES256 asks."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode("ascii")).digest()[:16]).rstrip(b"=").decode()
