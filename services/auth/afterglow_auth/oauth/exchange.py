"""What the token endpoint does for each grant."""

from collections.abc import Mapping
from typing import Any

from afterglow_foundation.database import RowContext
from afterglow_foundation.tokens import LONGEST_LIFETIME
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from sqlalchemy.orm import Session as SyncSession

from afterglow_auth.oauth.client_authentication import AuthenticatedClient, spend
from afterglow_auth.oauth.exchanged import Answer, Request
from afterglow_auth.oauth.refresh import refresh
from afterglow_auth.oauth.server import Server
from afterglow_auth.oauth.tokens import service_token
from afterglow_auth.provider import IdentityProvider


async def exchange(provider: IdentityProvider, caller: AuthenticatedClient, form: Mapping[str, str]) -> Answer:
    """Answer one token request. Raises Authlib's OAuth2 errors, after committing what a refusal must leave behind."""
    kind = form.get("grant_type")
    if kind is None:
        raise InvalidRequestError("grant_type is missing.")
    if kind == "authorization_code":
        return await redeem_code(provider, caller, form)
    if kind == "refresh_token":
        return Answer(200, await refresh(provider, caller, form), {})
    if kind == "client_credentials":
        return Answer(200, await serve_client(provider, caller, form), {})
    raise OAuth2Error("This grant_type is not supported.", error="unsupported_grant_type")


async def redeem_code(provider: IdentityProvider, caller: AuthenticatedClient, form: Mapping[str, str]) -> Answer:
    """Authlib's code exchange. It answers errors instead of raising them, so what it did on refusing is committed."""
    signer = await provider.keys.signer()

    def run(session: SyncSession) -> Answer:
        server = Server(provider, caller.client, session, signer)
        answer: Answer = server.create_token_response(Request("POST", f"{provider.settings.issuer}/token", form))
        return answer

    async with provider.database.unit_of_work(RowContext()) as session:
        await spend(session, caller)
        return await session.run_sync(run)


async def serve_client(
    provider: IdentityProvider, caller: AuthenticatedClient, form: Mapping[str, str]
) -> dict[str, Any]:
    """A token for a service itself (RFC 6749 §4.4)."""
    client = caller.client
    if not client.check_grant_type("client_credentials") or caller.assertion is None:
        raise UnauthorizedClientError("The client may not act for itself.")
    scope = client.get_allowed_scope(form.get("scope") or " ".join(sorted(client.scopes)))
    if scope is None:
        raise InvalidScopeError
    signer = await provider.keys.signer()
    async with provider.database.unit_of_work(RowContext()) as session:
        await spend(session, caller)
    return {
        "access_token": service_token(provider.settings, signer, client.client_id, scope),
        "token_type": "Bearer",
        "expires_in": LONGEST_LIFETIME,
        "scope": scope,
    }
