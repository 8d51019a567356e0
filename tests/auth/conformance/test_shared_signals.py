"""Shared Signals Framework, transmitter: what its document must say, and that what it says is so."""

from urllib.parse import urlsplit

from joserfc.jwk import KeySet

from tests.auth.arranging import ISSUER, Program
from tests.auth.conformance.suite import Suite
from tests.auth.events.receiving import Receiver

WELL_KNOWN = "/.well-known/ssf-configuration/auth"


async def test_openid_ssf_transmitter_metadata(suite: Suite, service: Program):
    """All that the module checks, and that keys, way of delivery and authorization are as the document says."""
    answer = await suite.http.get(WELL_KNOWN)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json()
    assert said["issuer"] == ISSUER
    assert said["spec_version"] == "1_0"
    assert said["default_subjects"] in {"ALL", "NONE"}
    assert {"spec_urn": "urn:ietf:rfc:6749"} in said["authorization_schemes"]
    assert said["delivery_methods_supported"] == ["urn:ietf:rfc:8936"]
    assert not [name for name in said if name.endswith("_endpoint")]

    keys = KeySet.import_key_set((await suite.http.get(urlsplit(said["jwks_uri"]).path)).json()).keys
    assert keys
    assert not any(key.is_private for key in keys)
    receiver = await Receiver.of(suite.browser, service)
    await receiver.snapshot()
    assert await receiver.poll() == {}
