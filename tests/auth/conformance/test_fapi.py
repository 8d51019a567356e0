"""FAPI 2.0 security profile: what the module of each name does, with `private_key_jwt`, DPoP and plain requests."""

import json
import time
from dataclasses import replace
from typing import Any

from afterglow_foundation.testing.proofs import KeyHolder
from joserfc.jwk import RSAKey

from tests.auth.arranging import ISSUER, answered
from tests.auth.conformance.fapi import FapiSuite
from tests.auth.conformance.suite import asks_to_sign_in, checked_token_answer, is_own_page, refused

USER_INFO = f"{ISSUER}/userinfo"
WRONG_KEY = ("invalid_grant", "invalid_dpop_proof", "invalid_request")
BAD_PROOFS: dict[str, dict[str, Any]] = {
    "another type": {"header": {"typ": "jwt"}},
    "algorithm none": {"header": {"alg": "none"}},
    "no key": {"header": {"jwk": None}},
    "a private key": {"header": {"jwk": KeyHolder().key.as_dict(private=True)}},
    "signed by another key": {"key": KeyHolder().key},
    "no id": {"jti": None},
    "no method": {"htm": None},
    "another method": {"htm": "POST"},
    "no address": {"htu": None},
    "another address": {"htu": f"{ISSUER}/token"},
    "no time": {"iat": None},
    "an old one": {"iat": 1},
    "no token": {"ath": None},
    "another token": {"ath": "x" * 43},
}
OUTSIDE = "https://suite.example/outside"
LONG = "n" * 384


async def test_fapi2_security_profile_final_discovery_end_point_verification(fapi: FapiSuite):
    server = await fapi.server()
    assert server["pushed_authorization_request_endpoint"].startswith(f"{ISSUER}/")
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["authorization_response_iss_parameter_supported"]
    assert "private_key_jwt" in server["token_endpoint_auth_methods_supported"]
    signing = {"PS256", "ES256", "EdDSA"}  # FAPI 2.0 §5.4.1
    assert set(server["dpop_signing_alg_values_supported"]) <= signing
    assert set(server["token_endpoint_auth_signing_alg_values_supported"]) <= signing
    assert set(server["id_token_signing_alg_values_supported"]) <= signing
    assert set(server["grant_types_supported"]).isdisjoint({"implicit", "password"})


async def test_fapi2_security_profile_final_happy_flow(fapi: FapiSuite):
    """For both clients; and a token that was taken from one of them is of no use without its key."""
    for client in (fapi.program, fapi.second):
        one = replace(fapi, program=client)
        tokens = await one.flow(scope="openid profile email")
        assert tokens["token_type"] == "DPoP"
        assert (await one.user_info(tokens))["email"] == fapi.person.email
        bearing = {"authorization": f"Bearer {tokens['access_token']}"}
        assert (await fapi.http.get("/auth/userinfo", headers=bearing)).status_code == 401


async def test_fapi2_security_profile_final_test_claims_parameter_identity_claims(fapi: FapiSuite):
    """Every claim that the document lists, asked for in both places in one way or another, beside some of nobody's."""
    listed = (await fapi.server())["claims_supported"]
    ways: tuple[Any, ...] = (None, {"essential": True}, {"essential": False}, {"essential": True, "unknown": [1]})
    asked = {name: ways[number % len(ways)] for number, name in enumerate([*listed, "of_nobody"])}
    places = {"id_token": asked, "userinfo": asked, "elsewhere": {"name": None}}
    tokens = await fapi.flow(claims=json.dumps(places))
    told = await fapi.user_info(tokens)
    assert set(listed) <= {*tokens["claims"], *told}
    assert "of_nobody" not in {*tokens["claims"], *told}
    assert (told["email"], tokens["claims"]["email"]) == (fapi.person.email, fapi.person.email)


async def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(fapi: FapiSuite):
    token = (await fapi.flow())["access_token"]
    for scheme in ("dpop", "DPOP", "DPoP"):
        shown = fapi.program.holder.headers(token, "GET", USER_INFO) | {"authorization": f"{scheme} {token}"}
        assert (await fapi.http.get("/auth/userinfo", headers=shown)).status_code == 200, scheme


async def test_fapi2_security_profile_final_check_dpop_proof_nbf_exp(fapi: FapiSuite):
    """A proof may say from when and until when it is good, although it need not."""
    now = int(time.time())
    await accepted(fapi, nbf=now, exp=now + 300)


