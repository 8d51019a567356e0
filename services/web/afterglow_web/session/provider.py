"""auth, as an OpenID Connect relying party sees it: where to send the browser, tokens for a code, who it was."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlencode
from uuid import UUID

import httpx
import structlog
from afterglow_design.language_of_request import keep_language
from afterglow_foundation.callers import Role
from afterglow_foundation.client import (
    ASSERTION_TYPE,
    TIMEOUT,
    AnswerLostError,
    ServiceClient,
    UpstreamProblem,
    client_assertion,
)
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.tokens import ALGORITHMS, CLOCK_SKEW, InvalidTokenError, KeyCache, read_header
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode
from pydantic import BaseModel, ValidationError, field_validator

from afterglow_web.session.cookies import CookieSecret
from afterglow_web.session.models import StepUpAttempt
from afterglow_web.settings import Settings

logger = structlog.get_logger()
SCOPE = "openid profile email offline_access portal messaging accounts"
AGAIN = ".again"
UNSAID_LIFETIME = 60  # seconds that a token counts on whose lifetime was not told
OUR_FAULT = 500
SOON = httpx.Timeout(4, connect=2)  # twice, with a connection between, is within the ten seconds that auth allows
INVALID_GRANT = "invalid_grant"  # the one error that is about the code or token, not about who shows it (RFC 6749 §5.2)
SAME_AFTER_REFRESH = ("iss", "sub", "aud", "azp", "sid")
SAME_IF_THERE = ("auth_time", "nonce")


class GrantRefusedError(Exception):
    """auth knows the code or refresh token as good for nothing. Whatever else it may say leaves a session alone."""


class Tokens(BaseModel):
    """What the token endpoint answers (RFC 6749 §5.1, OIDC Core §3.1.3.3). `expires_in` is in seconds."""

    access_token: str
    token_type: str
    expires_in: int = UNSAID_LIFETIME
    refresh_token: str | None = None
    id_token: str | None = None

    @field_validator("token_type")
    @classmethod
    def shown_as_it_is(cls, value: str) -> str:
        if value.lower() != "bearer":
            raise ValueError("a token that web cannot use")
        return value


class Identity(BaseModel, strict=True):
    """The claims of an ID token that web reads."""

    iss: str
    sub: str
    aud: str | list[str]
    exp: int
    iat: int
    nonce: str | None = None
    role: Literal["admin", "client", "therapist"]
    azp: str | None = None
    name: str = ""
    zoneinfo: str = "UTC"
    locale: str = "en"
    sid: str | None = None
    auth_time: int | None = None
    acr: str | None = None

    @property
    def person_id(self) -> UUID:
        return UUID(self.sub)

    @property
    def signed_in_role(self) -> Role:
        return Role(self.role)

    @property
    def session_id(self) -> UUID | None:
        return UUID(self.sid) if self.sid else None

    @property
    def proved_at(self) -> datetime | None:
        """When the person last proved who they are."""
        return datetime.fromtimestamp(self.auth_time, UTC) if self.auth_time else None

    def is_still(self, before: "Identity") -> bool:
        """Whether a refreshed ID token is of the same sign-in as the one before (OIDC Core §12.2)."""
        same = all(getattr(self, claim) == getattr(before, claim) for claim in SAME_AFTER_REFRESH)
        return same and all(getattr(self, claim) in {None, getattr(before, claim)} for claim in SAME_IF_THERE)


class Provider:
    """Talks to auth through its internal address; names it to the browser by its public one."""

    def __init__(self, settings: Settings, auth: ServiceClient, keys: KeyCache) -> None:
        self.settings = settings
        self._auth = auth
        self._keys = keys
        self._registry = JWSRegistry(algorithms=ALGORITHMS)

    @property
    def redirect_uri(self) -> str:
        return f"{self.settings.base_url}/callback"

    def authorization_url(self, secret: CookieSecret, *, again: bool = False) -> str:
        """Where the browser goes to sign in; state, nonce and code verifier come from the browser's own cookie.

        `again` marks the state, not the cookie: it comes back even from a browser that keeps no cookies. Auth's pages
        speak the language that was asked for here.
        """
        return keep_language(self._authorize(secret, state=secret.derive("state") + (AGAIN if again else "")))

    def step_up_url(self, secret: CookieSecret, attempt: StepUpAttempt, id_token: str) -> str:
        """Where the person of a session goes to prove anew who they are."""
        asked = {"max_age": str(attempt.max_age), "id_token_hint": id_token}
        if attempt.acr_values:
            asked["acr_values"] = attempt.acr_values
        return self._authorize(secret, state=self.step_up_state(secret, attempt), **asked)

    @staticmethod
    def step_up_state(secret: CookieSecret, attempt: StepUpAttempt) -> str:
        return f"{attempt.id.hex}.{secret.derive('state')}"

    def _authorize(self, secret: CookieSecret, **asked: str) -> str:
        challenge = hashlib.sha256(secret.derive("code verifier").encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": SCOPE,
            "nonce": secret.derive("nonce"),
            "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
            **asked,
        }
        return f"{self.settings.issuer}/authorize?{urlencode(query)}"

    def sign_out_url(self, id_token: str | None) -> str:
        """Where the browser goes to end auth's session as well (OIDC RP-Initiated Logout)."""
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": f"{self.settings.base_url}/"}
        if id_token:
            query["id_token_hint"] = id_token
        return f"{self.settings.issuer}/sign-out?{urlencode(query)}"

    async def end_session(self, id_token: str) -> bool:
        """End auth's session and all that was begun in it, without the browser. Never raises for auth.

        False where auth did not answer, and may later.
        """
        query = {"client_id": self.settings.client_id, "id_token_hint": id_token}
        try:
            await self._auth.request("GET", "/auth/sign-out", params=query)
        except (UpstreamProblem, Unavailable) as problem:
            logger.warning("auth's session was not ended", error_type=type(problem).__name__)
            return isinstance(problem, UpstreamProblem) and problem.upstream_status < OUR_FAULT
        return True

    async def is_there(self) -> bool:
        """Whether auth answers: a browser that is sent to where nobody answers does not come back."""
        try:
            await self._auth.request("GET", "/livez")
        except (UpstreamProblem, Unavailable):
            return False
        return True

    async def revoke(self, tokens: Tokens) -> None:
        """Let auth forget tokens that were given and not taken."""
        await self.revoke_token(tokens.refresh_token or tokens.access_token)

    @asynccontextmanager
    async def or_back(self, tokens: Tokens) -> AsyncIterator[None]:
        """Revoke them where what is done with them fails."""
        try:
            yield
        except Exception:
            await self.revoke(tokens)
            raise

    async def revoke_token(self, token: str) -> None:
        """End what a token belongs to (RFC 7009). Best effort: never raises for auth."""
        try:
            await self._auth.request("POST", "/auth/revoke", form={"token": token, **self._proof()})
        except (UpstreamProblem, Unavailable) as problem:
            logger.warning("a token was not revoked", error_type=type(problem).__name__)

    async def redeem(self, code: str, secret: CookieSecret) -> Tokens:
        """Exchange a code. Raises GrantRefusedError, or Unavailable when auth does not answer."""
        verifier = secret.derive("code verifier")
        return await self._grant(
            grant_type="authorization_code", code=code, redirect_uri=self.redirect_uri, code_verifier=verifier
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """Rotate a refresh token. Raises GrantRefusedError, or Unavailable when auth does not answer.

        Where the answer is lost it asks again at once, for the same successor: later than ten seconds after auth
        rotated it, the token would be taken for a stolen one.
        """
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        try:
            return await self._grant(patience=SOON, **form)
        except AnswerLostError:
            logger.warning("the answer to a refresh was lost")
            return await self._grant(patience=SOON, **form)

    def _proof(self) -> dict[str, str]:
        """How web proves itself to auth."""
        assertion = client_assertion(self.settings.client_id, self.settings.private_key, self.settings.issuer)
        return {
            "client_id": self.settings.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }

    async def _grant(self, *, patience: httpx.Timeout = TIMEOUT, **form: str) -> Tokens:
        try:
            answer = await self._auth.request("POST", "/auth/token", form={**form, **self._proof()}, patience=patience)
            return Tokens.model_validate_json(answer.content)
        except UpstreamProblem as problem:
            if problem.upstream.code == INVALID_GRANT:
                raise GrantRefusedError from problem
            logger.exception("auth gives no tokens", status=problem.upstream_status, code=problem.upstream.code)
            raise Unavailable from problem
        except ValidationError as error:
            raise Unavailable("The sign-in service answered something we cannot read.") from error

    async def identify(self, id_token: str | None, nonce: str) -> Identity:
        """Verify an ID token (OIDC Core §3.1.3.7). Raises InvalidTokenError."""
        identity = await self._verify(id_token)
        if identity.nonce != nonce:
            raise InvalidTokenError("an answer to another sign-in")
        return identity

    async def recognise(self, id_token: str, before: str) -> None:
        """Verify the ID token that came with a refresh; `before` is the session's own, checked when it came.

        Raises InvalidTokenError for one that is of another sign-in.
        """
        payload = urlsafe_b64decode(before.split(".")[1].encode())
        if not (await self._verify(id_token)).is_still(Identity.model_validate_json(payload)):
            raise InvalidTokenError("of another sign-in")

    async def _verify(self, id_token: str | None) -> Identity:
        try:
            header = read_header(id_token or "")
            if header.get("alg") not in ALGORITHMS or header.get("typ", "JWT") != "JWT" or "crit" in header:
                raise InvalidTokenError("algorithm or type not allowed")
            key = await self._keys.find(str(header.get("kid")))
            if key is None:
                raise InvalidTokenError("unknown key")
            decoded = jwt.decode(id_token or "", key, algorithms=ALGORITHMS, registry=self._registry)
            identity = Identity.model_validate(decoded.claims)
            self._check(identity)
        except (JoseError, ValueError, OverflowError, OSError) as error:
            raise InvalidTokenError("not an ID token") from error
        return identity

    def _check(self, identity: Identity) -> None:
        client_id = self.settings.client_id
        moment = time.time()
        if identity.iss != self.settings.issuer or identity.aud not in (client_id, [client_id]):
            raise InvalidTokenError("another issuer or audience, or one more")
        if identity.azp not in {None, client_id}:
            raise InvalidTokenError("issued to another client")
        if identity.exp <= moment or identity.iat > moment + CLOCK_SKEW:
            raise InvalidTokenError("expired or not yet valid")
        _ = identity.person_id, identity.session_id, identity.proved_at  # ValueError unless ids, and a moment
