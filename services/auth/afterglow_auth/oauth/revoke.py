"""Token revocation (RFC 7009): either token ends the authorization it came from."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.tokens import InvalidTokenError, TokenVerifier
from authlib.oauth2 import OAuth2Error
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.oauth.families import end_authorizations, refresh_hash
from afterglow_auth.oauth.models import Authorization, RefreshToken
from afterglow_auth.provider import IdentityProvider


async def revoke(
    session: AsyncSession, provider: IdentityProvider, verifiers: Sequence[TokenVerifier], client_id: str, token: str
) -> None:
    """End what `token` belongs to, if it is this client's; an unknown token is as good as revoked.

    Raises OAuth2Error for one that it was given and that only time ends (RFC 7009 §2.2.1): 200 would claim more.
    """
    authorization_id, caller = await of_refresh_token(session, provider, token), None
    if authorization_id is None:
        caller = await of_access_token(verifiers, token)
        authorization_id = caller.authorization_id if caller else None
    found = await session.get(Authorization, authorization_id) if authorization_id else None
    if found is None or found.client_id != client_id:
        if caller and caller.client_id == client_id:
            why = "A token of a service itself, or one that it exchanged, ends by itself."
            raise OAuth2Error(why, error="unsupported_token_type")
        return
    if await end_authorizations(session, col(Authorization.id) == found.id, "revoked by the client"):
        await record(session, Verb.token_revoked, object_id=found.id, subject_id=found.person_id)


async def of_refresh_token(session: AsyncSession, provider: IdentityProvider, token: str) -> UUID | None:
    hashed = refresh_hash(provider.digests, token)
    return await session.scalar(
        select(col(RefreshToken.authorization_id)).where(col(RefreshToken.token_hash) == hashed)
    )


async def of_access_token(verifiers: Sequence[TokenVerifier], token: str) -> Caller | None:
    """Whom a valid access token of ours, for whichever API, is about; its `jti` names the authorization."""
    for verifier in verifiers:
        try:
            return await verifier.verify(token)
        except InvalidTokenError:
            continue
    return None
