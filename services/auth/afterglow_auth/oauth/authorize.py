"""The authorization endpoint: who asks is checked first, then whether somebody must sign in, then a code is given.

The request is never stored: the sign-in page carries its parameters along, and they go through the same checks again
when the form comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import UnsupportedResponseTypeError
from authlib.oidc.core.errors import LoginRequiredError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as SyncSession

from afterglow_auth.oauth.clients import RegisteredClient
from afterglow_auth.oauth.exchanged import Answer, Request
from afterglow_auth.oauth.hints import Hint, read_hint
from afterglow_auth.oauth.openid import INTERACTIVE, max_age, prompts
from afterglow_auth.oauth.server import Server
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.sessions.service import SignedIn

SIGN_IN = "/auth/sign-in"


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid authorization request: a known client, one of its redirect URIs, PKCE, a scope it may have."""

    client: RegisteredClient
    parameters: Mapping[str, str]
    hint: Hint | None

    @property
    def redirect_uri(self) -> str:
        return self.parameters["redirect_uri"]


def as_request(provider: IdentityProvider, parameters: Mapping[str, str]) -> Request:
    return Request("GET", f"{provider.settings.issuer}/authorize", parameters)


async def validate(provider: IdentityProvider, parameters: Mapping[str, str]) -> Asked | Answer:
    """The request, or the answer that refuses it: a redirect only where client and redirect URI are valid."""
    client = await provider.clients.find(parameters.get("client_id"))
    server, request = Server(provider, client), as_request(provider, parameters)
    try:
        server.get_consent_grant(request)
    except OAuth2Error as error:
        return answer_of(server, request, error)
    if client is None:
        raise LookupError("Authlib let a request without a client through")
    return Asked(client, parameters, await read_hint(provider, parameters.get("id_token_hint")))


def answer_of(server: Server, request: Request, error: OAuth2Error) -> Answer:
    if isinstance(error, UnsupportedResponseTypeError):
        error.description = "Only response_type=code is supported."
    answer: Answer = server.handle_error_response(request, error)
    return answer


def must_sign_in(asked: Asked, signed_in: SignedIn | None) -> bool:
    """True where nobody is signed in, somebody else is meant, or the client wants it done anew."""
    if signed_in is None or prompts(asked.parameters) & INTERACTIVE:
        return True
    if asked.hint and asked.hint.person_id != signed_in.person.id:
        return True
    age = datetime.now(UTC) - signed_in.session.auth_time
    longest = max_age(asked.parameters)
    return longest is not None and age.total_seconds() > longest


def login_required(provider: IdentityProvider, asked: Asked) -> Answer:
    """The answer to a client that wanted no page shown, or somebody else than who signed in."""
    error = LoginRequiredError(redirect_uri=asked.redirect_uri)
    error.state = asked.parameters.get("state")
    return answer_of(Server(provider, asked.client), as_request(provider, asked.parameters), error)


async def decide(session: AsyncSession, provider: IdentityProvider, asked: Asked, signed_in: SignedIn | None) -> Answer:
    """Give a code, ask for sign-in, or tell the client that one would be needed."""
    if not must_sign_in(asked, signed_in) and signed_in:
        return await give_code(session, provider, asked, signed_in)
    if "none" in prompts(asked.parameters):
        return login_required(provider, asked)
    return Answer(303, "", {"Location": f"{SIGN_IN}?{urlencode(asked.parameters)}"})


async def give_code(session: AsyncSession, provider: IdentityProvider, asked: Asked, signed_in: SignedIn) -> Answer:
    """Let Authlib make and answer a code for somebody who is signed in, in the caller's transaction."""
    if asked.hint and asked.hint.person_id != signed_in.person.id:
        return login_required(provider, asked)

    def run(sync_session: SyncSession) -> Answer:
        server, request = Server(provider, asked.client, sync_session), as_request(provider, asked.parameters)
        grant = server.get_authorization_grant(request)
        answer: Answer = server.create_authorization_response(request, signed_in, grant=grant)
        return answer

    return await session.run_sync(run)
