"""Step-up from web's side (RFC 9470): somebody proves anew who they are, and comes back to the page they were on.

An attempt belongs to one session and is used once. What comes back must be the same person, proved as lately and as
strongly as was asked; the session then goes on under another cookie, with other tokens and another form secret.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from afterglow_foundation.audit.trail import trail_of
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.database import Database
from afterglow_foundation.errors import BadRequest, Forbidden, NotAuthenticated, Refusal, Unavailable
from afterglow_foundation.step_up import StepUp, StepUpNeeded
from afterglow_foundation.tokens import CLOCK_SKEW, InvalidTokenError
from fastapi import Depends
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.requests import Request

from afterglow_web.session import sign_out, store
from afterglow_web.session.authentication import SignInAgain, known_session, lapsed_session, session_of
from afterglow_web.session.cookies import CookieSecret
from afterglow_web.session.csrf import new_secret
from afterglow_web.session.local_paths import local_path
from afterglow_web.session.models import StepUpAttempt, now
from afterglow_web.session.provider import GrantRefusedError, Identity, Provider, Tokens
from afterglow_web.session.sealing import Vault, binding
from afterglow_web.session.store import BrowserSession
from afterglow_web.session.tokens import open_token, seal_tokens

VERB = "session:step_up"
ATTEMPT_LIFETIME = timedelta(minutes=15)
BEFORE_FILLING_IN = StepUp(max_age=timedelta(minutes=8))  # the APIs ask for ten: two are left at least for the form


class ProveAgain(NotAuthenticated):
    """Whoever is signed in must prove once more who they are; then `return_to` is opened."""

    code, title = StepUpNeeded.code, StepUpNeeded.title

    def __init__(self, step_up: StepUp, return_to: str) -> None:
        super().__init__(headers={"WWW-Authenticate": step_up.challenge()})
        self.step_up, self.return_to = step_up, return_to


class NotProved(BadRequest):
    """auth did not say what was asked for. The session is as it was, and so is what was typed, at `return_to`."""

    code, title = "not_proved", "You were not asked to be somebody else"

    def __init__(self, session: BrowserSession, return_to: str, purpose: str) -> None:
        super().__init__(refusal=refusal(session, purpose))
        self.return_to = return_to


class AnotherPerson(Forbidden):
    """Somebody else proved who they are in front of this session, which has ended for that."""

    code, title = "another_person", "That was another account"


class AskedInVain(Unavailable):
    """auth is not to be reached. What was typed waits at `return_to`."""

    def __init__(self, return_to: str) -> None:
        super().__init__()
        self.return_to = return_to


def refusal(session: BrowserSession, purpose: str) -> Refusal:
    return Refusal(VERB, session.id, session.person_id, purpose)


def asked_of(problem: UpstreamProblem) -> StepUp | None:
    """What another service wants proved before it does what it was asked; None where that is not its reason."""
    if problem.upstream.code != StepUpNeeded.code:
        return None
    challenge = {name.lower(): value for name, value in problem.headers.items()}.get("www-authenticate", "")
    return StepUp.read(challenge)


def freshly_proved(step_up: StepUp = BEFORE_FILLING_IN) -> Callable[[Request], AsyncIterator[None]]:
    """Make a dependency for a page with a form that will need it: people are asked before they fill it in.

    It stands on the form's own route too, where both have one address: what another service asks for comes back here.
    """

    async def proved(request: Request) -> AsyncIterator[None]:
        if request.method == "GET":
            await prove_first(request, step_up)
        try:
            yield
        except UpstreamProblem as problem:
            if asked := asked_of(problem):
                raise ProveAgain(asked, page_of(request)) from problem
            raise

    return proved


async def prove_first(request: Request, step_up: StepUp = BEFORE_FILLING_IN) -> None:
    """Raise ProveAgain unless it is met: inside a page's route, where only some of what it shows needs it."""
    session = await session_of(request)
    if not step_up.is_met_by(session.caller()):
        raise ProveAgain(step_up, page_of(request))


FreshlyProved = Depends(freshly_proved())