async def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_before_succeeds(fapi: FapiSuite):
    await accepted(fapi, iat=int(time.time()) - 10)


async def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_after_succeeds(fapi: FapiSuite):
    await accepted(fapi, iat=int(time.time()) + 10)


async def accepted(fapi: FapiSuite, **claims: int) -> None:
    """Proofs with these claims: where requests are handed in, at the token endpoint and at the resource."""
    pushed = await fapi.prove("/auth/par", fapi.program.pushed(), **claims)
    assert pushed.status_code == 201, pushed.text
    answer = await fapi.prove("/auth/token", fapi.program.code_form((await fapi.authorize())["code"]), **claims)
    assert answer.status_code == 200, answer.text
    assert (await fapi.ask_user_info(answer.json(), **claims)).status_code == 200


async def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(fapi: FapiSuite):
    """A request that names one key and proves another."""
    form = {**fapi.request(dpop_jkt=KeyHolder().jkt), **fapi.program.proof()}
    refused(await fapi.prove("/auth/par", form), "invalid_request", "invalid_dpop_proof")


async def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    fapi: FapiSuite,
):
    code = (await fapi.finish(await fapi.open(await fapi.push_bound())))["code"]
    refused(await fapi.prove("/auth/token", fapi.program.code_form(code), KeyHolder()), *WRONG_KEY)


async def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(fapi: FapiSuite):
    code = (await fapi.authorize(dpop_jkt=fapi.program.holder.jkt))["code"]
    refused(await fapi.prove("/auth/token", fapi.program.code_form(code), KeyHolder()), *WRONG_KEY)


async def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(fapi: FapiSuite):
    code = (await fapi.finish(await fapi.open(await fapi.push_bound())))["code"]
    assert (await fapi.redeem(code)).status_code == 200


async def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(fapi: FapiSuite):
    await fapi.flow(dpop_jkt=fapi.program.holder.jkt)


async def test_fapi2_security_profile_final_ensure_holder_of_key_required(fapi: FapiSuite):
    form = fapi.program.code_form((await fapi.authorize())["code"])
    refused(await fapi.http.post("/auth/token", data=form), "invalid_dpop_proof", "invalid_request", "invalid_grant")


async def test_fapi2_security_profile_final_dpop_negative_tests(fapi: FapiSuite):
    """Proofs of another request, token, moment or key, at the resource; none of them spoils the token."""
    tokens = await fapi.flow()
    for name, changes in BAD_PROOFS.items():
        answer = await fapi.ask_user_info(tokens, **changes)
        assert answer.status_code == 401, name
        assert answer.headers["www-authenticate"].startswith("DPoP"), name
    await fapi.user_info(tokens)


async def test_fapi2_security_profile_final_refresh_token(fapi: FapiSuite):
    tokens = await fapi.flow(scope="openid offline_access")
    answer = await fapi.refresh(tokens["refresh_token"])
    assert answer.status_code == 200, answer.text
    refreshed = checked_token_answer(answer)
    await fapi.user_info(refreshed | {"claims": tokens["claims"]})
    refused(await fapi.refresh(refreshed["refresh_token"], fapi.second), "invalid_grant", "invalid_client")


async def test_fapi2_security_profile_final_user_rejects_authentication(fapi: FapiSuite):
    """Somebody signs in, and then says no to a program of others."""
    async with fapi.database.arrange() as session:
        others = replace(fapi.program, client_id="fapi-others", scopes="openid portal", built_in=False, run_by="Suite")
        await others.register(session)
    turned_down = replace(fapi, program=others)
    asked = await turned_down.ask(scope="openid portal")
    question = await fapi.browser.submit(await fapi.browser.follow(asked.headers["location"]), fapi.person.email)
    response = await turned_down.finish(await fapi.browser.consent(question, "decline"))
    assert response["error"] == "access_denied"
    assert "code" not in response


async def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(fapi: FapiSuite):
    location = (await fapi.browser.sign_in(fapi.person.email, await fapi.reference(state=None))).headers["location"]
    assert "code=" in location
    assert "state" not in location


async def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(fapi: FapiSuite):
    assert "nonce" not in (await fapi.flow(nonce=None))["claims"]


