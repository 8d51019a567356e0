"""Pushed authorization requests (RFC 9126): what a client handed in, and the reference that a browser carries instead.

The reference is good for a moment to begin with, then for as long as a sign-in may take, and for one code. A browser
that looks ahead or loads the page again uses nothing up.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from afterglow_foundation.database import RowContext
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.models import PushedRequest
from afterglow_auth.provider import IdentityProvider

LIFETIME = timedelta(seconds=60)
LONGEST_SIGN_IN = timedelta(hours=1)  # longer than all steps of one may take together
PREFIX = "urn:ietf:params:oauth:request_uri:"


def reference_in(parameters: Mapping[str, str]) -> str | None:
    """The reference to a pushed request, if there is one; any other `request_uri` is refused where it always was."""
    reference = parameters.get("request_uri", "")
    return reference if reference.startswith(PREFIX) else None


async def keep(session: AsyncSession, provider: IdentityProvider, client_id: str, parameters: Mapping[str, str]) -> str:
    """Store a request that was checked. Returns its reference, of which only a hash is kept."""
    reference = f"{PREFIX}{new_secret()}"
    session.add(
        PushedRequest(
            reference_hash=hash_of(provider, reference),
            client_id=client_id,
            parameters=dict(parameters),
            expires_at=datetime.now(UTC) + LIFETIME,
        )
    )
    await session.flush()
    return reference


async def find(
    provider: IdentityProvider, client: RegisteredClient, reference: str, *, begins: bool
) -> Mapping[str, str] | None:
    """What this client pushed under this reference, unless it is over or gave a code. `begins` starts its time."""
    now = datetime.now(UTC)
    this = (
        col(PushedRequest.reference_hash) == hash_of(provider, reference),
        col(PushedRequest.client_id) == client.client_id,
        col(PushedRequest.used_at).is_(None),
    )
    begun_until = func.coalesce(PushedRequest.begun_until, now + LONGEST_SIGN_IN)
    begin = (
        update(PushedRequest)
        .where(*this, col(PushedRequest.expires_at) > now)
        .values(begun_until=begun_until)
        .returning(col(PushedRequest.parameters))
    )
    go_on = select(col(PushedRequest.parameters)).where(*this, col(PushedRequest.begun_until) > now)
    async with provider.database.unit_of_work(RowContext()) as session:
        return await session.scalar(begin if begins else go_on)


async def use_up(session: AsyncSession, provider: IdentityProvider, reference: str) -> bool:
    """Whether the caller may give the code: of any number at once, one."""
    used = await session.scalar(
        update(PushedRequest)
        .where(
            col(PushedRequest.reference_hash) == hash_of(provider, reference),
            col(PushedRequest.used_at).is_(None),
            col(PushedRequest.begun_until) > datetime.now(UTC),
        )
        .values(used_at=datetime.now(UTC))
        .returning(col(PushedRequest.reference_hash))
    )
    return used is not None


def hash_of(provider: IdentityProvider, reference: str) -> bytes:
    return provider.digests.of(Purpose.request_uri, reference)
