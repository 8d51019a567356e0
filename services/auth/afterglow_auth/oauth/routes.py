"""OAuth's endpoints for programs: token, revocation, introspection, keys, discovery, userinfo."""

from http import HTTPStatus
from typing import Annotated, Any

from afterglow_foundation.callers import Caller
from afterglow_foundation.database import RowContext, UnitOfWork
from afterglow_foundation.permissions import public, require
from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_auth.accounts.policy import own_account
from afterglow_auth.addresses import client_network
from afterglow_auth.events.discovery import transmitter
from afterglow_auth.oauth import introspection
from afterglow_auth.oauth.accepting import prefers
from afterglow_auth.oauth.bearer import USER_INFO
from afterglow_auth.oauth.calling import NOT_STORED, Call, answer
from afterglow_auth.oauth.claims import told
from afterglow_auth.oauth.client_authentication import spend
from afterglow_auth.oauth.discovery import metadata
from afterglow_auth.oauth.exchange import exchange
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.oauth.pushing import push
from afterglow_auth.oauth.revoke import revoke
from afterglow_auth.oauth.tokens import user_claims
from afterglow_auth.permissions import Permission
from afterglow_auth.provider import IdentityProvider, Provider, provider_of

SHORTLY_CACHED = {"Cache-Control": "public, max-age=300"}
ReadUserInfo = Annotated[Caller, require(Permission.user_info_read)]

router = APIRouter(include_in_schema=False)


@router.post("/auth/token", dependencies=[Depends(public)])
async def token(request: Request) -> Response:
    """RFC 6749 §3.2. Of the request alone, so that it is called without FastAPI's detours (`known_paths.py`)."""
    return await answer(request, await provider_of(request), issue, with_key=True)


async def issue(call: Call) -> Response:
    given = await exchange(call.provider, call.request.app.state.own_tokens, call.client, call.form)
    return JSONResponse(given.body, given.status, call.headers)


@router.post("/auth/par", dependencies=[Depends(public)])
async def push_request(request: Request, provider: Provider) -> Response:
    """RFC 9126: an authorization request, handed in by the client itself."""
    return await answer(request, provider, take_in, with_key=True)


async def take_in(call: Call) -> Response:
    network = client_network(call.request, call.provider.settings.trusted_proxies)
    pushed = await push(call.provider, call.client, call.form, network)
    return JSONResponse(pushed, HTTPStatus.CREATED, call.headers)


@router.post("/auth/revoke", dependencies=[Depends(public)])
async def revoke_token(request: Request, provider: Provider) -> Response:
    """RFC 7009: 200 whether the token was known or not."""
    return await answer(request, provider, take_back)


async def take_back(call: Call) -> Response:
    shown, own = call.token, call.request.app.state.own_tokens
    async with call.provider.database.unit_of_work(RowContext()) as session:
        await spend(session, call.client)
        await revoke(session, call.provider, own, call.client.client.client_id, shown)
    return JSONResponse({}, headers=call.headers)


@router.post("/auth/introspect", dependencies=[Depends(public)])
async def introspect_token(request: Request, provider: Provider) -> Response:
    """RFC 7662, and signed (RFC 9701) for who would rather have that."""
    return await answer(request, provider, look_into)


async def look_into(call: Call) -> Response:
    provider, client = call.provider, call.client.client
    shown, own = call.token, call.request.app.state.own_tokens
    async with provider.database.unit_of_work(RowContext()) as session:
        await spend(session, call.client)
        found = await introspection.introspect(session, provider, own, client, shown)
    accept = ",".join(call.request.headers.getlist("accept"))
    if not prefers(accept, introspection.SIGNED_MEDIA_TYPE, "application/json"):
        return JSONResponse(found, headers=call.headers)
    signed = introspection.signed(provider, await provider.keys.signer(), client, found)
    return Response(signed, headers=call.headers, media_type=introspection.SIGNED_MEDIA_TYPE)


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
