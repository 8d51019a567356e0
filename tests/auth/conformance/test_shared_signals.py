"""Shared Signals Framework, transmitter: streams, their status, and the events that they tell when they are polled."""

import httpx
import pytest_asyncio
from afterglow_auth.accounts.service import disable
from afterglow_auth.events import outbox
from afterglow_auth.sessions.service import start
from joserfc.jwk import KeySet

from tests.auth.arranging import ISSUER, Program
from tests.auth.conformance.signals import ASKED_FOR, BROKEN, POLL, WANTED, Signals, checked, unauthorized
from tests.auth.conformance.suite import Suite
from tests.auth.events.receiving import Receiver

BAD = {"token": "not-a-token"}
COMPARED = {
    "authorization_schemes", "configuration_endpoint", "default_subjects", "delivery_methods_supported", "issuer",
    "jwks_uri", "spec_version", "status_endpoint", "verification_endpoint",
}  # fmt: skip
JSON = {"content-type": "application/json"}


@pytest_asyncio.fixture(loop_scope="session")
async def signals(suite: Suite, service: Program) -> Signals:
    return Signals(suite, await Receiver.of(suite.browser, service), {})


async def broken(signals: Signals, method: str) -> httpx.Response:
    """A body that is no JSON."""
    receiver = signals.receiver
    path = httpx.URL((await signals.metadata())["configuration_endpoint"]).path
    return await receiver.browser.client.request(method, path, content=BROKEN, headers=receiver.headers | JSON)


async def test_openid_ssf_transmitter_metadata(signals: Signals):
    """All that the module checks, of the CAEP interoperability profile as well."""
    said = await signals.metadata()
    assert said.keys() == COMPARED  # in this file, with what is so
    assert said["issuer"] == ISSUER
    assert said["spec_version"] == "1_0"
    assert said["default_subjects"] in {"ALL", "NONE"}
    assert {"spec_urn": "urn:ietf:rfc:6749"} in said["authorization_schemes"]
    assert said["delivery_methods_supported"] == [POLL]
    named = {name for name in said if name.endswith("_endpoint")}
    assert named == {"configuration_endpoint", "status_endpoint", "verification_endpoint"}
    for endpoint in named:  # what it names is there
        unauthorized(await signals.suite.http.post(httpx.URL(said[endpoint]).path), None)
    keys = KeySet.import_key_set((await signals.suite.http.get(httpx.URL(said["jwks_uri"]).path)).json()).keys
    assert keys
    assert not any(key.is_private for key in keys)


async def test_openid_ssf_stream_control_happy_path(signals: Signals):
    made = await signals.create()
    assert checked(await signals.configure("GET", params=signals.named)) == made
    assert set(made["events_delivered"]) == set(ASKED_FOR) & set(made["events_supported"])
    for method, description in (("PATCH", "Updated"), ("PUT", "Replaced")):
        changed = await signals.configure(method, json=WANTED | signals.named | {"description": description})
        assert changed.status_code == 200, changed.text
        assert checked(changed) == made | {"description": description}
    assert (await signals.read_status()).json() == signals.named | {"status": "enabled"}
    for status in ("enabled", "paused", "disabled"):
        await signals.set_status(status)
    assert (await signals.configure("DELETE", params=signals.named)).status_code == 204


async def test_openid_ssf_stream_control_create_stream_without_delivery(signals: Signals):
    made = await signals.create(description="Without", events_requested=ASKED_FOR)
    assert made["delivery"]["method"] == POLL


async def test_openid_ssf_stream_control_error_create_stream_with_broken_input(signals: Signals):
    assert (await broken(signals, "POST")).status_code == 400


async def test_openid_ssf_stream_control_error_create_stream_with_invalid_token(signals: Signals):
    unauthorized(await signals.configure("POST", json=WANTED, **BAD))


async def test_openid_ssf_stream_control_error_create_stream_with_duplicate_config(signals: Signals):
    await signals.create()
    assert (await signals.configure("POST", json=WANTED)).status_code == 409


async def test_openid_ssf_stream_control_error_read_stream_without_token(signals: Signals):
    await signals.create()
    path = httpx.URL((await signals.metadata())["configuration_endpoint"]).path
    unauthorized(await signals.suite.http.get(path, params=signals.named), None)


async def test_openid_ssf_stream_control_error_token_in_uri_query(signals: Signals):
    await signals.create()
    path = httpx.URL((await signals.metadata())["configuration_endpoint"]).path
    shown = signals.named | {"access_token": signals.receiver.token}
    assert (await signals.suite.http.get(path, params=shown)).status_code in {400, 401}


async def test_openid_ssf_stream_control_error_read_stream_with_invalid_token(signals: Signals):
    await signals.create()
    unauthorized(await signals.configure("GET", params=signals.named, **BAD))


async def test_openid_ssf_stream_control_error_read_unknown_stream(signals: Signals):
    await signals.create_and_delete()
    assert (await signals.configure("GET", params=signals.named)).status_code == 404


async def test_openid_ssf_stream_control_error_read_stream_status_with_invalid_token(signals: Signals):
    await signals.create()
    unauthorized(await signals.read_status(**BAD))


async def test_openid_ssf_stream_control_error_read_status_of_unknown_stream(signals: Signals):
    await signals.create_and_delete()
    assert (await signals.read_status()).status_code == 404


async def test_openid_ssf_stream_control_error_update_stream_with_invalid_token(signals: Signals):
    await signals.create()
    unauthorized(await signals.configure("PATCH", json=WANTED | signals.named, **BAD))


async def test_openid_ssf_stream_control_error_update_stream_with_invalid_body(signals: Signals):
    await signals.create()
    assert (await broken(signals, "PATCH")).status_code == 400


