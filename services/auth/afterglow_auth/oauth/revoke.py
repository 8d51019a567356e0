"""Token revocation (RFC 7009): either token ends the authorization it came from."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.tokens import InvalidTokenError, TokenVerifier
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
    """End what `token` belongs to, if it is this client's; an unknown token is as good as revoked."""
    authorization_id = await of_refresh_token(session, provider, token) or await of_access_token(verifiers, token)
    found = await session.get(Authorization, authorization_id) if authorization_id else None
    if found is None or found.client_id != client_id:
        return
    await end_authorizations(session, col(Authorization.id) == found.id, "revoked by the client")
    await record(session, Verb.token_revoked, object_id=found.id, subject_id=found.person_id)


async def of_refresh_token(session: AsyncSession, provider: IdentityProvider, token: str) -> UUID | None:
    hashed = refresh_hash(provider.digests, token)
    return await session.scalar(
        select(col(RefreshToken.authorization_id)).where(col(RefreshToken.token_hash) == hashed)
    )


async def of_access_token(verifiers: Sequence[TokenVerifier], token: str) -> UUID | None:
    """The authorization that a valid access token of ours, for whichever API, names in its `jti`."""
    for verifier in verifiers:
        try:
            return (await verifier.verify(token)).authorization_id
        except InvalidTokenError:
            continue
    return None
