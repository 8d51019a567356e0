"""Access tokens: one kind is accepted, and everything an attacker may write is not."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from afterglow_foundation import tokens
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer, as_service
from afterglow_foundation.tokens import CACHED_TOKENS, InvalidTokenError, TokenVerifier
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from tests.foundation.forgeries import FORGED, MISUSED, NOW, OF_PERSONS, OF_SERVICES, ORDER_OF_P256
from tests.foundation.forging import HEADER, Forger, decoded

AUDIENCE = f"{BASE_URL}/api/things"
SERVICE = as_service("portal")


def verifier_of(issuer: TestIssuer) -> TokenVerifier:
    return TokenVerifier(issuer=f"{BASE_URL}/auth", audience=AUDIENCE, keys=issuer.keys())


@pytest.fixture
def forger(issuer: TestIssuer, client_person: Person) -> Forger:
    return Forger(issuer, client_person)


@pytest.fixture
def verifier(issuer: TestIssuer) -> TokenVerifier:
    return verifier_of(issuer)


async def refuse(verifier: TokenVerifier, forger: Forger, forge: Callable[[Forger], str]) -> None:
    token = forge(forger)
    for _ in range(2):  # the second time by way of what is remembered
        with pytest.raises(InvalidTokenError):
            await verifier.verify(token)
    assert await verifier.verify(forger.valid)


PERSONS = {**FORGED, **MISUSED, **OF_PERSONS}


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("forge", PERSONS.values(), ids=PERSONS)
async def test_none_of_these_is_an_access_token(
    verifier: TokenVerifier, forger: Forger, forge: Callable[[Forger], str]
) -> None:
    await refuse(verifier, forger, forge)


async def test_a_token_may_be_as_long_as_the_longest(
    verifier: TokenVerifier, forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LONGEST_TOKEN", len(forger.valid))
    assert await verifier.verify(forger.valid)
    with pytest.raises(InvalidTokenError, match="longer than any"):
        await verifier.verify(forger.valid + "A")


@pytest.mark.parametrize("forge", OF_SERVICES.values(), ids=OF_SERVICES)
async def test_none_of_these_is_a_services_token(
    verifier: TokenVerifier, issuer: TestIssuer, client_person: Person, forge: Callable[[Forger], str]
) -> None:
    await refuse(verifier, Forger(issuer, client_person, SERVICE), forge)


async def test_a_valid_token_names_its_caller(verifier: TokenVerifier, forger: Forger) -> None:
    caller = await verifier.verify(forger.with_claims(scope="openid things", amr=["pwd", "otp"], auth_time=NOW))
    assert (caller.id, caller.role, caller.session_id) == (forger.person.id, Role.client, forger.person.session_id)
    assert caller.scopes == {"openid", "things"}
    assert caller.amr == ("pwd", "otp")
    assert caller.authenticated_at is not None
    assert int(caller.authenticated_at.timestamp()) == NOW
    assert caller.actor is None
    assert (await verifier.verify(forger.with_claims(client_id="portal", act={"sub": "portal"}))).actor == "portal"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["https://other.org/api", AUDIENCE]},
        {"unknown": {"claim": True}},
    ],
)
async def test_what_is_allowed(verifier: TokenVerifier, forger: Forger, changes: dict[str, Any]) -> None:
    assert (await verifier.verify(forger.with_claims(**changes))).id == forger.person.id


async def test_the_twin_of_a_signature_says_the_same(verifier: TokenVerifier, forger: Forger) -> None:
    """Of every ECDSA signature there are two, with s and with the order less s, and RFC 7518 takes both.

    No list here goes by a token's letters.
    """
    genuine = decoded(forger.parts[2])
    twin = ORDER_OF_P256 - int.from_bytes(genuine[32:])
    caller = await verifier.verify(forger.with_signature(genuine[:32] + twin.to_bytes(32)))
    assert (caller.id, caller.scopes) == (forger.person.id, {"openid", "things"})


@pytest.mark.parametrize("space", ["\t", "\n", "\u00a0", "\u2003", "\x1c"])
async def test_only_a_space_divides_scopes(verifier: TokenVerifier, forger: Forger, space: str) -> None:
    assert (await verifier.verify(forger.with_claims(scope=f"openid{space}things"))).scopes == {f"openid{space}things"}


@pytest.mark.parametrize("ahead", [0, 3])
async def test_a_clock_may_be_a_little_ahead(verifier: TokenVerifier, forger: Forger, ahead: int) -> None:
    now = int(time.time())  # not the time at which the tests were collected, which may be minutes ago
    assert await verifier.verify(forger.with_claims(iat=now + ahead, exp=now + 300))


@pytest.mark.parametrize("second", range(8))
async def test_a_clock_may_be_five_seconds_ahead_and_no_more(
    verifier: TokenVerifier, forger: Forger, monkeypatch: pytest.MonkeyPatch, second: int
) -> None:
    now = int(time.time()) // 8 * 8 + second
    monkeypatch.setattr(tokens, "time", SimpleNamespace(**vars(time) | {"time": lambda: now}))
    for name in ("iat", "nbf"):
        fast = {"iat": now, "exp": now + 300, name: now + 5}
        assert await verifier.verify(forger.with_claims(**fast))
        with pytest.raises(InvalidTokenError):
            await verifier.verify(forger.with_claims(**fast | {name: now + 6}))


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_may_be_written_so(verifier: TokenVerifier, forger: Forger, kind: str) -> None:
    assert await verifier.verify(forger.with_header(typ=kind))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.service])
async def test_everybody_but_a_service_is_a_person_with_a_session(
    verifier: TokenVerifier, forger: Forger, role: Role
) -> None:
    caller = await verifier.verify(forger.with_claims(role=str(role)))
    assert (caller.role, caller.id) == (role, forger.person.id)
    with pytest.raises(InvalidTokenError):
        await verifier.verify(forger.with_claims(role=str(role), sid=None))


async def test_a_services_token_names_no_person(verifier: TokenVerifier, forger: Forger) -> None:
    caller = await verifier.verify(forger.with_claims(**SERVICE))
    assert (caller.id, caller.client_id, caller.session_id) == (None, "portal", None)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_eddsa_is_the_other_algorithm(client_person: Person) -> None:
    issuer = TestIssuer()
    issuer.key = OKPKey.generate_key("Ed25519", {"kid": "test-key"}, auto_kid=False)  # type: ignore[assignment]  # the other kind of key
    token = jwt.encode(
        HEADER | {"alg": "EdDSA"}, issuer.claims(client_person, "things"), issuer.key, algorithms=["EdDSA"]
    )
    assert (await verifier_of(issuer).verify(token)).id == client_person.id


async def test_a_remembered_token_expires(
    verifier: TokenVerifier, forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = forger.valid
    caller = await verifier.verify(token)
    assert await verifier.verify(token) is caller
    later = time.time() + 400
    monkeypatch.setattr(time, "time", lambda: later)
    for _ in range(2):
        with pytest.raises(InvalidTokenError):
            await verifier.verify(token)


async def test_only_so_many_tokens_are_remembered(verifier: TokenVerifier, forger: Forger) -> None:
    caller = await verifier.verify(forger.valid)
    for number in range(CACHED_TOKENS + 5):
        verifier._remember(str(number), int(time.time()) + 300, caller)
    assert len(verifier._verified) == CACHED_TOKENS


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_no_altered_token_is_accepted(verifier: TokenVerifier, forger: Forger, data: st.DataObject) -> None:
    """Any one character exchanged, left out or put in."""
    token = forger.valid
    place = data.draw(st.integers(0, len(token) - 1))
    put_in = data.draw(st.sampled_from("ABab09-_.=+/ \n\x00é") | st.just(""))
    leave_out = data.draw(st.integers(0, 1))
    altered = token[:place] + put_in + token[place + leave_out :]
    if altered != token:
        with pytest.raises(InvalidTokenError):
            await verifier.verify(altered)


@given(token=st.text(max_size=200))
async def test_no_text_is_a_token_or_a_fault(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        await verifier_of(TestIssuer()).verify(token)