async def test_openid_ssf_stream_control_error_update_unknown_stream(signals: Signals):
    await signals.create_and_delete()
    assert (await signals.configure("PATCH", json=WANTED | signals.named)).status_code == 404


async def test_openid_ssf_stream_control_error_replace_stream_with_invalid_token(signals: Signals):
    await signals.create()
    unauthorized(await signals.configure("PUT", json=WANTED | signals.named, **BAD))


async def test_openid_ssf_stream_control_error_replace_stream_with_invalid_body(signals: Signals):
    await signals.create()
    assert (await broken(signals, "PUT")).status_code == 400


async def test_openid_ssf_stream_control_error_replace_unknown_stream(signals: Signals):
    await signals.create_and_delete()
    assert (await signals.configure("PUT", json=WANTED | signals.named)).status_code == 404


async def test_openid_ssf_stream_control_error_delete_stream_with_invalid_token(signals: Signals):
    await signals.create()
    unauthorized(await signals.configure("DELETE", params=signals.named, **BAD))
    assert (await signals.configure("GET", params=signals.named)).status_code == 200


async def test_openid_ssf_stream_control_error_delete_unknown_stream(signals: Signals):
    await signals.create_and_delete()
    assert (await signals.configure("DELETE", params=signals.named)).status_code == 404


async def test_openid_ssf_transmitter_stream_verification_error_invalid_body(signals: Signals):
    await signals.create()
    path = httpx.URL((await signals.metadata())["verification_endpoint"]).path
    headers = signals.receiver.headers | JSON
    assert (await signals.suite.http.post(path, content=b'{"stream_id": ', headers=headers)).status_code == 400


async def test_openid_ssf_transmitter_stream_verification_error_invalid_token(signals: Signals):
    await signals.create()
    unauthorized(await signals.call("verification_endpoint", "POST", json=signals.named, **BAD))


async def test_openid_ssf_transmitter_stream_verification_error_unknown_stream(signals: Signals):
    await signals.create_and_delete()
    assert (await signals.call("verification_endpoint", "POST", json=signals.named)).status_code == 404


async def test_openid_ssf_transmitter_stream_verification_poll_only(signals: Signals):
    await signals.create()
    await signals.verify()
    await signals.verified(await signals.poll())


async def test_openid_ssf_transmitter_stream_verification_ack_only(signals: Signals):
    await signals.create()
    await signals.verify()
    event_id = await signals.verified(await signals.poll())
    assert await signals.poll(ack=[event_id], maxEvents=0) == {}
    assert await signals.poll() == {}


async def test_openid_ssf_transmitter_stream_verification_poll_and_ack(signals: Signals):
    """Two events: the second comes with the answer to the request that acknowledges the first."""
    await signals.create()
    await signals.verify()
    first = await signals.verified(await signals.poll())
    await signals.verify()
    second = await signals.verified(await signals.poll(ack=[first]))
    assert await signals.poll(ack=[second]) == {}


async def test_openid_ssf_transmitter_stream_verification_long_poll(signals: Signals):
    await signals.create()
    await signals.verify()
    await signals.verified(await signals.poll(at_once=False))


async def test_openid_ssf_transmitter_stream_verification_set_errs(signals: Signals):
    await signals.create()
    await signals.verify()
    event_id = await signals.verified(await signals.poll())
    wrong = {event_id: {"err": "invalid_request", "description": "The suite says so."}}
    assert await signals.poll(setErrs=wrong, maxEvents=0) == {}
    assert await signals.poll() == {}


async def test_openid_ssf_transmitter_poll_endpoint_authorization(signals: Signals):
    stream = await signals.create()
    path = httpx.URL(stream["delivery"]["endpoint_url"]).path
    unauthorized(await signals.suite.http.post(path, json={}), None)
    unauthorized(await signals.receiver.send("POST", path, json={}, **BAD))


async def test_openid_ssf_transmitter_paused_stream_holds_events(signals: Signals):
    await signals.create()
    assert (await signals.read_status()).json()["status"] == "enabled"
    await signals.set_status("paused")
    await signals.verify()
    assert [await signals.poll() for _ in range(4)] == [{}] * 4
    await signals.set_status("enabled")
    await signals.verified(await signals.poll())


async def test_openid_ssf_transmitter_disabled_stream_drops_events(signals: Signals):
    await signals.create()
    await signals.set_status("disabled")
    await signals.verify()
    assert [await signals.poll() for _ in range(4)] == [{}] * 4
    await signals.set_status("enabled")
    await signals.verify()
    await signals.verified(await signals.poll())


async def test_openid_ssf_transmitter_stream_caep_interop(signals: Signals):
    """Every event of the profile that the stream tells, each with the fields that CAEP 1.0 wants."""
    stream = await signals.create()
    assert signals.stream == checked(await signals.configure("GET", params=signals.named))
    assert (await signals.read_status()).status_code == 200
    await signals.verify()
    verification = await signals.verified(await signals.poll())
    person = signals.suite.person
    async with signals.suite.database.arrange() as session:
        await start(session, person, b"a session of hers", None)
        await disable(session, person.id)
        await outbox.credential_changed(session, person.id, "password", "update")
    seen = {}
    for event_id, token in (await signals.poll(ack=[verification])).items():
        claims = await signals.checked_set(event_id, token)
        ((kind, event),) = claims["events"].items()
        seen[kind] = event
        named = claims["sub_id"].get("user", claims["sub_id"])
        assert (named["format"], named["sub"]) == ("iss_sub", str(person.id))
    assert seen.keys() == set(stream["events_delivered"])
    assert seen[ASKED_FOR[1]] == {"credential_type": "password", "change_type": "update"}
    assert (await signals.configure("DELETE", params=signals.named)).status_code == 204
