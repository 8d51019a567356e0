"""OpenID Connect Dynamic OP, what does not need clients that register themselves: redirect URIs, keys, assertions."""

from dataclasses import replace
from typing import Any

import pytest_asyncio
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from joserfc.jwk import ECKey, KeySet

from tests.auth.arranging import ISSUER, Browser, Desk, Program
from tests.auth.conformance.suite import Suite, checked_token_answer, is_own_page

WITH_QUERY = "https://suite.example/callback?dummy1=lorem&dummy2=ipsum"


@pytest_asyncio.fixture(loop_scope="session")
async def with_query(suite: Suite, database: RolledBackDatabase) -> Suite:
    """The suite, with a client whose redirect URI has a query."""
    async with database.arrange() as session:
        return replace(suite, program=await Program("with-query", WITH_QUERY).register(session))


def wait(browser: Browser) -> None:
    """As after the minute that the suite waits: longer than a process remembers a client."""
    app: FastAPI = browser.client._transport.app  # type: ignore[attr-defined]  # httpx has no way to ask
    app.state.provider.clients._known.clear()


async def published(browser: Browser) -> dict[str, dict[str, Any]]:
    """The keys by their ids, looked at as the suite does."""
    keys = (await browser.client.get("/auth/jwks")).json()["keys"]
    assert not any(key.is_private for key in KeySet.import_key_set({"keys": keys}).keys)
    found = {key["kid"]: key for key in keys}
    assert len(found) == len(keys) > 0
    return found


async def test_oidcc_ensure_redirect_uri_in_authorization_request(suite: Suite):
    assert is_own_page(await suite.ask(redirect_uri=None))


async def test_oidcc_redirect_uri_query_ok(with_query: Suite):
    response = await with_query.authorize()
    assert (response["dummy1"], response["dummy2"]) == ("lorem", "ipsum")
    checked_token_answer(await with_query.redeem(response["code"]))


async def test_oidcc_redirect_uri_query_mismatch(with_query: Suite):
    other = WITH_QUERY.replace("lorem", "dolor")
    assert is_own_page(await with_query.ask(redirect_uri=other))


async def test_oidcc_redirect_uri_query_added(suite: Suite):
    assert is_own_page(await suite.ask(redirect_uri=f"{suite.program.redirect_uri}?dummy1=lorem&dummy2=ipsum"))


async def test_oidcc_redirect_uri_regfrag(desk: Desk):
    """An admin registers programs here, not they themselves."""
    wanted = {"name": "Suite", "kind": "public", "redirect_uris": ["https://suite.example/#a"], "scopes": ["openid"]}
    answer = await desk.put(f"/oauth-clients/{new_id()}", wanted)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["redirect_uris.0"]


async def test_oidcc_server_rotate_keys(desk: Desk, other_browser: Browser):
    before = await published(other_browser)
    assert (await desk.ask("POST", "/signing-keys")).status_code == 201
    after = await published(other_browser)
    assert after.items() > before.items()
    assert all(key["alg"] == "ES256" for key in after.values())


async def test_oidcc_refresh_token_rp_key_rotation(desk: Desk, other_browser: Browser, suite: Suite):
    """The admin puts the new key in place; the client proves itself with it from then on."""
    program = Program("", "https://suite.example/callback", scopes="openid offline_access")
    old, new = program.key.as_dict(private=False), ECKey.generate_key("P-256", {"kid": "two"})
    wanted = {"name": "Suite", "kind": "confidential", "jwks": {"keys": [old]}, "scopes": program.scopes.split()}
    made = await desk.put(f"/oauth-clients/{new_id()}", wanted | {"redirect_uris": [program.redirect_uri]})
    program.client_id = made.json()["client_id"]
    tokens = await other_browser.tokens(suite.person.email, program, prompt="consent")
    keys = {"version": 1, "jwks": {"keys": [old, new.as_dict(private=False)]}}
    assert (await desk.put(f"/oauth-clients/{program.client_id}/keys", keys)).status_code == 200
    wait(other_browser)
    form = program.refresh_form(tokens["refresh_token"], client_assertion=program.assertion({"kid": "two"}, new))
    refreshed = checked_token_answer(await other_browser.client.post("/auth/token", data=form))
    await suite.user_info(refreshed | {"claims": {"sub": str(suite.person.id)}})


async def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(suite: Suite):
    code = (await suite.authorize())["code"]
    answer = await suite.redeem(code, client_assertion=suite.program.assertion(aud=ISSUER))
    assert checked_token_answer(answer)["id_token"]
