"""OpenID Connect Config OP: what the discovery document must say, and that what it says is so."""

from urllib.parse import urlsplit

from joserfc.jwk import KeySet

from tests.auth.arranging import ISSUER
from tests.auth.conformance.suite import Suite

ENDPOINTS = {
    "authorization_endpoint", "end_session_endpoint", "jwks_uri", "revocation_endpoint", "token_endpoint",
    "userinfo_endpoint",
}  # fmt: skip


async def test_oidcc_discovery_endpoint_verification(suite: Suite):
    """All that the module checks, but for one thing: RS256 is not among the algorithms, and the document says so."""
    server = await suite.server()
    assert server["issuer"] == ISSUER
    for name in ENDPOINTS | {name for name in server if name.endswith("_endpoint")}:
        assert server[name].startswith(f"{ISSUER}/"), name
        assert not urlsplit(server[name]).fragment
    assert "openid" in server["scopes_supported"]
    assert "code" in server["response_types_supported"]
    assert set(server["subject_types_supported"]) <= {"public", "pairwise"}
    assert server["id_token_signing_alg_values_supported"] == ["ES256"]
    assert set(server["claims_supported"]) >= {"sub", "iss", "aud", "exp", "iat"}
    assert isinstance(server["claims_parameter_supported"], bool)
    assert not server["request_uri_parameter_supported"]

    published = (await suite.http.get(urlsplit(server["jwks_uri"]).path)).json()
    keys = KeySet.import_key_set(published).keys
    assert keys
    assert len({key.kid for key in keys}) == len(keys)
    assert not any(key.is_private for key in keys)
