"""Promising that programs are told of a session's end, in the transaction in which it ends."""

from collections.abc import Collection
from uuid import UUID

from afterglow_foundation import jobs
from sqlalchemy import ColumnElement, String, any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_auth.oauth.models import Authorization, OAuthClient
from afterglow_auth.sessions.models import Session

TELL_PROGRAM = "tell_program_of_session_end"
AT_ONCE = 8  # programs that do not answer leave room for letters
AFTER_LETTERS = -1


def was_told_who() -> ColumnElement[bool]:
    """The condition on an authorization and its client: it got an ID token, and wants to hear of the session's end."""
    scopes = cast(func.string_to_array(col(Authorization.scope), " "), ARRAY(String))
    return (
        (col(OAuthClient.client_id) == col(Authorization.client_id))
        & col(OAuthClient.backchannel_logout_uri).is_not(None)
        & col(OAuthClient.disabled_at).is_(None)
        & col(Authorization.code_used_at).is_not(None)
        & (any_(scopes) == "openid")
    )


async def sessions_ended(session: AsyncSession, ended: Collection[UUID]) -> None:
    """One job for each program that was told in one of these sessions who somebody is.

    Call it after the sessions were ended: a code that is being redeemed meanwhile holds its session, and is then either
    found here or refused. Nothing is stored but ids.
    """
    if not ended:
        return
    asked = (
        select(col(Authorization.client_id), col(Authorization.session_id), col(Authorization.person_id))
        .join(OAuthClient, was_told_who())
        .where(col(Authorization.session_id).in_(ended))
        .distinct()
    )
    payloads = [
        {"client": client_id, "session": str(session_id), "person": str(person_id)}
        for client_id, session_id, person_id in await session.execute(asked)
    ]
    await jobs.enqueue_each(session, TELL_PROGRAM, payloads, priority=AFTER_LETTERS)


def is_awaited() -> ColumnElement[bool]:
    """The condition on a session under which some program has to be told of its end."""
    told = select(col(Authorization.id)).join(OAuthClient, was_told_who())
    return told.where(col(Authorization.session_id) == col(Session.id)).exists()
