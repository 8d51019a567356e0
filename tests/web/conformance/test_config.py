"""OpenID Connect Config RP: keys come from the provider's address, and change there."""

import pytest
from afterglow_foundation import tokens

from tests.clocks import turn_steady_clock
from tests.web.conformance.suite import PAGE, Suite


def wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until web would fetch the keys again."""
    turn_steady_clock(monkeypatch, tokens, lambda: tokens.SHORTEST_REFETCH + 1)


async def test_oidcc_client_test_discovery_jwks_uri_keys(suite: Suite):
    """Nothing is believed before the keys are there."""
    await suite.come_back()
    assert suite.auth.fetches == 1


async def test_oidcc_client_test_signing_key_rotation(suite: Suite, monkeypatch: pytest.MonkeyPatch):
    await suite.goes_on()
    await suite.browser.post("/sign-out")
    suite.auth.rotate("second")
    wait(monkeypatch)
    assert (await suite.come_back()).headers["location"] == PAGE
    assert suite.auth.fetches == 2


async def test_oidcc_client_test_signing_key_rotation_just_before_signing(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
):
    """Web has the keys; between its request and the ID token there are others."""
    assert (await suite.browser.http.get("/readyz")).status_code in {200, 503}
    assert suite.auth.fetches == 1
    address = await suite.begin()
    suite.auth.rotate("second")
    wait(monkeypatch)
    assert (await suite.browser.get(str(address))).headers["location"] == PAGE
    assert suite.auth.fetches == 2
