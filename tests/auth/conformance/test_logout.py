"""OpenID Connect RP-Initiated Logout OP: after a whole sign-in, each module sends the browser off in its own way."""

from urllib.parse import urlsplit

import httpx
from afterglow_foundation.testing.proofs import segment

from tests.auth.arranging import BASE_URL, hidden_fields
from tests.auth.conformance.suite import Suite

AFTER = f"{BASE_URL}/"
STATE = "state-of-signing-out"


def is_page(answer: httpx.Response) -> bool:
    """The provider stays where it is, and says something."""
    return answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


def says_why(answer: httpx.Response) -> bool:
    return is_page(answer) and "an address that it has not registered" in answer.text


def asks(answer: httpx.Response) -> bool:
    """Whether it is the page that asks whoever sits there."""
    return is_page(answer) and "csrf_token" in hidden_fields(answer.text)


async def confirmed(suite: Suite, page: httpx.Response) -> httpx.Response:
    return await suite.http.post("/auth/sign-out", data=hidden_fields(page.text), headers={"origin": BASE_URL})


async def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(suite: Suite):
    server = await suite.server()
    assert server["end_session_endpoint"].startswith(f"{server['issuer']}/")
    answer = await suite.http.get(urlsplit(server["end_session_endpoint"]).path)
    assert answer.status_code == 200


async def test_oidcc_rp_initiated_logout(suite: Suite):
    tokens = await suite.flow()
    answer = await suite.sign_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER, state=STATE)
    assert answer.headers["location"] == f"{AFTER}?state={STATE}"
    assert not await suite.is_signed_in()


async def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(suite: Suite):
    tokens = await suite.flow()
    answer = await suite.sign_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=f"{AFTER}foo", state=STATE)
    assert says_why(answer)


async def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(suite: Suite):
    tokens = await suite.flow()
    answer = await suite.sign_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=f"{AFTER}?foo=bar")
    assert says_why(answer)


async def test_oidcc_rp_initiated_logout_modified_id_token_hint(suite: Suite):
    """The signature taken off: nobody is signed out by that, and nobody sent anywhere."""
    claims = (await suite.flow())["id_token"].split(".")[1]
    answer = await suite.sign_out(
        id_token_hint=f"{segment({'alg': 'none'})}.{claims}.", post_logout_redirect_uri=AFTER, state=STATE
    )
    assert asks(answer)
    assert await suite.is_signed_in()


async def test_oidcc_rp_initiated_logout_bad_id_token_hint(suite: Suite):
    await suite.flow()
    answer = await suite.sign_out(id_token_hint="foo", post_logout_redirect_uri=AFTER, state=STATE)
    assert asks(answer)
    assert await suite.is_signed_in()
    assert is_page(await confirmed(suite, answer))


async def test_oidcc_rp_initiated_logout_no_id_token_hint(suite: Suite):
    """The address may be gone to only where it is known whose it is (RP-Initiated Logout §2)."""
    await suite.flow()
    answer = await suite.sign_out(post_logout_redirect_uri=AFTER, state=STATE)
    assert asks(answer)
    assert is_page(await confirmed(suite, answer))
    assert not await suite.is_signed_in()


async def test_oidcc_rp_initiated_logout_no_params(suite: Suite):
    await suite.flow()
    assert asks(answer := await suite.sign_out())
    assert is_page(await confirmed(suite, answer))
    assert not await suite.is_signed_in()


async def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(suite: Suite):
    tokens = await suite.flow()
    assert is_page(await suite.sign_out(id_token_hint=tokens["id_token"], state=STATE))
    assert not await suite.is_signed_in()


async def test_oidcc_rp_initiated_logout_no_state(suite: Suite):
    tokens = await suite.flow()
    answer = await suite.sign_out(id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTER)
    assert answer.headers["location"] == AFTER
    assert not await suite.is_signed_in()


async def test_oidcc_rp_initiated_logout_only_state(suite: Suite):
    await suite.flow()
    assert asks(answer := await suite.sign_out(state=STATE))
    assert is_page(await confirmed(suite, answer))
    assert not await suite.is_signed_in()
