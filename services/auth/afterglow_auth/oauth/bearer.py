"""Bearer tokens at auth's own routes. Where auth answers itself, ended sessions and accounts are refused at once."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.bearer import bearer
from afterglow_foundation.callers import Authenticator, Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import NotAuthenticated
from afterglow_foundation.notices.contract import NOTICES_PATH
from afterglow_foundation.tokens import KeyCache, TokenVerifier
from sqlalchemy import Select, exists, select
from sqlmodel import col
from starlette.requests import Request

from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.resources import openings
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import is_live

USER_INFO = "/auth/userinfo"


def own_verifiers(provider: IdentityProvider, keys: KeyCache) -> tuple[TokenVerifier, ...]:
    """One for each audience that an access token may have; every one of our tokens has at least one."""
    settings = provider.settings
    return tuple(TokenVerifier(issuer=settings.issuer, audience=audience, keys=keys) for audience in openings(settings))


def authenticator(provider: IdentityProvider, keys: KeyCache) -> Authenticator:
    """By path: each API takes tokens of its own audience and scope, pages take none."""
    settings = provider.settings

    def verify(audience: str, scope: str) -> Authenticator:
        return bearer(TokenVerifier(issuer=settings.issuer, audience=audience, keys=keys), scope=scope)

    doors = {
        "/api/accounts/": verify(settings.audience("accounts"), "accounts"),
        NOTICES_PATH: verify(settings.notices_audience, "notices"),  # before what it is a part of
        "/internal/": verify(settings.events_audience, "security_events"),
        USER_INFO: verify(settings.issuer, "openid"),
    }

    async def authenticate(request: Request) -> Caller | None:
        for prefix, open_door in doors.items():
            if request.scope["path"].startswith(prefix):
                caller = await open_door(request)
                if caller and caller.id:
                    await refuse_ended(provider, caller)
                return caller
        return None

    return authenticate


async def refuse_ended(provider: IdentityProvider, caller: Caller) -> None:
    """Raise NotAuthenticated where person, session or authorization behind a valid token has ended."""
    async with provider.database.unit_of_work(RowContext.of(caller)) as session:
        if await session.scalar(still_stands(caller)) is None:
            raise NotAuthenticated(headers={"WWW-Authenticate": f'{caller.scheme} error="invalid_token"'})


def still_stands(caller: Caller) -> Select[UUID]:
    """The person behind a token, unless they, their session or the authorization has ended."""
    withdrawn = exists().where(
        col(Authorization.id) == caller.authorization_id, col(Authorization.revoked_at).is_not(None)
    )
    return (
        select(col(Person.id))
        .join(Session, col(Session.person_id) == col(Person.id))
        .where(
            col(Person.id) == caller.id,
            col(Person.disabled_at).is_(None),
            col(Session.id) == caller.session_id,
            is_live(datetime.now(UTC)),
            ~withdrawn,
        )
    )
