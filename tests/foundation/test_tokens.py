"""Access tokens: one kind is accepted, and everything an attacker may write is not."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import BASE_URL, Person, TestIssuer
from afterglow_foundation.tokens import CACHED_TOKENS, InvalidTokenError, TokenVerifier
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from tests.foundation.forging import HEADER, Forger, decoded, encoded, segment, signature

AUDIENCE = f"{BASE_URL}/api/things"
NOW = int(time.time())


def verifier_of(issuer: TestIssuer) -> TokenVerifier:
    return TokenVerifier(issuer=f"{BASE_URL}/auth", audience=AUDIENCE, keys=issuer.keys())


@pytest.fixture
def forger(issuer: TestIssuer, client_person: Person) -> Forger:
    return Forger(issuer, client_person)


@pytest.fixture
def verifier(issuer: TestIssuer) -> TokenVerifier:
    return verifier_of(issuer)


def nested(depth: int) -> str:
    return encoded(b'{"alg":"ES256","kid":"test-key","typ":"at+jwt","x":' + b"[" * depth + b"]" * depth + b"}")


def self_signed(**place: Any) -> Callable[[Forger], str]:
    """Signed by a key of the attacker's own, which the header brings along or points at."""

    def forge(forger: Forger) -> str:
        own = ECKey.generate_key("P-256", {"kid": "own"}, auto_kid=False)
        header = HEADER | {
            name: own.as_dict(private=False) if value is None else value for name, value in place.items()
        }
        return forger.signed(header, None, own)

    return forge


def other_curve(curve: str, algorithm: str) -> Callable[[Forger], str]:
    def forge(forger: Forger) -> str:
        key = ECKey.generate_key(curve, {"kid": "test-key"}, auto_kid=False)
        text = f"{segment(HEADER | {'alg': algorithm})}.{segment(forger.claims())}"
        return f"{text}.{encoded(signature(algorithm, text, key))}"

    return forge


def swapped(forger: Forger) -> str:
    genuine = decoded(forger.parts[2])
    return forger.with_signature(genuine[32:] + genuine[:32])


def flipped(forger: Forger) -> str:
    genuine = bytearray(decoded(forger.parts[2]))
    genuine[7] ^= 1
    return forger.with_signature(bytes(genuine))


def payload_of_another(forger: Forger) -> str:
    first, _, third = forger.parts
    return f"{first}.{segment(forger.claims(sub=str(Person(Role.admin, 'x').id), role='admin'))}.{third}"


def json_form(forger: Forger) -> str:
    first, second, third = forger.parts
    return json.dumps({"payload": second, "signatures": [{"protected": first, "signature": third}]})


def json_flat(forger: Forger) -> str:
    first, second, third = forger.parts
    return json.dumps({"payload": second, "protected": first, "signature": third})


