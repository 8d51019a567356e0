"""FAPI 2 security profile, client: what web must not believe, in the authorization response and in the ID token.

web is no FAPI 2 client: it pushes nothing and binds its tokens to no key (decision 0019).
"""

import time

from afterglow_foundation.testing.proofs import segment
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.web.conformance.suite import Claims, Header, Suite


async def test_fapi2_security_profile_final_client_test_invalid_authorization_response_iss(suite: Suite):
    await suite.stops_at_the_response(iss="https://elsewhere.example/auth")


async def test_fapi2_security_profile_final_client_test_remove_authorization_response_iss(suite: Suite):
    await suite.stops_at_the_response(iss=None)


async def test_fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails(
    suite: Suite,
):
    await suite.stops_at_the_response(state="another")


async def test_fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails(
    suite: Suite,
):
    await suite.stops_at_the_response(state=None)


async def test_fapi2_security_profile_final_client_test_invalid_missing_iss(suite: Suite):
    suite.auth.claims = {"iss": None}
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_invalid_missing_exp(suite: Suite):
    suite.auth.claims = {"exp": None}
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_invalid_expired_exp(suite: Suite):
    suite.auth.claims = {"exp": int(time.time()) - 301}
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_invalid_missing_nonce(suite: Suite):
    suite.auth.claims = {"nonce": None}
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_invalid_secondary_aud(suite: Suite):
    """Not even where the token says that it was issued to web."""
    suite.auth.claims = {"aud": ["web", "web1"]}
    await suite.stops()
    suite.auth.claims["azp"] = "web"
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_valid_aud_as_array(suite: Suite):
    suite.auth.claims = {"aud": ["web"]}
    await suite.goes_on()


async def test_fapi2_security_profile_final_client_test_invalid_null_alg(suite: Suite):
    def unsigned(header: Header, claims: Claims) -> str:
        return f"{segment(header | {'alg': 'none'})}.{segment(claims)}."

    suite.auth.forge = unsigned
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_invalid_alternate_alg(suite: Suite):
    """RS256, by a key that is published."""
    key = RSAKey.generate_key(2048, {"kid": "rsa"}, auto_kid=False)
    suite.auth.published.append(key.as_dict(private=False))

    def by_rsa(header: Header, claims: Claims) -> str:
        return jwt.encode(header | {"alg": "RS256", "kid": "rsa"}, claims, key, algorithms=["RS256"])

    suite.auth.forge = by_rsa
    await suite.stops()


async def test_fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in(suite: Suite):
    suite.auth.told = {"expires_in": None}
    await suite.goes_on()


async def test_fapi2_security_profile_final_client_test_token_type_case_insensitivity(suite: Suite):
    suite.auth.told = {"token_type": "bEARER"}
    await suite.goes_on()
