"""OAuth's endpoints for programs: token, revocation, introspection, keys, discovery, userinfo."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext, UnitOfWork
from afterglow_foundation.permissions import public, require
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_auth.accounts.policy import own_account
from afterglow_auth.audit import Verb
from afterglow_auth.events.discovery import transmitter
from afterglow_auth.forms import MalformedInputError, read_form
from afterglow_auth.oauth import introspection
from afterglow_auth.oauth.accepting import prefers
from afterglow_auth.oauth.bearer import USER_INFO
from afterglow_auth.oauth.claims import told
from afterglow_auth.oauth.client_authentication import AuthenticatedClient, ReusedAssertionError, authenticate, spend
from afterglow_auth.oauth.discovery import metadata
from afterglow_auth.oauth.dpop import ProofRefusedError, held_key, nonce_for
from afterglow_auth.oauth.exchange import exchange
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.pushing import push
from afterglow_auth.oauth.refusals import record_refused_client
from afterglow_auth.oauth.revoke import revoke
from afterglow_auth.oauth.tokens import user_claims
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import IdentityProvider, Provider

NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
NO_HEADERS: Mapping[str, str] = {}
SHORTLY_CACHED = {"Cache-Control": "public, max-age=300"}
ReadUserInfo = Annotated[Caller, require(Permission.user_info_read)]

router = APIRouter(include_in_schema=False)


@router.post("/auth/token", dependencies=[Depends(public)])
async def token(request: Request, provider: Provider) -> JSONResponse:
    """RFC 6749 §3.2."""
    try:
        form = await read_form(request)
        client = await with_key(provider, request, form)
        answer = await exchange(provider, request.app.state.own_tokens, client, form)
    except (MalformedInputError, OAuth2Error) as error:
        return await refuse(provider, error, nonce_for(provider, request))
    return JSONResponse(answer.body, answer.status, {**NOT_STORED, **nonce_for(provider, request)})


@router.post("/auth/par", dependencies=[Depends(public)])
async def push_request(request: Request, provider: Provider) -> JSONResponse:
    """RFC 9126: an authorization request, handed in by the client itself."""
    try:
        form = await read_form(request)
        client = await with_key(provider, request, form)
        pushed = await push(provider, client, form)
    except (MalformedInputError, OAuth2Error) as error:
        return await refuse(provider, error, nonce_for(provider, request))
    return JSONResponse(pushed, HTTPStatus.CREATED, {**NOT_STORED, **nonce_for(provider, request)})


async def with_key(provider: IdentityProvider, request: Request, form: Mapping[str, str]) -> AuthenticatedClient:
    """Who asks, and the key that they prove besides (RFC 9449)."""
    client = await authenticate(provider, form, request.headers.get("authorization"))
    return replace(client, key=held_key(provider, request, client.client.client_id))


@router.post("/auth/revoke", dependencies=[Depends(public)])
async def revoke_token(request: Request, provider: Provider) -> JSONResponse:
    """RFC 7009: 200 whether the token was known or not."""
    try:
        form = await read_form(request)
        client = await authenticate(provider, form, request.headers.get("authorization"))
        if "token" not in form:
            raise InvalidRequestError("token is missing.")
        async with provider.database.unit_of_work(RowContext()) as session:
            await spend(session, client)
            await revoke(session, provider, request.app.state.own_tokens, client.client.client_id, form["token"])
    except (MalformedInputError, OAuth2Error) as error:
        return await refuse(provider, error)
    return JSONResponse({}, headers=NOT_STORED)


@router.post("/auth/introspect", dependencies=[Depends(public)])
async def introspect_token(request: Request, provider: Provider) -> Response:
    """RFC 7662, and signed (RFC 9701) for who would rather have that."""
    try:
        form = await read_form(request)
        client = await authenticate(provider, form, request.headers.get("authorization"))
        if "token" not in form:
            raise InvalidRequestError("token is missing.")
        async with provider.database.unit_of_work(RowContext()) as session:
            await spend(session, client)
            own = request.app.state.own_tokens
            answer = await introspection.introspect(session, provider, own, client.client, form["token"])
    except (MalformedInputError, OAuth2Error) as error:
        return await refuse(provider, error)
    accept = ",".join(request.headers.getlist("accept"))
    if not prefers(accept, introspection.SIGNED_MEDIA_TYPE, "application/json"):
        return JSONResponse(answer, headers=NOT_STORED)
    signed = introspection.signed(provider, await provider.keys.signer(), client.client, answer)
    return Response(signed, headers=NOT_STORED, media_type=introspection.SIGNED_MEDIA_TYPE)


async def refuse(
    provider: IdentityProvider, error: MalformedInputError | OAuth2Error, headers: Mapping[str, str] = NO_HEADERS
) -> JSONResponse:
    """An error as RFC 6749 §5.2 has it, never a problem document: OAuth clients read this form."""
    if isinstance(error, MalformedInputError):
        error = InvalidRequestError(str(error))
    if isinstance(error, ReusedAssertionError):
        await record_refused_client(provider, Verb.assertion_reused, error.client_id)
    if isinstance(error, ProofRefusedError):
        await record_refused_client(provider, Verb.proof_refused, error.client_id)
    body = {"error": error.error, "error_description": error.description}
    challenge = {"WWW-Authenticate": 'Basic realm="token"'} if error.status_code == HTTPStatus.UNAUTHORIZED else {}
    return JSONResponse(body, error.status_code, {**NOT_STORED, **challenge, **headers})


@router.get("/auth/jwks", dependencies=[Depends(public)])
async def jwks(provider: Provider) -> JSONResponse:
    """The public keys that sign our tokens (RFC 7517)."""
    return JSONResponse({"keys": await provider.keys.published()}, headers=SHORTLY_CACHED)


@router.get("/auth/.well-known/openid-configuration", dependencies=[Depends(public)])
@router.get("/.well-known/oauth-authorization-server/auth", dependencies=[Depends(public)])
async def discover(provider: Provider) -> JSONResponse:
    return JSONResponse(metadata(provider.settings), headers=SHORTLY_CACHED)


@router.get("/.well-known/ssf-configuration/auth", dependencies=[Depends(public)])
async def discover_transmitter(provider: Provider) -> JSONResponse:
    return JSONResponse(transmitter(provider.settings), headers=SHORTLY_CACHED)


@router.api_route(USER_INFO, methods=["GET", "POST"])
async def user_info(caller: ReadUserInfo, session: UnitOfWork, provider: Provider) -> JSONResponse:
    """OpenID Connect Core §5.3: whom the access token is about, as far as its scopes go and claims were allowed."""
    person = (await session.scalars(own_account(caller))).one()
    by_name = await claims_by_name(session, provider, caller)
    claims: dict[str, Any] = user_claims(person, " ".join(caller.scopes), by_name) | {
        "sid": str(caller.session_id),
        "acr": caller.acr,
        "amr": list(caller.amr),
    }
    if caller.authenticated_at:
        claims["auth_time"] = int(caller.authenticated_at.timestamp())
    return JSONResponse(claims, headers=NOT_STORED)


async def claims_by_name(session: AsyncSession, provider: IdentityProvider, caller: Caller) -> list[str]:
    """The claims that the program behind the token asked for here by name, while it is registered for them."""
    given = await session.get(Authorization, caller.authorization_id) if caller.authorization_id else None
    client = await provider.clients.find(caller.client_id)
    return told(given.claims, "userinfo", client.scopes) if given and client else []