async def test_fapi2_security_profile_final_ensure_authorization_request_with_64_char_nonce_success(fapi: FapiSuite):
    await fapi.flow(nonce="n" * 64)


async def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(fapi: FapiSuite):
    claims = await fapi.user_info(await fapi.flow(scope="email profile openid"))
    assert claims["email"]


async def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(fapi: FapiSuite):
    """Whatever stands beside the reference is not believed: the ID token has the pushed nonce."""
    response = await fapi.finish(await fapi.open({**await fapi.reference(), "nonce": "outside"}))
    tokens = (await fapi.redeem(response["code"])).json()
    await fapi.id_token(tokens["id_token"], tokens["access_token"], fapi.nonce)


async def test_fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object(fapi: FapiSuite):
    await fapi.finish(await fapi.open({**await fapi.reference(), "state": "outside"}))  # which compares the state


async def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(fapi: FapiSuite):
    parameters = {**await fapi.reference(state=None), "state": "outside"}
    answer = await fapi.browser.sign_in(fapi.person.email, parameters)
    assert "state" not in answered(answer)


async def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(fapi: FapiSuite):
    await fapi.flow(nonce=LONG)


async def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(fapi: FapiSuite):
    answer = await fapi.browser.sign_in(fapi.person.email, await fapi.reference(state=LONG))
    assert answered(answer)["state"] == LONG


async def test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails(fapi: FapiSuite):
    await fapi.push_is_refused("invalid_request", redirect_uri=None)


async def test_fapi2_security_profile_final_ensure_registered_redirect_uri(fapi: FapiSuite):
    await fapi.push_is_refused("invalid_request", redirect_uri=OUTSIDE)


async def test_fapi2_security_profile_final_plain_fapi_tolerate_unregistered_redirect_uri(fapi: FapiSuite):
    """It may be taken from a client that proved itself, or refused; ours refuses it."""
    await fapi.push_is_refused("invalid_request", redirect_uri=OUTSIDE)


async def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    fapi: FapiSuite,
):
    response = answered(await fapi.open(fapi.request()))
    assert response["error"] == "invalid_request"


async def test_fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request(fapi: FapiSuite):
    """Nor does one beside the reference make up for it."""
    await fapi.push_is_refused("invalid_request", redirect_uri=None)
    assert is_own_page(await fapi.open({"client_id": "fapi", "redirect_uri": OUTSIDE, "response_type": "code"}))


async def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(fapi: FapiSuite):
    await fapi.push_is_refused("unsupported_response_type", response_type="code id_token")


async def test_fapi2_security_profile_final_ensure_response_type_token_fails(fapi: FapiSuite):
    await fapi.push_is_refused("unsupported_response_type", response_type="token")


async def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(fapi: FapiSuite):
    """A client that names another one beside its assertion is refused."""
    code = (await fapi.authorize())["code"]
    refused(await fapi.redeem(code, client_id=fapi.second.client_id), "invalid_client", "invalid_request")


async def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(fapi: FapiSuite):
    code = (await fapi.authorize())["code"]
    refused(await fapi.redeem(code, **fapi.second.proof()), "invalid_grant")


async def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(fapi: FapiSuite):
    code = (await fapi.authorize())["code"]
    tokens = (await fapi.redeem(code)).json()
    await fapi.wait(1)
    refused(await fapi.redeem(code), "invalid_grant")
    assert (await fapi.ask_user_info(tokens)).status_code == 401


async def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(fapi: FapiSuite):
    code = (await fapi.authorize())["code"]
    await fapi.wait(61)
    refused(await fapi.redeem(code), "invalid_grant")


async def test_fapi2_security_profile_final_ensure_signed_client_assertion_with_rs256_fails(fapi: FapiSuite):
    await fapi.assertion_is_refused({"alg": "RS256"}, RSAKey.generate_key(2048))


async def test_fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint(fapi: FapiSuite):
    form = fapi.program.code_form((await fapi.authorize())["code"])
    bare = {name: value for name, value in form.items() if not name.startswith("client_assertion")}
    refused(await fapi.http.post("/auth/token", data=bare), "invalid_client")


async def test_fapi2_security_profile_final_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    fapi: FapiSuite,
):
    await fapi.assertion_is_refused(exp=int(time.time()) - 300)


async def test_fapi2_security_profile_final_ensure_client_assertion_with_wrong_aud_fails(fapi: FapiSuite):
    await fapi.assertion_is_refused(aud="https://suite.example")


