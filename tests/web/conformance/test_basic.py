"""OpenID Connect relying parties, code flow: the ID token lies in one thing, and web must not go on."""

from joserfc import jwt

from tests.web.conformance.suite import Claims, Header, Suite, new_key, without_none


async def test_oidcc_client_test(suite: Suite):
    await suite.goes_on()


async def test_oidcc_client_test_nonce_invalid(suite: Suite):
    suite.auth.claims = {"nonce": "another"}
    await suite.stops()


async def test_oidcc_client_test_invalid_iss(suite: Suite):
    suite.auth.claims = {"iss": "https://elsewhere.example/auth"}
    await suite.stops()


async def test_oidcc_client_test_invalid_aud(suite: Suite):
    suite.auth.claims = {"aud": "another client"}
    await suite.stops()


async def test_oidcc_client_test_missing_aud(suite: Suite):
    suite.auth.claims = {"aud": None}
    await suite.stops()


async def test_oidcc_client_test_missing_sub(suite: Suite):
    suite.auth.claims = {"sub": None}
    await suite.stops()


async def test_oidcc_client_test_missing_iat(suite: Suite):
    suite.auth.claims = {"iat": None}
    await suite.stops()


async def test_oidcc_client_test_invalid_sig_es256(suite: Suite):
    """The header names the published key; the signature is another's."""
    suite.auth.signing_key = new_key("another")
    await suite.stops()


async def test_oidcc_client_test_kid_absent_multiple_jwks(suite: Suite):
    """Whoever cannot tell by which key may try all or stop. web stops."""
    auth = suite.auth
    keys = (auth.issuer.key, new_key("another"))
    auth.published = [without_none(key.as_dict(private=False) | {"kid": None}) for key in keys]

    def unnamed(header: Header, claims: Claims) -> str:
        return jwt.encode({"alg": header["alg"]}, claims, auth.issuer.key, algorithms=["ES256"])

    auth.forge = unnamed
    await suite.stops()


async def test_oidcc_client_test_ignores_unparseable_key_in_jwks(suite: Suite):
    strange = [{"kty": "AKP", "alg": "ML-DSA-99", "pub": "AAAA", "kid": "later"}, {"kty": "made-up", "kid": "never"}]
    suite.auth.published = [strange[0], *suite.auth.published, strange[1]]
    await suite.goes_on()