# Written without the issuer's private key, or not as a compact token at all.
FORGED: dict[str, Callable[[Forger], str]] = {
    "nothing": lambda _: "",
    "dots": lambda _: "..",
    "words": lambda _: "not a token",
    "one segment": lambda f: f.parts[0],
    "two segments": lambda f: ".".join(f.parts[:2]),
    "four segments": lambda f: f"{f.valid}.{f.parts[2]}",
    "five segments": lambda f: f"{f.valid}.a.b",
    "alg none, no signature": lambda f: f"{segment(HEADER | {'alg': 'none'})}.{segment(f.claims())}.",
    "alg None": lambda f: f"{segment(HEADER | {'alg': 'None'})}.{segment(f.claims())}.",
    "alg nOnE with signature": lambda f: f"{segment(HEADER | {'alg': 'nOnE'})}.{segment(f.claims())}.{f.parts[2]}",
    "alg null": lambda f: f"{segment(HEADER | {'alg': None})}.{segment(f.claims())}.",
    "alg missing": lambda f: f"{segment({'typ': 'at+jwt', 'kid': 'test-key'})}.{segment(f.claims())}.",
    "alg a list": lambda f: f"{segment(HEADER | {'alg': ['ES256']})}.{segment(f.claims())}.{f.parts[2]}",
    "alg lower case": lambda f: f"{segment(HEADER | {'alg': 'es256'})}.{segment(f.claims())}.{f.parts[2]}",
    "ES256 without a signature": lambda f: f"{f.parts[0]}.{f.parts[1]}.",
    "HS256 under the public key as PEM": lambda f: f.hmac(f.public_pem),
    "HS256 under the PEM without its last newline": lambda f: f.hmac(f.public_pem.rstrip()),
    "HS256 under the public key as DER": lambda f: f.hmac(f.public_der),
    "HS256 under the public key as JWK": lambda f: f.hmac(json.dumps(f.public_jwk).encode()),
    "HS256 under the JWK without spaces": lambda f: f.hmac(json.dumps(f.public_jwk, separators=(",", ":")).encode()),
    "HS384 under the public key": lambda f: f.hmac(f.public_pem, "HS384"),
    "HS512 under the public key": lambda f: f.hmac(f.public_pem, "HS512"),
    "HS256 under the empty key": lambda f: f.hmac(b""),
    "HS256 under the key id": lambda f: f.hmac(b"test-key"),
    "HS256 that says ES256": lambda f: f.hmac(f.public_pem, alg="ES256"),
    "its own key in jwk": self_signed(jwk=None),
    "its own key in jwk under its own id": self_signed(jwk=None, kid="own"),
    "its own key behind jku": self_signed(jku="https://attacker.example/keys", kid="own"),
    "its own key behind x5u": self_signed(x5u="https://attacker.example/chain", kid="own"),
    "its own key in x5c": self_signed(x5c=["MIIB"], kid="own"),
    "its own key under the issuer's id": self_signed(),
    "its own key, unknown id": self_signed(kid="own"),
    "key id that climbs": self_signed(kid="../../dev/null"),
    "key id that selects": self_signed(kid="' OR 1=1 --"),
    "signature flipped in one bit": flipped,
    "signature with r and s swapped": swapped,
    "signature of zeros": lambda f: f.with_signature(bytes(64)),
    "signature with zero r": lambda f: f.with_signature(bytes(32) + decoded(f.parts[2])[32:]),
    "signature with zero s": lambda f: f.with_signature(decoded(f.parts[2])[:32] + bytes(32)),
    "signature of ones": lambda f: f.with_signature(b"\xff" * 64),
    "signature cut": lambda f: f.with_signature(decoded(f.parts[2])[:63]),
    "signature longer by a byte": lambda f: f.with_signature(decoded(f.parts[2]) + b"\x00"),
    "signature as DER": lambda f: f.with_signature(
        b"0D\x02 " + decoded(f.parts[2])[:32] + b"\x02 " + decoded(f.parts[2])[32:]
    ),
    "signature of another token": lambda f: ".".join([*f.parts[:2], f.with_claims(jti="x").split(".")[2]]),
    "payload of another": payload_of_another,
    "ES384 on another curve": other_curve("P-384", "ES384"),
    "ES512 on another curve": other_curve("P-521", "ES512"),
    "JSON serialization": json_form,
    "flattened JSON serialization": json_flat,
    "JSON without signatures": lambda f: json.dumps({"payload": f.parts[1], "signatures": []}),
    "a space before": lambda f: f" {f.valid}",
    "a newline after": lambda f: f"{f.valid}\n",
    "a space in the header": lambda f: f"{f.parts[0][:9]} {f.parts[0][9:]}.{f.parts[1]}.{f.parts[2]}",
    "a newline in the payload": lambda f: f"{f.parts[0]}.{f.parts[1][:9]}\n{f.parts[1][9:]}.{f.parts[2]}",
    "padding": lambda f: f"{f.valid}==",
    "header that is a list": lambda f: f"{segment(['alg', 'typ', 'kid'])}.{f.parts[1]}.{f.parts[2]}",
    "header that is a word": lambda f: f"{segment('alg')}.{f.parts[1]}.{f.parts[2]}",
    "header that is no JSON": lambda f: f"{encoded(b'{')}.{f.parts[1]}.{f.parts[2]}",
    "header nested a hundred thousand deep": lambda f: f"{nested(100_000)}.{f.parts[1]}.{f.parts[2]}",
    "letters beyond ASCII": lambda f: f"{f.parts[0]}.{f.parts[1]}.é☃",
}

