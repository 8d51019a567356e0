"""OpenID Connect refresh tokens, relying party: an ID token that comes with a refresh is of the same sign-in."""

from afterglow_foundation.identifiers import new_id

from tests.web.conformance.suite import Suite


async def test_oidcc_client_test_refresh_token(suite: Suite):
    suite.auth.after_refresh = {}
    first = len(suite.auth.seen_tokens)
    assert (await suite.refreshes()).status_code == 200
    assert len(suite.auth.seen_tokens) > first
    assert (await suite.browser.get("/people")).status_code == 200


async def test_oidcc_client_test_refresh_token_invalid_issuer(suite: Suite):
    suite.auth.after_refresh = {"iss": "https://elsewhere.example/auth"}
    await suite.stops_at_the_refresh()


async def test_oidcc_client_test_refresh_token_invalid_sub(suite: Suite):
    suite.auth.after_refresh = {"sub": str(new_id())}
    await suite.stops_at_the_refresh()


async def test_oidcc_client_test_refresh_token_invalid_aud(suite: Suite):
    suite.auth.after_refresh = {"aud": "another client"}
    await suite.stops_at_the_refresh()


async def test_oidcc_client_test_refresh_token_invalid_azp(suite: Suite):
    """The ID token of the sign-in had none."""
    suite.auth.after_refresh = {"azp": "web"}
    await suite.stops_at_the_refresh()
