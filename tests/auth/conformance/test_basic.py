"""OpenID Connect Basic OP: each test does what the module of its name does, with a static client and PKCE."""

from afterglow_foundation.testing.proofs import segment

from tests.auth.arranging import Program, answered
from tests.auth.conformance.suite import Suite, asks_to_sign_in, is_own_page, refused

LATER = 3600


async def test_oidcc_server(suite: Suite):
    tokens = await suite.flow()
    assert set((await suite.server())["claims_supported"]) >= set(tokens["claims"]) - {"at_hash"}
    await suite.user_info(tokens)


async def test_oidcc_response_type_missing(suite: Suite):
    response = answered(await suite.ask(response_type=None))
    assert response["error"] in {"unsupported_response_type", "invalid_request"}
    assert response["state"] == "state-of-the-browser"


async def test_oidcc_userinfo_get(suite: Suite):
    await suite.user_info(await suite.flow())


async def test_oidcc_userinfo_post_header(suite: Suite):
    await suite.user_info(await suite.flow(), "POST")


async def test_oidcc_userinfo_post_body(suite: Suite):
    """A token in the body is one way too many (RFC 6750 §2.2 leaves it open): the suite warns and goes on."""
    tokens = await suite.flow()
    answer = await suite.http.post("/auth/userinfo", data={"access_token": tokens["access_token"]})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(suite: Suite):
    assert "nonce" not in (await suite.flow(nonce=None))["claims"]


async def test_oidcc_scope_profile(suite: Suite):
    claims = await suite.user_info(await suite.flow(scope="openid profile"))
    assert claims["name"] == suite.person.name
    assert claims["locale"] == suite.person.locale
    assert claims["zoneinfo"] == suite.person.time_zone
    assert "email" not in claims


async def test_oidcc_scope_email(suite: Suite):
    claims = await suite.user_info(await suite.flow(scope="openid email"))
    assert claims["email"] == suite.person.email
    assert "name" not in claims


async def test_oidcc_alternate_happy_flow(suite: Suite):
    request = suite.request(scope="email openid")
    turned = dict(reversed(request.items()))
    response = await suite.finish(await suite.http.get("/auth/authorize", params=turned))
    assert (await suite.redeem(response["code"])).status_code == 200


async def test_oidcc_display_page(suite: Suite):
    await suite.flow(display="page")


async def test_oidcc_display_popup(suite: Suite):
    await suite.flow(display="popup")


async def test_oidcc_prompt_login(suite: Suite):
    first = await suite.flow()
    await suite.wait(LATER)
    again = await suite.ask(prompt="login")
    assert asks_to_sign_in(again)
    second = await suite.flow(prompt="login")
    assert second["claims"]["sub"] == first["claims"]["sub"]
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"] - LATER


async def test_oidcc_prompt_none_not_logged_in(suite: Suite):
    response = answered(await suite.ask(prompt="none"))
    assert response["error"] in {"login_required", "interaction_required"}
    assert response["state"] == "state-of-the-browser"
    assert "code" not in response


async def test_oidcc_prompt_none_logged_in(suite: Suite):
    first = await suite.flow()
    second = await suite.flow(prompt="none")
    for claim in ("sub", "auth_time"):
        assert second["claims"][claim] == first["claims"][claim]


async def test_oidcc_max_age_1(suite: Suite):
    first = await suite.flow()
    await suite.wait(2)
    assert asks_to_sign_in(await suite.ask(max_age="1"))
    second = await suite.flow(max_age="1")
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"] - 2


