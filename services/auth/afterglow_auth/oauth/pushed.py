"""Pushed authorization requests (RFC 9126): what a client handed in, and the reference that a browser carries instead.

The reference is good for a moment to begin with, then for as long as a sign-in may take, and for one code. A browser
that looks ahead or loads the page again uses nothing up. Whoever knows a public client's id can hand in what they like,
so of those only so many are kept (decision 0032).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from afterglow_foundation.database import RowContext
from authlib.oauth2 import OAuth2Error
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.digests import Purpose, new_secret
from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.models import PushedRequest
from afterglow_auth.provider import IdentityProvider

LIFETIME = timedelta(seconds=60)
LONGEST_SIGN_IN = timedelta(hours=1)  # longer than all steps of one may take together
PREFIX = "urn:ietf:params:oauth:request_uri:"
MOST_OF_A_NETWORK, MOST_OF_A_CLIENT, MOST_IN_ALL = 50, 500, 2_000  # of public clients, of 6 KiB at most each


class TooManyPushedError(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """As many requests are kept as may be (RFC 9126 §2.3)."""

    error = "temporarily_unavailable"
    status_code = HTTPStatus.TOO_MANY_REQUESTS
    retry_after = str(int(LIFETIME.total_seconds()))  # by then the next has gone that no browser came with


def reference_in(parameters: Mapping[str, str]) -> str | None:
    """The reference to a pushed request, if there is one; any other `request_uri` is refused where it always was."""
    reference = parameters.get("request_uri", "")
    return reference if reference.startswith(PREFIX) else None


async def keep(
    session: AsyncSession, provider: IdentityProvider, client: RegisteredClient, parameters: Mapping[str, str], by: str
) -> str:
    """Store a request that was checked. Returns its reference, of which only a hash is kept.

    `by` is the network it came from, which counts where nobody has proved anything. Raises TooManyPushedError.
    """
    network = provider.digests.of(Purpose.pushed_by, by) if client.is_public else None
    if network:
        await expect_room(session, client.client_id, network)
    reference = f"{PREFIX}{new_secret()}"
    session.add(
        PushedRequest(
            reference_hash=hash_of(provider, reference),
            client_id=client.client_id,
            network=network,
            parameters=dict(parameters),
            expires_at=datetime.now(UTC) + LIFETIME,
        )
    )
    await session.flush()
    return reference


async def expect_room(session: AsyncSession, client_id: str, network: bytes) -> None:
    """Raise TooManyPushedError where there is none, also when what is over has gone.

    Nobody waits for anybody here: those who come in the same moment may all find the last place, and have it.
    """
    if await is_room(session, client_id, network):
        return
    over = delete(PushedRequest).where(col(PushedRequest.network).is_not(None), is_over(datetime.now(UTC)))
    await session.execute(over.execution_options(synchronize_session=False))
    if not await is_room(session, client_id, network):
        raise TooManyPushedError("Too many requests wait for a browser. Try again later, or send it with the browser.")


async def is_room(session: AsyncSession, client_id: str, network: bytes) -> bool:
    counts = select(
        func.count().filter(col(PushedRequest.network) == network) < MOST_OF_A_NETWORK,
        func.count().filter(col(PushedRequest.client_id) == client_id) < MOST_OF_A_CLIENT,
        func.count() < MOST_IN_ALL,
    ).where(col(PushedRequest.network).is_not(None))
    return all((await session.execute(counts)).one())


def is_over(moment: datetime) -> ColumnElement[bool]:
    """The condition on a request with which no browser can begin or go on any more."""
    return func.greatest(PushedRequest.expires_at, PushedRequest.begun_until) < moment


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
