"""Sign-in from web's side: an attempt bound to the browser, then a session under a new cookie."""

from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from afterglow_design.languages import OurWords
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
from afterglow_web.session.provider import AGAIN, GrantRefusedError, Identity, Provider, Tokens
from afterglow_web.session.sealing import Vault
from afterglow_web.session.tokens import seal_tokens
from afterglow_web.settings import Settings

ATTEMPT_LIFETIME = timedelta(minutes=15)


class SignInFailed(BadRequest):
    code, title = "sign_in_failed", "That sign-in did not finish"


class AnotherAttempt(SignInFailed):
    """The answer is not to the attempt this browser has open: another tab's, one that took too long, or a foreign one.

    Its code is never redeemed: whoever made such a link would choose who is signed in here.
    """


async def begin(request: Request, return_to: str | None) -> CookieSecret:
    """Start an attempt; its cookie secret is also the source of state, nonce and code verifier."""
    secret = CookieSecret.new()
    attempt = SignInAttempt(
        cookie_hash=secret.hash, return_to=local_path(return_to), expires_at=now() + ATTEMPT_LIFETIME
    )
    async with store.cookie_work(request.app.state.database, secret.hash) as work:
        work.add(attempt)
    return secret


async def finish(request: Request) -> tuple[CookieSecret, WebSession, str]:
    """Turn auth's answer into a session. Returns its cookie's secret, the session and where to go.

    Raises AnotherAttempt for an answer that is not to this browser's own open attempt, SignInFailed for one that
    says no or is not auth's.
    """
    settings: Settings = request.app.state.settings
    provider: Provider = request.app.state.provider
    secret, answer = read_cookie(request, settings), request.query_params
    if answer.get("iss") != settings.issuer:
        raise SignInFailed(OurWords("The answer did not come from our own sign-in page."))
    if secret is None or answer.get("state", "").removesuffix(AGAIN) != secret.derive("state"):
        raise AnotherAttempt(OurWords("This page belongs to another sign-in, or to one that was finished before."))
    return_to = await take(request.app.state.database, secret)
    if return_to is None:
        raise AnotherAttempt(OurWords("This sign-in took too long or was finished before."))
    if "error" in answer or not answer.get("code"):
        raise SignInFailed(OurWords("The sign-in page sent you back without signing you in."))
    try:
        tokens = await provider.redeem(answer["code"], secret)
        async with provider.or_back(tokens):
            identity = await provider.identify(tokens.id_token, secret.derive("nonce"))
            fresh, session = await start(request, identity, tokens)
    except (GrantRefusedError, InvalidTokenError) as error:
        raise SignInFailed(OurWords("The sign-in could not be confirmed.")) from error
    return fresh, session, return_to


def may_begin_again(request: Request) -> bool:
    """Whether another attempt's answer is worth a new attempt: a page load with a code, and the first in a row.

    Somebody who just typed a password in one of two tabs is known to auth by now and gets through without a word.
    """
    answer = request.query_params
    first = bool(answer.get("state")) and not answer["state"].endswith(AGAIN)
    loads_page = request.headers.get("sec-fetch-mode", "navigate") == "navigate"
    return first and loads_page and bool(answer.get("code")) and "error" not in answer


async def begin_again(request: Request) -> CookieSecret:
    """Replace this browser's attempt, if it has one, by a new one for the same page."""
    stale = read_cookie(request, request.app.state.settings)
    return await begin(request, await take(request.app.state.database, stale) if stale else None)


async def take(database: Database, secret: CookieSecret) -> str | None:
    """Take the attempt away and return its page; of two answers to one attempt only the first finds it."""
    taken = (
        delete(SignInAttempt)
        .where(col(SignInAttempt.cookie_hash) == secret.hash, col(SignInAttempt.expires_at) > now())
        .returning(col(SignInAttempt.return_to))
    )
    async with store.cookie_work(database, secret.hash) as work:
        return_to: str | None = (await work.execute(taken)).scalar_one_or_none()
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
        locale=identity.locale,
        provider_session_id=identity.session_id,
        csrf_secret=new_secret(),
        access_expires_at=now(),
        auth_time=identity.proved_at,
        acr=identity.acr,
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
