"""Sign-in from web's side: an attempt bound to the browser, then a session under a new cookie."""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import BadRequest
from afterglow_foundation.tokens import InvalidTokenError
from sqlalchemy import delete
from sqlmodel import col
from starlette.requests import Request

from afterglow_web.session import store
from afterglow_web.session.cookies import CookieSecret, read_cookie
from afterglow_web.session.csrf import new_secret
from afterglow_web.session.local_paths import local_path
from afterglow_web.session.models import SignInAttempt, WebSession, now
from afterglow_web.session.provider import GrantRefusedError, Identity, Provider, Tokens
from afterglow_web.session.sealing import Vault
from afterglow_web.session.tokens import seal_tokens
from afterglow_web.settings import Settings

ATTEMPT_LIFETIME = timedelta(minutes=15)


class SignInFailed(BadRequest):
    code, title = "sign_in_failed", "That sign-in did not finish"


async def begin(request: Request, return_to: str | None) -> CookieSecret:
    """Start an attempt; its cookie secret is also the source of state, nonce and code verifier."""
    secret = CookieSecret.new()
    attempt = SignInAttempt(
        cookie_hash=secret.hash, return_to=local_path(return_to), expires_at=now() + ATTEMPT_LIFETIME
    )
    async with store.cookie_work(request.app.state.database, secret.hash) as work:
        await store.sweep(work)
        work.add(attempt)
    return secret


async def finish(request: Request) -> tuple[CookieSecret, WebSession, str]:
    """Turn auth's answer into a session. Returns its cookie's secret, the session and where to go.

    Raises SignInFailed for an answer that is not to this browser's own open attempt, or that says no.
    """
    settings: Settings = request.app.state.settings
    provider: Provider = request.app.state.provider
    secret, answer = read_cookie(request, settings), request.query_params
    if secret is None or answer.get("state") != secret.derive("state"):
        raise SignInFailed("This page belongs to another sign-in, or to one that was finished before.")
    if answer.get("iss") != settings.issuer:
        raise SignInFailed("The answer did not come from our own sign-in page.")
    return_to = await use_up(request.app.state.database, secret)
    if "error" in answer or not answer.get("code"):
        raise SignInFailed("The sign-in page sent you back without signing you in.")
    try:
        tokens = await provider.redeem(answer["code"], secret)
        identity = await provider.identify(tokens.id_token, secret.derive("nonce"))
    except (GrantRefusedError, InvalidTokenError) as error:
        raise SignInFailed("The sign-in could not be confirmed.") from error
    fresh, session = await start(request, identity, tokens)
    return fresh, session, return_to


async def use_up(database: Database, secret: CookieSecret) -> str:
    """Take the attempt away and return its page; of two answers to one attempt only the first finds it."""
    taken = (
        delete(SignInAttempt)
        .where(col(SignInAttempt.cookie_hash) == secret.hash, col(SignInAttempt.expires_at) > now())
        .returning(col(SignInAttempt.return_to))
    )
    async with store.cookie_work(database, secret.hash) as work:
        return_to = (await work.execute(taken)).scalar_one_or_none()
    if return_to is None:
        raise SignInFailed("This sign-in took too long or was finished before.")
    return return_to


async def start(request: Request, identity: Identity, tokens: Tokens) -> tuple[CookieSecret, WebSession]:
    """Make the session, under a cookie that nobody knew before (no fixation)."""
    settings: Settings = request.app.state.settings
    vault: Vault = request.app.state.vault
    secret = CookieSecret.new()
    session = WebSession(
        cookie_hash=secret.hash,
        person_id=identity.person_id,
        role=identity.role,
        name=identity.name,
        time_zone=known_zone(identity.zoneinfo),
        provider_session_id=identity.session_id,
        csrf_secret=new_secret(),
        access_expires_at=now(),
        expires_at=now() + settings.lifetime(identity.signed_in_role),
    )
    key = await vault.key_of(session.person_id)
    for column, value in seal_tokens(key, session, tokens).items():
        setattr(session, column, value)
    context = RowContext(session.person_id, session.role)
    async with store.cookie_work(request.app.state.database, secret.hash, context) as work:
        work.add(session)
        await trail_of(request).record(
            work, caller_of(session), "session:start", object_id=session.id, subject_id=session.person_id
        )
    return secret, session


def caller_of(session: WebSession) -> Caller:
    return Caller(id=session.person_id, role=Role(session.role), session_id=session.provider_session_id)


def known_zone(name: str) -> str:
    """Return the IANA zone, or UTC for one that is not known here."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