async def test_fapi2_security_profile_final_ensure_client_assertion_with_no_sub_fails(fapi: FapiSuite):
    await fapi.assertion_is_refused(sub=None)


async def test_fapi2_security_profile_final_ensure_invalid_client_assertions_fail(fapi: FapiSuite):
    """One claim after the other left out or wrong."""
    for claims in ({"iss": None}, {"aud": None}, {"exp": None}, {"jti": None}, {"iss": "fapi-2"}, {"sub": "fapi-2"}):
        await fapi.push_is_refused("invalid_client", "invalid_request", assertion=fapi.program.assertion(**claims))
    stranger = fapi.second.assertion(iss="fapi", sub="fapi")
    await fapi.push_is_refused("invalid_client", assertion=stranger)


async def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    fapi: FapiSuite,
):
    """Somebody who loads the page again has used nothing up."""
    parameters = await fapi.reference()
    assert asks_to_sign_in(await fapi.open(parameters))
    assert "code" in await fapi.finish(await fapi.open(parameters))


async def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(fapi: FapiSuite):
    parameters = await fapi.reference()
    await fapi.finish(await fapi.open(parameters))
    assert is_own_page(await fapi.open(parameters))


async def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(fapi: FapiSuite):
    parameters = await fapi.reference()
    await fapi.wait(61)
    assert is_own_page(await fapi.open(parameters))


async def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(
    fapi: FapiSuite,
):
    ahead = int(time.time()) + 8
    answer = await fapi.push(assertion=fapi.program.assertion(nbf=ahead, iat=ahead))
    assert answer.status_code == 201, answer.text


async def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(
    fapi: FapiSuite,
):
    ahead = int(time.time()) + 65
    late = fapi.program.assertion(nbf=ahead, iat=ahead, exp=ahead + 60)
    await fapi.push_is_refused("invalid_client", "invalid_request", assertion=late)


async def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(fapi: FapiSuite):
    assert is_own_page(await fapi.open({**await fapi.reference(), "client_id": fapi.second.client_id}))


async def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(
    fapi: FapiSuite,
):
    await fapi.push_is_refused("invalid_request", request_uri=(await fapi.reference())["request_uri"])


async def test_fapi2_security_profile_final_par_attempt_invalid_http_method(fapi: FapiSuite):
    for method in ("GET", "PUT"):
        answer = await fapi.http.request(method, "/auth/par")
        assert answer.status_code == 405, answer.text


async def test_fapi2_security_profile_final_par_ensure_pkce_required(fapi: FapiSuite):
    await fapi.push_is_refused("invalid_request", code_challenge=None, code_challenge_method=None)


async def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(fapi: FapiSuite):
    code = (await fapi.authorize())["code"]
    refused(await fapi.redeem(code, code_verifier=""), "invalid_grant", "invalid_request")


async def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(fapi: FapiSuite):
    code = (await fapi.authorize())["code"]
    refused(await fapi.redeem(code, code_verifier="x" * 43), "invalid_grant")


async def test_fapi2_security_profile_final_par_plain_pkce_rejected(fapi: FapiSuite):
    await fapi.push_is_refused("invalid_request", code_challenge=fapi.program.verifier, code_challenge_method="plain")


async def test_fapi2_security_profile_final_par_without_duplicate_parameters(fapi: FapiSuite):
    """The reference and the client's id are all that the browser needs to bring."""
    parameters = await fapi.reference()
    assert parameters.keys() == {"client_id", "request_uri"}
    assert "code" in await fapi.finish(await fapi.open(parameters))


async def test_fapi2_security_profile_final_par_test_array_as_audience_fails(fapi: FapiSuite):
    several = fapi.program.assertion(aud=[ISSUER, "https://suite.example"])
    await fapi.push_is_refused("invalid_client", "invalid_request", assertion=several)


async def test_fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails(fapi: FapiSuite):
    for_endpoint = fapi.program.assertion(aud=f"{ISSUER}/par")
    await fapi.push_is_refused("invalid_client", "invalid_request", assertion=for_endpoint)


async def test_fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails(fapi: FapiSuite):
    for_endpoint = fapi.program.assertion(aud=f"{ISSUER}/token")
    await fapi.push_is_refused("invalid_client", "invalid_request", assertion=for_endpoint)
