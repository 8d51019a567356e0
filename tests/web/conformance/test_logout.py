"""OpenID Connect RP-Initiated Logout, relying party: web ends its session, sends the browser off and takes it back."""

import httpx
from afterglow_foundation.testing.people import BASE_URL
from joserfc import jwt

from tests.web.conformance.suite import PAGE, Suite


async def test_oidcc_client_test_rp_init_logout(suite: Suite):
    await suite.goes_on()
    sent = httpx.URL((await suite.browser.post("/sign-out")).headers["location"])
    assert str(sent).startswith(f"{BASE_URL}/auth/sign-out?")
    hint = jwt.decode(sent.params["id_token_hint"], suite.auth.issuer.key, algorithms=["ES256"]).claims
    assert (hint["sub"], hint["aud"]) == (str(suite.person.id), "web")
    assert sent.params["post_logout_redirect_uri"] == f"{BASE_URL}/"
    for returned in ("/", "/?state=of-nobody"):
        assert (await suite.browser.get(returned)).status_code in {200, 303}
    assert (await suite.browser.get(PAGE)).headers["location"].startswith("/sign-in")
