"""Authlib's client on httpx: what it checks of an ID token is its own code, not the half of Authlib that auth uses."""

import secrets
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from tests.relying_parties.person import Person


@pytest_asyncio.fixture(loop_scope="session")
async def session(program: dict[str, Any], authority: Path) -> AsyncIterator[AsyncOAuth2Client]:
    """The demonstration's client, proving itself by its key where it has one."""
    key = program["private_jwk"]
    async with AsyncOAuth2Client(
        program["client_id"],
        ECKey.import_key(key) if key else None,
        token_endpoint_auth_method="private_key_jwt" if key else "none",
        scope=program["scope"],
        redirect_uri=program["redirect_uri"],
        code_challenge_method="S256",
        verify=ssl.create_default_context(cafile=str(authority)),
    ) as session:
        session.register_client_auth_method(PrivateKeyJWT(alg="ES256", headers={"kid": key and key["kid"]}))
        yield session


@pytest.mark.parametrize("program", ["demo-confidential", "demo-public"], indirect=True)
async def test_authlibs_client_signs_somebody_in_and_out_again(
    session: AsyncOAuth2Client, program: dict[str, Any], person: Person
):
    server = await said(session, f"{program['issuer']}/.well-known/openid-configuration")
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    request, state = session.create_authorization_url(
        server["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    callback = str(person.visit(request, until=program["redirect_uri"]))
    token = await session.fetch_token(
        server["token_endpoint"], authorization_response=callback, state=state, code_verifier=verifier
    )

    claims = validated(token, await said(session, server["jwks_uri"]), program, nonce)
    assert claims["sub"] == person.account["id"]
    assert (await user_info(session, server))["email"] == person.account["email"]
    await session.refresh_token(server["token_endpoint"])
    assert session.token["access_token"] != token["access_token"]
    assert (await user_info(session, server))["sub"] == claims["sub"]

    assert person.is_signed_in(request)
    leaving = f"{server['end_session_endpoint']}?id_token_hint={token['id_token']}"
    assert person.visit(leaving, until=program["redirect_uri"]).path == "/auth/sign-out"
    assert not person.is_signed_in(request)
    with pytest.raises(OAuthError, match="invalid_grant"):
        await session.refresh_token(server["token_endpoint"])


def validated(token: dict[str, Any], keys: dict[str, Any], program: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The ID token's claims, as Authlib's own check of an ID token of the code flow lets them through."""
    decoded = jwt.decode(token["id_token"], KeySet.import_key_set(keys), algorithms=["ES256"])
    expected = {"iss": {"essential": True, "value": program["issuer"]}, "aud": {"value": program["client_id"]}}
    asked = {"nonce": nonce, "client_id": program["client_id"], "access_token": token["access_token"]}
    claims = CodeIDToken(decoded.claims, decoded.header, expected, asked)
    claims.validate()
    return dict(claims)


async def user_info(session: AsyncOAuth2Client, server: dict[str, Any]) -> dict[str, Any]:
    answer = await session.get(server["userinfo_endpoint"])
    answer.raise_for_status()
    return dict(answer.json())


async def said(session: AsyncOAuth2Client, address: str) -> dict[str, Any]:
    """A public document."""
    answer = await session.request("GET", address, withhold_token=True)
    answer.raise_for_status()
    return dict(answer.json())
