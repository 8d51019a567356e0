"""Bearer tokens at auth's own routes. Where auth answers itself, ended sessions and accounts are refused at once."""

from datetime import UTC, datetime

from afterglow_foundation.callers import Authenticator, Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.errors import NotAuthenticated
from afterglow_foundation.tokens import KeyCache, TokenVerifier, bearer
from sqlalchemy import exists, select
from sqlmodel import col
from starlette.requests import Request

from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.revoke import authorization_of
from afterglow_auth.oauth.scopes import APIS
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import is_live

USER_INFO = "/auth/userinfo"
ENDED = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def own_verifiers(provider: IdentityProvider, keys: KeyCache) -> tuple[TokenVerifier, ...]:
    """One for each audience that a person's access token may have; every one of those tokens has at least one."""
    settings = provider.settings
    named = (settings.issuer, *(settings.audience(api) for api in APIS))
    return tuple(TokenVerifier(issuer=settings.issuer, audience=audience, keys=keys) for audience in named)


def authenticator(provider: IdentityProvider, keys: KeyCache) -> Authenticator:
    """By path: each API takes tokens of its own audience and scope, pages take none."""
    settings = provider.settings

    def verify(audience: str, scope: str) -> Authenticator:
        return bearer(TokenVerifier(issuer=settings.issuer, audience=audience, keys=keys), scope=scope)

    doors = {
        "/api/accounts/": verify(settings.audience("accounts"), "accounts"),
        "/internal/": verify(settings.events_audience, "security_events"),
        USER_INFO: verify(settings.issuer, "openid"),
    }

    async def authenticate(request: Request) -> Caller | None:
        for prefix, open_door in doors.items():
            if request.url.path.startswith(prefix):
                caller = await open_door(request)
                if caller and caller.id:
                    await refuse_ended(provider, caller, token_of(request))
                return caller
        return None

    return authenticate


def token_of(request: Request) -> str:
    return request.headers["authorization"].partition(" ")[2]


async def refuse_ended(provider: IdentityProvider, caller: Caller, token: str) -> None:
    """Raise NotAuthenticated where person, session or authorization behind a valid token has ended."""
    withdrawn = exists().where(
        col(Authorization.id) == authorization_of(token), col(Authorization.revoked_at).is_not(None)
    )
    asked = (
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
    async with provider.database.unit_of_work(RowContext.of(caller)) as session:
        if await session.scalar(asked) is None:
            raise NotAuthenticated(headers=ENDED)