# Signed by the issuer's own key: what a mistake elsewhere might let through.
MISUSED: dict[str, Callable[[Forger], str]] = {
    "typ JWT (an ID token)": lambda f: f.with_header(typ="JWT"),
    "typ missing": lambda f: f.signed({"alg": "ES256", "kid": "test-key"}),
    "typ empty": lambda f: f.with_header(typ=""),
    "typ logout+jwt": lambda f: f.with_header(typ="logout+jwt"),
    "typ secevent+jwt": lambda f: f.with_header(typ="secevent+jwt"),
    "typ a list": lambda f: f.with_header(typ=["at+jwt"]),
    "kid missing": lambda f: f.signed({"alg": "ES256", "typ": "at+jwt"}),
    "kid a number": lambda f: f.with_header(kid=1),
    "kid a list": lambda f: f.with_header(kid=["test-key"]),
    "kid empty": lambda f: f.with_header(kid=""),
    "brings jwk": lambda f: f.with_header(jwk=f.public_jwk),
    "brings jku": lambda f: f.with_header(jku="https://attacker.example/keys"),
    "brings x5c": lambda f: f.with_header(x5c=["MIIB"]),
    "brings x5u": lambda f: f.with_header(x5u="https://attacker.example/chain"),
    "crit names something": lambda f: f.with_header(crit=["exp"], exp=NOW),
    "crit empty": lambda f: f.with_header(crit=[]),
    "payload not encoded (b64 false)": lambda f: f.with_header(b64=False, crit=["b64"]),
    "zipped": lambda f: f.with_header(zip="DEF", crit=["zip"]),
    "another issuer": lambda f: f.with_claims(iss=f"{BASE_URL}/auth/"),
    "issuer in capitals": lambda f: f.with_claims(iss=f"{BASE_URL}/AUTH"),
    "issuer a list": lambda f: f.with_claims(iss=[f"{BASE_URL}/auth"]),
    "issuer null": lambda f: f.with_claims(iss=None),
    "another audience": lambda f: f.with_claims(aud=[f"{BASE_URL}/api/portal"]),
    "audience a prefix": lambda f: f.with_claims(aud=[f"{BASE_URL}/api"]),
    "audience longer": lambda f: f.with_claims(aud=[f"{AUDIENCE}/x"]),
    "audience a word": lambda f: f.with_claims(aud=AUDIENCE),
    "audience empty": lambda f: f.with_claims(aud=[]),
    "audience in a list in a list": lambda f: f.with_claims(aud=[[AUDIENCE]]),
    "audience an object": lambda f: f.with_claims(aud={AUDIENCE: True}),
    "expired": lambda f: f.with_claims(iat=NOW - 301, exp=NOW - 1),
    "expires now": lambda f: f.with_claims(iat=NOW - 300, exp=int(time.time())),
    "expired long ago": lambda f: f.with_claims(iat=0, exp=300),
    "never expires": lambda f: f.signed(None, f.without("exp")),
    "exp null": lambda f: f.with_claims(exp=None),
    "exp a word": lambda f: f.with_claims(exp=str(NOW + 300)),
    "exp a fraction": lambda f: f.with_claims(exp=NOW + 299.5),
    "exp true": lambda f: f.with_claims(exp=True),
    "exp huge": lambda f: f.with_claims(exp=10**30),
    "issued in the future": lambda f: f.with_claims(iat=NOW + 60, exp=NOW + 300),
    "issued in the future, short": lambda f: f.with_claims(iat=int(time.time()) + 20, exp=int(time.time()) + 60),
    "lives too long": lambda f: f.with_claims(exp=NOW + 86_400),
    "lives a second too long": lambda f: f.with_claims(iat=NOW, exp=NOW + 301),
    "iat a word": lambda f: f.with_claims(iat="now"),
    "subject no id": lambda f: f.with_claims(sub="somebody"),
    "subject a number": lambda f: f.with_claims(sub=1),
    "session no id": lambda f: f.with_claims(sid="session"),
    "role unknown": lambda f: f.with_claims(role="superuser"),
    "role a list": lambda f: f.with_claims(role=["client"]),
    "scope a list": lambda f: f.with_claims(scope=["things"]),
    "amr a word": lambda f: f.with_claims(amr="pwd"),
    "auth_time beyond time": lambda f: f.with_claims(auth_time=10**30),
    "auth_time before time": lambda f: f.with_claims(auth_time=-(10**12)),
    "payload a list": lambda f: f.signed(None, [1, 2]),
    "payload a word": lambda f: f.signed(None, "claims"),
    "payload null": lambda f: f.signed_text(f"{f.parts[0]}.{segment(None)}"),
    "payload no JSON": lambda f: f.signed_text(f"{f.parts[0]}.{encoded(b'{')}"),
    "payload empty": lambda f: f.signed_text(f"{f.parts[0]}."),
    **{
        f"without {claim}": lambda f, claim=claim: f.signed(None, f.without(claim))
        for claim in ("iss", "sub", "aud", "iat", "jti", "client_id", "scope", "role")
    },
}


