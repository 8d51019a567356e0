"""Ending what an authorization gave: its refresh family, and its access tokens at every service that hears of it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.tokens import LONGEST_LIFETIME
from sqlalchemy import ARRAY, ColumnElement, String, any_, cast, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.digests import Digests, Purpose
from afterglow_auth.events.outbox import authorizations_revoked
from afterglow_auth.oauth.models import Authorization, OAuthClient
from afterglow_auth.sessions.models import Session

MAY_LIVE = timedelta(seconds=LONGEST_LIFETIME + 120)  # a session that gives tokens was seen a minute before, at most


def is_registered() -> ColumnElement[bool]:
    """The condition on an authorization and its client: all of it is what the client may ask for by now."""
    scopes = cast(func.string_to_array(col(Authorization.scope), " "), ARRAY(String))
    address = col(Authorization.redirect_uri) == any_(col(OAuthClient.redirect_uris))
    return col(OAuthClient.scopes).bool_op("@>")(scopes) & address


async def end_authorizations(
    session: AsyncSession, which: ColumnElement[bool], because: str
) -> list[tuple[UUID, UUID]]:
    """End what `which` finds, and tell of those that may have given a token that lives.

    Returns what it ended, with whose it was; what had ended keeps its first reason.
    """
    now = datetime.now(UTC)
    ending = (
        update(Authorization)
        .where(which, col(Authorization.revoked_at).is_(None), col(Session.id) == col(Authorization.session_id))
        .values(revoked_at=now, revoked_because=because)
        .returning(col(Authorization.id), col(Authorization.person_id), col(Session.last_seen_at))
    )
    ended = (await session.execute(ending, execution_options={"synchronize_session": False})).all()
    await authorizations_revoked(session, [(one, whose) for one, whose, seen_at in ended if seen_at > now - MAY_LIVE])
    return [(row.id, row.person_id) for row in ended]


def refresh_hash(digests: Digests, token: str) -> bytes:
    """What is stored of a refresh token."""
    return digests.of(Purpose.refresh_token, token)


def successor(digests: Digests, token: str) -> str:
    """The token that follows this one: derived, so that a retry gets the same though only hashes are stored."""
    return digests.of(Purpose.refresh_successor, token).hex()
