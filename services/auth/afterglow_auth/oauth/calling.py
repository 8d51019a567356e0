"""How each endpoint for programs begins and ends: a form, who sent it, and errors as RFC 6749 §5.2 has them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from afterglow_foundation.database import RowContext
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_auth.audit import Verb
from afterglow_auth.forms import MalformedInputError, read_form
from afterglow_auth.oauth.client_authentication import AuthenticatedClient, ReusedAssertionError, authenticate
from afterglow_auth.oauth.dpop import NonceNeededError, ProofRefusedError, held_key, nonce_for
from afterglow_auth.oauth.once import take
from afterglow_auth.oauth.pushed import TooManyPushedError
from afterglow_auth.oauth.refusals import record_refused_client
from afterglow_auth.provider import IdentityProvider

NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class Call:
    """What a client sent that has proved who it is, and the headers of whatever it is answered."""

    request: Request
    provider: IdentityProvider
    client: AuthenticatedClient
    form: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def token(self) -> str:
        """The token that it is about. Raises Authlib's InvalidRequestError."""
        if "token" not in self.form:
            raise InvalidRequestError("token is missing.")
        return self.form["token"]


async def answer(
    request: Request,
    provider: IdentityProvider,
    to: Callable[[Call], Awaitable[Response]],
    *,
    with_key: bool = False,
) -> Response:
    """What `to` answers, or why not. `with_key`: the client may prove a key besides (RFC 9449)."""
    headers = {**NOT_STORED, **nonce_for(provider, request)} if with_key else NOT_STORED
    client: AuthenticatedClient | None = None
    try:
        form = await read_form(request)
        endpoint = f"{provider.settings.base_url}{request.url.path}"
        client = await authenticate(provider, form, request.headers.get("authorization"), endpoint)
        if with_key:
            client = replace(client, key=held_key(provider, request, client.client.client_id))
        return await to(Call(request, provider, client, form, headers))
    except (MalformedInputError, OAuth2Error) as error:
        if client and not isinstance(error, NonceNeededError):
            await spend_all_the_same(provider, client)
        return await refuse(provider, error, headers)


async def spend_all_the_same(provider: IdentityProvider, client: AuthenticatedClient) -> None:
    """What a refused request proved itself with serves no other; with a nonce that it lacked, it may come again.

    The proof of a client that proves nothing else is left: anybody could have it stored.
    """
    proof = client.key.proof if client.key and not client.client.is_public else None
    async with provider.database.unit_of_work(RowContext()) as session:
        for right in (client.assertion, proof):
            if right:
                await take(session, right)


async def refuse(
    provider: IdentityProvider, error: MalformedInputError | OAuth2Error, headers: Mapping[str, str]
) -> JSONResponse:
    """Never a problem document: OAuth clients read this form."""
    if isinstance(error, MalformedInputError):
        error = InvalidRequestError(str(error))
    if isinstance(error, ReusedAssertionError):
        await record_refused_client(provider, Verb.assertion_reused, error.client_id)
    if isinstance(error, ProofRefusedError):
        await record_refused_client(provider, Verb.proof_refused, error.client_id)
    more: dict[str, str] = {}
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        more["WWW-Authenticate"] = 'Basic realm="token"'
    if isinstance(error, TooManyPushedError):
        more["Retry-After"] = error.retry_after
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, error.status_code, {**headers, **more})
