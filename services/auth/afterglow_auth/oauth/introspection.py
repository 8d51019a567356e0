"""Token introspection (RFC 7662): what a token says, while it holds, told to those whom it concerns.

A client may ask about its own tokens, a service also about those that are for its API. Of any other token, and of one
that has ended in whatever way, nothing is said but that it is not active.
"""

import json
import time
from collections.abc import Sequence
from typing import Any

from afterglow_foundation.callers import Caller
from afterglow_foundation.tokens import InvalidTokenError, TokenVerifier
from joserfc.jws import extract_compact
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.audit import Verb, record
from afterglow_auth.oauth.bearer import still_stands
from afterglow_auth.oauth.client_authentication import refused
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.families import refresh_hash
from afterglow_auth.oauth.refresh import family_of
from afterglow_auth.oauth.signing_keys import Signer
from afterglow_auth.oauth.tokens import token_type
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.settings import Settings

SIGNED = "token-introspection+jwt"
SIGNED_MEDIA_TYPE = f"application/{SIGNED}"
INACTIVE: dict[str, Any] = {"active": False}


async def introspect(
    session: AsyncSession,
    provider: IdentityProvider,
    verifiers: Sequence[TokenVerifier],
    client: RegisteredClient,
    token: str,
) -> dict[str, Any]:
    """What `client` may know of `token`. Raises InvalidClientError for a public client: anybody could be it."""
    if client.kind == "public":
        raise refused("A public client may not ask about tokens.")
    found = await refresh_token(session, provider, client, token)
    return found or await access_token(session, provider, verifiers, client, token) or INACTIVE


async def refresh_token(
    session: AsyncSession, provider: IdentityProvider, client: RegisteredClient, token: str
) -> dict[str, Any] | None:
    """A refresh token is its own client's affair, and only until it was exchanged."""
    hashed = refresh_hash(provider.digests, token)
    found = (await session.execute(family_of(hashed, client.client_id))).one_or_none()
    if found is None or found.RefreshToken.used_at or found.Authorization.revoked_at or not found.live:
        return None
    family = found.Authorization
    await record(
        session, Verb.token_introspected, object_id=family.id, subject_id=family.person_id, purpose=client.client_id
    )
    return {
        "active": True,
        "iss": provider.settings.issuer,
        "sub": str(family.person_id),
        "client_id": family.client_id,
        "scope": family.scope,
        "sid": str(family.session_id),
        "iat": int(found.RefreshToken.created_at.timestamp()),
    }


async def access_token(
    session: AsyncSession,
    provider: IdentityProvider,
    verifiers: Sequence[TokenVerifier],
    client: RegisteredClient,
    token: str,
) -> dict[str, Any] | None:
    caller = await verified(verifiers, token)
    if caller is None:
        return None
    claims = json.loads(extract_compact(token.encode()).payload)
    if not concerns(provider.settings, client, claims) or not await holds(session, provider, caller):
        return None
    about, whose = caller.authorization_id, caller.id
    await record(session, Verb.token_introspected, object_id=about, subject_id=whose, purpose=client.client_id)
    return {"active": True, "token_type": token_type(caller.jkt), **claims}


async def verified(verifiers: Sequence[TokenVerifier], token: str) -> Caller | None:
    """Whose valid access token of ours this is, for whichever API."""
    for verifier in verifiers:
        try:
            return await verifier.verify(token)
        except InvalidTokenError:
            continue
    return None


def concerns(settings: Settings, client: RegisteredClient, claims: dict[str, Any]) -> bool:
    """Its own token, or, for a service, one that is for its API."""
    received = client.kind == "service" and settings.audience(client.client_id) in claims["aud"]
    return received or bool(claims["client_id"] == client.client_id)


async def holds(session: AsyncSession, provider: IdentityProvider, caller: Caller) -> bool:
    if caller.id is None:
        return await provider.clients.find(caller.client_id) is not None
    return await session.scalar(still_stands(caller)) is not None


def signed(provider: IdentityProvider, signer: Signer, client: RegisteredClient, answer: dict[str, Any]) -> str:
    """The answer as a JWT for the client that asked (RFC 9701 §5)."""
    claims = {
        "iss": provider.settings.issuer,
        "aud": client.client_id,
        "iat": int(time.time()),
        "token_introspection": answer,
    }
    return signer.sign(claims, SIGNED)