def page_of(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def begin(request: Request, step_up: StepUp, return_to: str | None) -> str:
    """Start an attempt; return the address at auth to go to. Raises AskedInVain rather than lead to nowhere."""
    session = await session_of(request)
    vault: Vault = request.app.state.vault
    provider: Provider = request.app.state.provider
    secret = CookieSecret.new()
    attempt = StepUpAttempt(
        person_id=session.person_id,
        session_id=session.id,
        secret=b"",
        return_to=local_path(return_to),
        max_age=int(step_up.max_age.total_seconds()),
        acr_values=" ".join(step_up.acr_values),
        expires_at=now() + ATTEMPT_LIFETIME,
    )
    if not await provider.is_there():
        raise AskedInVain(attempt.return_to)
    key = await vault.key_of(session.person_id)
    attempt.secret = key.seal(secret.value, binding("step_up_attempts", "secret", attempt.id, session.person_id))
    address = provider.step_up_url(secret, attempt, open_token(key, session, "id_token"))
    async with store.cookie_work(request.app.state.database, session.cookie_hash, session.row_context) as work:
        work.add(attempt)
    return address


def attempt_in(request: Request) -> UUID | None:
    """The attempt that auth's answer names in its state; None where the answer is to a sign-in."""
    named, dot, _ = request.query_params.get("state", "").partition(".")
    try:
        return UUID(named) if dot and len(named) == len(UUID(int=0).hex) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Proved:
    """The cookie and the time the session has left, and the page to open; no cookie where another tab was faster."""

    return_to: str
    secret: CookieSecret | None = None
    seconds: int = 0


async def finish(request: Request, attempt_id: UUID) -> Proved:
    """Take auth's answer to an attempt of this session.

    Raises NotProved, AnotherPerson, AskedInVain; SignInAgain where the session is over by now. An attempt that was
    answered before, or is not of this session, leads to the first page.
    """
    session = known_session(request) or lapsed_session(request)
    attempt = await take(request.app.state.database, session, attempt_id) if session else None
    if session is None or attempt is None:
        return Proved("/")
    if known_session(request) is None:
        raise SignInAgain(attempt.return_to)
    vault: Vault = request.app.state.vault
    key = await vault.key_of(session.person_id)
    bound = binding("step_up_attempts", "secret", attempt.id, attempt.person_id)
    secret = CookieSecret(key.open(attempt.secret, bound))
    refuse_other_answer(request, session, attempt, secret)
    try:
        identity, tokens = await redeem(request, secret)
    except (GrantRefusedError, InvalidTokenError) as error:
        raise NotProved(session, attempt.return_to, "refused") from error
    except Unavailable as error:
        raise AskedInVain(attempt.return_to) from error
    await refuse_other_proof(request, session, attempt, (identity, tokens))
    return await renew(request, session, attempt, (identity, tokens))


def refuse_other_answer(
    request: Request, session: BrowserSession, attempt: StepUpAttempt, secret: CookieSecret
) -> None:
    """Raise NotProved unless auth answers this very attempt, with a code."""
    provider: Provider = request.app.state.provider
    answer = request.query_params
    if answer.get("iss") != provider.settings.issuer or answer.get("state") != provider.step_up_state(secret, attempt):
        raise NotProved(session, attempt.return_to, "another_answer")
    if "error" in answer or not answer.get("code"):
        raise NotProved(session, attempt.return_to, "not_proved")


async def redeem(request: Request, secret: CookieSecret) -> tuple[Identity, Tokens]:
    provider: Provider = request.app.state.provider
    tokens = await provider.redeem(request.query_params["code"], secret)
    async with provider.or_back(tokens):
        return await provider.identify(tokens.id_token, secret.derive("nonce")), tokens


async def refuse_other_proof(
    request: Request, session: BrowserSession, attempt: StepUpAttempt, given: tuple[Identity, Tokens]
) -> None:
    """Raise AnotherPerson, and NotProved for a proof older or weaker than was asked; what was given is withdrawn."""
    identity, tokens = given
    provider: Provider = request.app.state.provider
    if identity.person_id != session.person_id:
        await provider.revoke(tokens)
        await sign_out.end(request)
        request.state.session = None
        raise AnotherPerson(refusal=refusal(session, "another_person"))
    asked_at = attempt.expires_at - ATTEMPT_LIFETIME
    oldest = asked_at - timedelta(seconds=attempt.max_age + CLOCK_SKEW)
    acr_values = attempt.acr_values.split()
    if identity.proved_at is None or identity.proved_at < oldest:
        await provider.revoke(tokens)
        raise NotProved(session, attempt.return_to, "too_old")
    if acr_values and identity.acr not in acr_values:
        await provider.revoke(tokens)
        raise NotProved(session, attempt.return_to, "too_weak")


async def take(database: Database, session: BrowserSession, attempt_id: UUID) -> StepUpAttempt | None:
    """Take an attempt of this session away; of two answers to it only the first finds it."""
    taken = (
        delete(StepUpAttempt)
        .where(
            col(StepUpAttempt.id) == attempt_id,
            col(StepUpAttempt.session_id) == session.id,
            col(StepUpAttempt.expires_at) > now(),
        )
        .returning(StepUpAttempt)
    )
    async with database.unit_of_work(session.row_context) as work:
        found: StepUpAttempt | None = (await work.execute(taken)).scalar_one_or_none()
        if found:
            work.expunge(found)
    return found


async def renew(
    request: Request, session: BrowserSession, attempt: StepUpAttempt, given: tuple[Identity, Tokens]
) -> Proved:
    """Let the session go on under another cookie, with the new tokens and another form secret; once.

    Where another tab's answer came in between, the session has another cookie already and stays as it is.
    """
    identity, tokens = given
    vault: Vault = request.app.state.vault
    provider: Provider = request.app.state.provider
    key, secret = await vault.key_of(session.person_id), CookieSecret.new()
    values = seal_tokens(key, session, tokens) | {
        "csrf_secret": new_secret(),
        "earlier_csrf_secret": session.csrf_secret,
        "provider_session_id": identity.session_id,
        "last_seen_at": now(),
        "auth_time": identity.proved_at,
        "acr": identity.acr,
    }
    database: Database = request.app.state.database
    async with (
        provider.or_back(tokens),
        store.cookie_work(database, session.cookie_hash, session.row_context) as work,
    ):
        renewed = await store.rotate(work, session, secret, values)
        if renewed:
            await keep_in_audit(request, work, session)
    if not renewed:
        await provider.revoke(tokens)
        return Proved(attempt.return_to)
    await provider.revoke_token(open_token(key, session, "refresh_token"))
    return Proved(attempt.return_to, secret, int((session.expires_at - now()).total_seconds()))


async def keep_in_audit(request: Request, work: AsyncSession, session: BrowserSession) -> None:
    await trail_of(request).record(work, session.caller(), VERB, object_id=session.id, subject_id=session.person_id)
