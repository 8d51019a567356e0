"""OpenID Connect Back-Channel Logout OP: a client that is told, by a request to it and not through the browser."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest_asyncio
from afterglow_auth.backchannel.announcing import TELL_PROGRAM
from afterglow_auth.backchannel.delivering import tell_program
from afterglow_auth.provider import IdentityProvider
from afterglow_foundation.jobs import Job
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.auth.arranging import BASE_URL, ISSUER, Program, queued
from tests.auth.conformance.suite import Suite

AFTER = f"{BASE_URL}/"
STATE = "state-of-signing-out"
TOLD_AT = "https://suite.example/backchannel_logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class BackChannel:
    """The suite's own address for logout tokens, and the worker that sends them there."""

    suite: Suite
    provider: IdentityProvider
    database: RolledBackDatabase
    requests: list[httpx.Request] = field(default_factory=list)

    def take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, headers={"cache-control": "no-store"})

    async def wait(self) -> httpx.Request:
        """The one request that has come once every job is done."""
        for number, (payload, _) in enumerate(await queued(self.database, TELL_PROGRAM)):
            async with self.database.as_role("auth_worker"):
                job, transport = Job(number, TELL_PROGRAM, payload, 0), httpx.MockTransport(self.take)
                await tell_program(self.provider, self.database, job, transport)
        (request,) = self.requests
        return request

    async def validated(self, token: str) -> dict[str, Any]:
        """The claims of a logout token (Back-Channel Logout §2.4, §2.6), whose signature a published key made."""
        keys = (await self.suite.http.get("/auth/jwks")).json()
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])
        claims, now = dict(decoded.claims), time.time()
        assert decoded.header["typ"] == "logout+jwt"
        assert claims["iss"] == ISSUER
        assert claims["aud"] == self.suite.program.client_id
        assert claims["iat"] - 60 < now < claims["exp"] <= claims["iat"] + 120
        assert claims["jti"]
        assert claims["events"] == {EVENT: {}}
        assert "nonce" not in claims
        return claims


@pytest_asyncio.fixture(loop_scope="session")
async def back_channel(app: FastAPI, suite: Suite, database: RolledBackDatabase) -> BackChannel:
    async with database.arrange() as session:
        suite.program = await Program("suite", "https://suite.example/callback", told_at=TOLD_AT).register(session)
    return BackChannel(suite, app.state.provider, database)


async def test_oidcc_backchannel_logout_discovery_endpoint_verification(suite: Suite):
    server = await suite.server()
    assert server["backchannel_logout_supported"] is True
    assert server["backchannel_logout_session_supported"] is True
    assert server["end_session_endpoint"].startswith(f"{server['issuer']}/")


async def test_oidcc_backchannel_rp_initiated_logout(back_channel: BackChannel):
    suite = back_channel.suite
    tokens = await suite.flow()
    assert tokens["claims"]["sid"]
    answer = await suite.sign_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER, state=STATE)
    request = await back_channel.wait()
    assert (request.method, str(request.url)) == ("POST", TOLD_AT)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    form = parse_qs(request.content.decode())
    assert form.keys() == {"logout_token"}
    claims = await back_channel.validated(form["logout_token"][0])
    assert {name: claims[name] for name in ("sub", "sid")} == {name: tokens["claims"][name] for name in ("sub", "sid")}
    assert answer.headers["location"] == f"{AFTER}?state={STATE}"
    assert not await suite.is_signed_in()
