"""Service to service: one HTTP client with time-outs, request ids, careful retries and problems passed on."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import BaseModel, Field, ValidationError

from afterglow_foundation.errors import Problem, ProblemDocument, Unavailable
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.telemetry import current_request_id

TIMEOUT = httpx.Timeout(10, connect=2)
SILENCE = httpx.Timeout(40, connect=2)  # an answer that goes on says something each 15 s
CONNECTIONS = 64
SAFE_TO_REPEAT = {"GET", "HEAD", "PUT"}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME = 60


class UpstreamProblem(Problem):
    """Another service refused: its own problem document, kept whole."""

    def __init__(self, document: ProblemDocument, headers: Mapping[str, str]) -> None:
        super().__init__(document.detail, errors=document.errors, headers=headers)
        self.upstream = document

    @property
    def upstream_status(self) -> int:
        return self.upstream.status


class AnswerLostError(Unavailable):
    """The request went off and no answer came: it may have been carried out."""


class OAuthRefusal(BaseModel):
    """What a token endpoint refuses with (RFC 6749 §5.2)."""

    error: str = Field(pattern="^[a-z_]{1,50}$")


class ServiceClient:
    """Calls one other service at `base_url`; share one per process and close it at the end."""

    def __init__(self, base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        connections = transport or AiohttpTransport(client=open_connections)
        nothing = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # an answer to one person is not told to the next
        self._client = httpx.AsyncClient(base_url=base_url, timeout=TIMEOUT, transport=connections, cookies=nothing)

    async def request(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        json: object = None,
        params: Mapping[str, str | int] | None = None,
        form: Mapping[str, str] | None = None,
        picture: tuple[bytes, str] | None = None,
        headers: Mapping[str, str] | None = None,
        patience: httpx.Timeout = TIMEOUT,
    ) -> httpx.Response:
        """Return an answer below 400. Raises UpstreamProblem for one above, Unavailable when none came.

        `picture` is a body of another kind than JSON or a form, and which. AnswerLostError is the Unavailable of a
        request that may have been carried out.
        A request that is safe to repeat (GET, HEAD, PUT by id) is tried once more after a broken connection.
        """
        sent = {"x-request-id": current_request_id() or str(new_id()), **(headers or {})}
        if token:
            sent["authorization"] = f"Bearer {token}"
        content = None
        if picture:
            content, sent["content-type"] = picture
        request = self._client.build_request(
            method,
            path,
            headers=sent,
            json=json,
            params=params,
            data=dict(form) if form else None,
            content=content,
            timeout=patience,
        )
        answer = await self._send(request)
        if answer.is_error:
            raise UpstreamProblem(problem_of(answer), kept_headers(answer))
        return answer

    async def _send(self, request: httpx.Request) -> httpx.Response:
        tries = 2 if request.method in SAFE_TO_REPEAT else 1
        for left in reversed(range(tries)):
            try:
                return await self._client.send(request)
            except httpx.TransportError as error:
                if took_no_connection(error):
                    raise Unavailable from error
                if not left:
                    raise AnswerLostError from error
        raise Unavailable

    @asynccontextmanager
    async def lines(self, path: str, *, token: str) -> AsyncIterator[AsyncIterator[str]]:
        """Open an answer that goes on, and read it by lines.

        Raises UpstreamProblem for a refusal, and Unavailable when none came, it broke, or was silent for too long.
        """
        headers = {"authorization": f"Bearer {token}", "x-request-id": current_request_id() or str(new_id())}
        request = self._client.build_request("GET", path, headers=headers, timeout=SILENCE)
        try:
            answer = await self._client.send(request, stream=True)
            async with aclosing(answer):
                if answer.is_error:
                    await answer.aread()
                    raise UpstreamProblem(problem_of(answer), kept_headers(answer))
                yield answer.aiter_lines()
        except httpx.TransportError as error:
            raise Unavailable from error

    async def open(
        self, path: str, *, token: str, params: Mapping[str, str], headers: Mapping[str, str]
    ) -> httpx.Response:
        """Open an answer whose content is not read yet; whoever asked reads and closes it.

        Raises UpstreamProblem for a refusal, and Unavailable when none came.
        """
        sent = {"authorization": f"Bearer {token}", "x-request-id": current_request_id() or str(new_id()), **headers}
        request = self._client.build_request("GET", path, params=params, headers=sent)
        try:
            answer = await self._client.send(request, stream=True)
            if answer.is_error:
                async with aclosing(answer):
                    await answer.aread()
                raise UpstreamProblem(problem_of(answer), kept_headers(answer))
        except httpx.TransportError as error:
            raise Unavailable from error
        return answer

    async def close(self) -> None:
        await self._client.aclose()


def open_connections() -> aiohttp.ClientSession:
    """Connections to other services, many persons' requests on each: nothing that an answer sets is kept."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS), cookie_jar=aiohttp.DummyCookieJar())


