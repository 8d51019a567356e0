"""Token exchange (RFC 8693): a service that somebody called goes on to another API for the same person.

It shows the access token that it was called with and gets one for that other API, which says in whose hands it is. That
one is no wider than what the person allowed their program at that sign-in, is over when the one shown is, and ends with
the same session and authorization. Nothing else is exchanged: `docs/decisions/0022-token-exchange.md`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext
from afterglow_foundation.tokens import LONGEST_LIFETIME, InvalidTokenError, TokenVerifier
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError, InvalidScopeError, UnauthorizedClientError
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.audit import Verb, record
from afterglow_auth.oauth.bearer import still_stands
from afterglow_auth.oauth.client_authentication import AuthenticatedClient, spend
from afterglow_auth.oauth.clients import TOKEN_EXCHANGE, RegisteredClient
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.refusals import record_refused_client
from afterglow_auth.oauth.resources import InvalidTargetError, named, within
from afterglow_auth.oauth.scopes import APIS
from afterglow_auth.oauth.tokens import Granted, exchanged_token, token_type
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.settings import Settings

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # a type's name


@dataclass(frozen=True, slots=True)
class Exchange:
    """A service, the token that it was called with, and the API that it wants to go on to."""

    service: AuthenticatedClient
    shown: str
    api: str


async def exchange_token(
    provider: IdentityProvider,
    verifiers: Sequence[TokenVerifier],
    service: AuthenticatedClient,
    form: Mapping[str, str],
) -> dict[str, Any]:
    """Exchange the form's `subject_token`. Returns the token answer; raises Authlib's OAuth2 errors.

    Assertion and proof are used up first and for good, whatever becomes of the rest.
    """
    if not service.client.check_grant_type(TOKEN_EXCHANGE) or service.assertion is None:
        raise UnauthorizedClientError("The client may not exchange tokens.")
    async with provider.database.unit_of_work(RowContext()) as session:
        await spend(session, service)
    try:
        exchange = read(provider.settings, service, form)
        caller = await verified(provider.settings, verifiers, exchange)
        return await carry_out(provider, exchange, caller)
    except OAuth2Error:
        await record_refused_client(provider, Verb.token_exchanged, service.client.client_id)
        raise


def read(settings: Settings, service: AuthenticatedClient, form: Mapping[str, str]) -> Exchange:
    if form.keys() & {"actor_token", "actor_token_type"}:
        raise InvalidRequestError("The client itself is who acts: actor_token is not supported.")
    for name in ("subject_token", "subject_token_type"):
        if name not in form:
            raise InvalidRequestError(f"{name} is missing.")
    if {form["subject_token_type"], form.get("requested_token_type", ACCESS_TOKEN)} != {ACCESS_TOKEN}:
        raise InvalidRequestError("Only access tokens are exchanged, and only for access tokens.")
    api = target(settings, service.client, form)
    if form.get("scope", api).split() != [api]:
        raise InvalidScopeError("The scope of an exchanged token is that of the API it is for.")
    return Exchange(service, form["subject_token"], api)


def target(settings: Settings, client: RegisteredClient, form: Mapping[str, str]) -> str:
    """The one API that is asked for, by name (`audience`), by address (`resource`) or by both."""
    addresses = {settings.audience(api): api for api in APIS}
    asked = {addresses.get(resource) for resource in named(form)}
    if "audience" in form:
        asked.add(form["audience"])
    if not asked:
        raise InvalidRequestError("audience or resource is missing.")
    api = asked.pop()
    if asked or api is None or api not in client.exchange_scopes:
        raise InvalidTargetError("One API at a time, of those that the client is registered for.")
    return api


async def verified(settings: Settings, verifiers: Sequence[TokenVerifier], exchange: Exchange) -> Caller:
    """Whose valid access token this service was shown. RFC 8693 §2.2.2 calls every other token an invalid request."""
    own = settings.audience(exchange.service.client.client_id)
    (verifier,) = (one for one in verifiers if one.audience == own)
    try:
        caller = await verifier.verify(exchange.shown)
    except InvalidTokenError as error:
        raise InvalidRequestError("subject_token is not a valid access token for this service.") from error
    if caller.id is None or caller.authorization_id is None:
        raise InvalidRequestError("subject_token is not a person's.")
    if caller.actor:
        raise InvalidRequestError("subject_token was exchanged already.")
    if caller.jkt:
        raise InvalidRequestError("subject_token is bound to a key of its holder, and serves nobody else.")
    return caller


async def carry_out(provider: IdentityProvider, exchange: Exchange, caller: Caller) -> dict[str, Any]:
    signer = await provider.keys.signer()
    async with provider.database.unit_of_work(RowContext()) as session:
        granted = await granted_again(session, provider.settings, exchange, caller)
        await record(
            session,
            Verb.token_exchanged,
            object_id=granted.authorization_id,
            subject_id=granted.person_id,
            purpose=f"{granted.client_id} {granted.scope}",
        )
    now = int(time.time())
    until = min(expiry(caller), now + LONGEST_LIFETIME)
    return {
        "access_token": exchanged_token(provider.settings, signer, granted, until),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": token_type(granted.jkt),
        "expires_in": until - now,
        "scope": granted.scope,
    }


async def granted_again(session: AsyncSession, settings: Settings, exchange: Exchange, caller: Caller) -> Granted:
    """What the person allowed at that sign-in, as far as the API asked for goes, unless any of it has ended."""
    given = await session.get(Authorization, caller.authorization_id)
    if given is None or await session.scalar(still_stands(caller)) is None:
        raise InvalidRequestError("What subject_token rests on has ended.")
    if exchange.api not in given.scope.split():
        raise InvalidTargetError("The person has not allowed that API to the program that they use.")
    within([settings.audience(exchange.api)], given.resources)
    return Granted(
        authorization_id=given.id,
        client_id=exchange.service.client.client_id,
        person_id=given.person_id,
        role=caller.role,
        session_id=given.session_id,
        scope=exchange.api,
        auth_time=given.auth_time,
        acr=given.acr,
        amr=given.amr,
        jkt=exchange.service.jkt,
    )


def expiry(caller: Caller) -> int:
    if caller.expires_at is None:
        raise LookupError("a verified token expires")
    return int(caller.expires_at.timestamp())