async def test_oidcc_max_age_10000(suite: Suite):
    first = await suite.flow()
    await suite.wait(2)
    second = await suite.flow(max_age="10000", prompt="none")
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"] - 2  # the same sign-in, two seconds on
    assert second["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_ensure_request_with_unknown_parameter_succeeds(suite: Suite):
    await suite.flow(extra="foobar")


async def test_oidcc_id_token_hint(suite: Suite):
    first = await suite.flow()
    second = await suite.flow(prompt="none", id_token_hint=first["id_token"])
    assert second["claims"]["sub"] == first["claims"]["sub"]


async def test_oidcc_login_hint(suite: Suite):
    await suite.flow(login_hint="buffy@example.org")


async def test_oidcc_ui_locales(suite: Suite):
    await suite.flow(ui_locales="se")


async def test_oidcc_claims_locales(suite: Suite):
    await suite.flow(claims_locales="se")


async def test_oidcc_ensure_request_with_acr_values_succeeds(suite: Suite):
    assert (await suite.flow(acr_values="1 2"))["claims"]["acr"]


async def test_oidcc_codereuse(suite: Suite):
    await reused_after(suite, 0)


async def test_oidcc_codereuse_30seconds(suite: Suite):
    await reused_after(suite, 30)


async def reused_after(suite: Suite, seconds: int) -> None:
    """A second use of a code is refused, and what the first one gave is withdrawn (RFC 6749 §4.1.2)."""
    code = (await suite.authorize())["code"]
    tokens = (await suite.redeem(code)).json()
    await suite.wait(seconds)
    refused(await suite.redeem(code), "invalid_grant")
    assert (await suite.ask_user_info(tokens)).status_code == 401


async def test_oidcc_ensure_registered_redirect_uri(suite: Suite):
    assert is_own_page(await suite.ask(redirect_uri=f"{suite.program.redirect_uri}/unregistered"))


async def test_oidcc_ensure_post_request_succeeds(suite: Suite):
    answer = await suite.http.post("/auth/authorize", data=suite.request())
    while answer.has_redirect_location and not asks_to_sign_in(answer):
        answer = await suite.http.get(answer.headers["location"])
    assert (await suite.redeem((await suite.finish(answer))["code"])).status_code == 200


async def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(suite: Suite):
    response = answered(await suite.ask(request_uri="https://suite.example/request.jwt"))
    assert response["error"] == "request_uri_not_supported"
    assert not (await suite.server())["request_uri_parameter_supported"]


async def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(suite: Suite):
    response = answered(await suite.ask(request=request_object(suite, **suite.request())))
    assert response["error"] == "request_not_supported"
    assert not (await suite.server())["request_parameter_supported"]


async def test_oidcc_claims_essential(suite: Suite):
    """Asked for in userinfo, it is there and not in the ID token."""
    tokens = await suite.flow(claims='{"userinfo": {"name": {"essential": true}}}')
    assert (await suite.user_info(tokens))["name"] == suite.person.name
    assert "name" not in tokens["claims"]


async def test_oidcc_ensure_request_object_with_redirect_uri(suite: Suite):
    """The address inside the object must not make the one outside good."""
    inside = request_object(suite, redirect_uri=suite.program.redirect_uri)
    assert is_own_page(await suite.ask(request=inside, redirect_uri="https://suite.example/callback"))


def request_object(suite: Suite, **claims: str) -> str:
    """An unsigned one (OpenID Connect Core §6.1)."""
    return f"{segment({'alg': 'none'})}.{segment({'iss': suite.program.client_id, **claims})}."


async def test_oidcc_refresh_token(suite: Suite, second_client: Program):
    tokens = await suite.flow(scope="openid offline_access")
    answer = await suite.refresh(tokens["refresh_token"])
    assert answer.status_code == 200
    refreshed = answer.json()
    assert refreshed["access_token"] != tokens["access_token"]
    await suite.user_info(refreshed | {"claims": tokens["claims"]})
    refused(await suite.refresh(refreshed["refresh_token"], second_client), "invalid_grant", "invalid_client")


async def test_oidcc_ensure_request_with_valid_pkce_succeeds(suite: Suite):
    await suite.flow(code_challenge=suite.program.challenge, code_challenge_method="S256")
