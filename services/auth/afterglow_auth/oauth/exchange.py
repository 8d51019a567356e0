"""What the token endpoint does for each grant."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from afterglow_foundation.audit import Outcome
from afterglow_foundation.database import RowContext
from afterglow_foundation.tokens import LONGEST_LIFETIME, TokenVerifier
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as SyncSession
from sqlmodel import col

from afterglow_auth.audit import Verb, record
from afterglow_auth.digests import Purpose
from afterglow_auth.oauth.client_authentication import AuthenticatedClient, spend
from afterglow_auth.oauth.clients import TOKEN_EXCHANGE, RegisteredClient
from afterglow_auth.oauth.code_statements import OF_USE
from afterglow_auth.oauth.dpop import ProofRefusedError
from afterglow_auth.oauth.exchanged import Answer, Request
from afterglow_auth.oauth.families import end_authorizations
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.refresh import refresh
from afterglow_auth.oauth.resources import named, narrowed
from afterglow_auth.oauth.server import Server
from afterglow_auth.oauth.token_exchange import exchange_token
from afterglow_auth.oauth.tokens import service_token, token_type
from afterglow_auth.provider import IdentityProvider


async def exchange(
    provider: IdentityProvider,
    verifiers: Sequence[TokenVerifier],
    caller: AuthenticatedClient,
    form: Mapping[str, str],
) -> Answer:
    """Answer one token request. Raises Authlib's OAuth2 errors, after committing what a refusal must leave behind.

    `verifiers` read our own access tokens, one for each audience.
    """
    if caller.client.must_prove_key and caller.key is None:
        raise ProofRefusedError(caller.client.client_id, "Tokens of this client are bound to a key: a proof is needed.")
    kind = form.get("grant_type")
    if kind is None:
        raise InvalidRequestError("grant_type is missing.")
    if kind == "authorization_code":
        return await redeem_code(provider, caller, form)
    if kind == "refresh_token":
        return Answer(200, await refresh(provider, caller, form), {})
    if kind == "client_credentials":
        return Answer(200, await serve_client(provider, caller, form), {})
    if kind == TOKEN_EXCHANGE:
        return Answer(200, await exchange_token(provider, verifiers, caller, form), {})
    raise OAuth2Error("This grant_type is not supported.", error="unsupported_grant_type")


async def redeem_code(provider: IdentityProvider, caller: AuthenticatedClient, form: Mapping[str, str]) -> Answer:
    """Authlib's code exchange: what it stores is one statement, so that no transaction is needed around it."""
    signer = await provider.keys.signer()

    def run(session: SyncSession) -> tuple[Answer, Authorization | None]:
        server = Server(provider, caller.client, session, signer, caller.jkt)
        answer: Answer = server.create_token_response(Request("POST", f"{provider.settings.issuer}/token", form))
        return answer, server.replayed

    async with provider.database.committing_each() as session:
        if not caller.client.is_public or await is_of_use(session, provider, caller.client, form):
            await spend(session, caller)
        answer, replayed = await session.run_sync(run)
    if replayed:
        async with provider.database.unit_of_work(RowContext()) as session:
            await end_replayed(session, replayed)
    return answer


async def is_of_use(
    session: AsyncSession, provider: IdentityProvider, client: RegisteredClient, form: Mapping[str, str]
) -> bool:
    """Whether the form's code can give anything, or end what it gave.

    For less, nobody who merely names a public client has a proof stored.
    """
    hashed = provider.digests.of(Purpose.code, form.get("code", ""))
    asked = {"code_hash": hashed, "client_id": client.client_id, "now": datetime.now(UTC)}
    return await session.scalar(OF_USE, asked) is not None


async def end_replayed(session: AsyncSession, given: Authorization) -> None:
    """A code used twice was in two hands: all it gave ends, once. It is committed, and the answer an error."""
    if await end_authorizations(session, col(Authorization.id) == given.id, "code replayed"):
        verb, refused = Verb.code_replayed, Outcome.refused
        await record(session, verb, object_id=given.id, subject_id=given.person_id, outcome=refused)


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
    scope = narrowed(provider.settings, scope, named(form))
    signer = await provider.keys.signer()
    async with provider.database.unit_of_work(RowContext()) as session:
        await spend(session, caller)
    return {
        "access_token": service_token(provider.settings, signer, client.client_id, scope, caller.jkt),
        "token_type": token_type(caller.jkt),
        "expires_in": LONGEST_LIFETIME,
        "scope": scope,
    }