def took_no_connection(error: httpx.TransportError) -> bool:
    """Whether it was waited for in vain; the transport calls every broken connection a ConnectTimeout."""
    return isinstance(error.__cause__ or error, httpx.ConnectTimeout | aiohttp.ConnectionTimeoutError)


def problem_of(answer: httpx.Response) -> ProblemDocument:
    """The problem document of an answer, with the status it really had; one made from that if it carries none.

    Its code is then the `error` that OAuth's endpoints answer with (RFC 6749 §5.2), where there is one.
    """
    try:
        document = ProblemDocument.model_validate_json(answer.content)
        return document.model_copy(update={"status": answer.status_code})
    except ValidationError:
        return ProblemDocument(
            type="about:blank", title=answer.reason_phrase, status=answer.status_code, code=oauth_error(answer)
        )


def oauth_error(answer: httpx.Response) -> str:
    try:
        return OAuthRefusal.model_validate_json(answer.content).error
    except ValidationError:
        return "upstream"


def kept_headers(answer: httpx.Response) -> dict[str, str]:
    return {
        name: answer.headers[name]
        for name in ("retry-after", "upload-offset", "www-authenticate")
        if name in answer.headers
    }


class TokenAnswer(BaseModel):
    """What a token endpoint answers (RFC 6749 §5.1)."""

    access_token: str
    expires_in: int


def client_assertion(client_id: str, private_key: ECKey, audience: str) -> str:
    """A `private_key_jwt` assertion (RFC 7523) that lives a minute."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": str(new_id()),
        "iat": now,
        "exp": now + ASSERTION_LIFETIME,
    }
    return jwt.encode({"alg": "ES256", "kid": private_key.kid}, claims, private_key, algorithms=["ES256"])


class ServiceTokens:
    """Tokens of this service itself: client credentials with `private_key_jwt`, kept until shortly before expiry."""

    def __init__(self, auth: ServiceClient, *, issuer: str, client_id: str, private_key: ECKey, scope: str) -> None:
        self._auth = auth
        self._issuer = issuer
        self._client_id = client_id
        self._private_key = private_key
        self._scope = scope
        self._token: tuple[float, str] | None = None

    def forget(self) -> None:
        """Get a new one next time: this one was refused."""
        self._token = None

    async def get(self) -> str:
        if self._token and self._token[0] > time.monotonic():
            return self._token[1]
        token = await self.fresh()
        self._token = (time.monotonic() + token.expires_in - 30, token.access_token)
        return token.access_token

    async def fresh(self) -> TokenAnswer:
        """Ask for a new token: an answer that goes on lives as long as the one it was opened with."""
        form = {
            "grant_type": "client_credentials",
            "scope": self._scope,
            "client_id": self._client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": client_assertion(self._client_id, self._private_key, self._issuer),
        }
        answer = await self._auth.request("POST", "/auth/token", form=form)
        return TokenAnswer.model_validate_json(answer.content)