@pytest.mark.parametrize("forge", [*FORGED.values(), *MISUSED.values()], ids=[*FORGED, *MISUSED])
async def test_none_of_these_is_an_access_token(
    verifier: TokenVerifier, forger: Forger, forge: Callable[[Forger], str]
) -> None:
    token = forge(forger)
    for _ in range(2):  # the second time by way of what is remembered
        with pytest.raises(InvalidTokenError):
            await verifier.verify(token)
    assert await verifier.verify(forger.valid)


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(FORGED) + len(MISUSED) >= 60


async def test_a_valid_token_names_its_caller(verifier: TokenVerifier, forger: Forger) -> None:
    caller = await verifier.verify(forger.with_claims(scope="openid things", amr=["pwd", "otp"], auth_time=NOW))
    assert (caller.id, caller.role, caller.session_id) == (forger.person.id, Role.client, forger.person.session_id)
    assert caller.scopes == {"openid", "things"}
    assert caller.amr == ("pwd", "otp")
    assert caller.authenticated_at is not None
    assert int(caller.authenticated_at.timestamp()) == NOW


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": ["https://other.org/api", AUDIENCE]},
        {"iat": NOW + 3, "exp": NOW + 300},
        {"exp": NOW + 300, "iat": NOW},
        {"unknown": {"claim": True}},
    ],
)
async def test_what_is_allowed(verifier: TokenVerifier, forger: Forger, changes: dict[str, Any]) -> None:
    assert (await verifier.verify(forger.with_claims(**changes))).id == forger.person.id


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_the_type_may_be_written_so(verifier: TokenVerifier, forger: Forger, kind: str) -> None:
    assert await verifier.verify(forger.with_header(typ=kind))


async def test_a_services_token_names_no_person(verifier: TokenVerifier, forger: Forger) -> None:
    caller = await verifier.verify(forger.with_claims(role="service", sub="portal", client_id="portal", sid=None))
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
    monkeypatch.setattr(time, "time", lambda: NOW + 400.0)
    for _ in range(2):
        with pytest.raises(InvalidTokenError):
            await verifier.verify(token)


async def test_what_is_forgotten_is_verified_anew(verifier: TokenVerifier, forger: Forger) -> None:
    token = forger.valid
    first = await verifier.verify(token)
    verifier.forget_all()
    again = await verifier.verify(token)
    assert again == first
    assert again is not first


async def test_only_so_many_tokens_are_remembered(verifier: TokenVerifier, forger: Forger) -> None:
    caller = await verifier.verify(forger.valid)
    for number in range(CACHED_TOKENS + 5):
        verifier._remember(str(number), NOW + 300, caller)
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
