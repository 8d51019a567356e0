"""Proofs of possession: each thing that RFC 9449 §4.3 wants checked, and nothing malformed taken or a fault."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from afterglow_foundation import dpop
from afterglow_foundation.dpop import InvalidProofError, Proof, SeenProofs, hash_of_token, normalized, read_proof
from afterglow_foundation.testing.proofs import KeyHolder
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

HERE = "https://portal.example/api/things"
MINE = KeyHolder()
OTHER, P384, RSA = ECKey.generate_key("P-256"), ECKey.generate_key("P-384"), RSAKey.generate_key(2048)


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def proof(**changes: Any) -> str:
    """A good proof, but for what is said otherwise; `header` and `key` too."""
    return MINE.proof("GET", HERE, **changes)


def parts(**changes: Any) -> list[str]:
    return proof(**changes).split(".")


def bringing(jwk: object, **changes: Any) -> str:
    return proof(header={"jwk": jwk, **changes})


def public(**changes: Any) -> dict[str, Any]:
    return MINE.key.as_dict(private=False) | changes


def signed_by(key: Any, algorithm: str, **header: Any) -> str:
    heading = {"typ": "dpop+jwt", "alg": algorithm, "jwk": public(), **header}
    return jwt.encode(heading, MINE.claims("GET", HERE), key, algorithms=[algorithm])


def under(**header: Any) -> str:
    """A good proof whose header says otherwise than what was signed."""
    heading = {"typ": "dpop+jwt", "alg": "ES256", "jwk": public(), **header}
    return ".".join([part({name: value for name, value in heading.items() if value is not None}), *parts()[1:]])


def hmac_under_the_public_key() -> str:
    text = under(alg="HS256").rpartition(".")[0]
    return f"{text}.{part(hmac.digest(MINE.key.as_pem(private=False), text.encode(), hashlib.sha256))}"


NOT_ONE_JWT: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "words": lambda: "not a proof",
    "dots": lambda: "..",
    "two parts": lambda: ".".join(parts()[:2]),
    "four parts": lambda: f"{proof()}.{parts()[2]}",
    "two in one header": lambda: f"{proof()}, {proof()}",
    "JSON serialization": lambda: json.dumps({"payload": parts()[1], "signatures": []}),
    "header a list": lambda: f"{part(['typ'])}.{parts()[1]}.{parts()[2]}",
    "header no JSON": lambda: f"{part(b'{')}.{parts()[1]}.{parts()[2]}",
    "header not UTF-8": lambda: f"{part(bytes([255, 254]))}.{parts()[1]}.{parts()[2]}",
    "header nested deep": lambda: f"{part(b'[' * 3000)}.{parts()[1]}.{parts()[2]}",
    "letters beyond ASCII": lambda: f"{proof()}é☃",
    "oversize": lambda: proof(extra="x" * 5000),
}
CLAIMS: dict[str, Callable[[], str]] = {
    **{f"without {name}": lambda name=name: proof(**{name: None}) for name in ("jti", "htm", "htu", "iat")},
    "jti empty": lambda: proof(jti=""),
    "jti long": lambda: proof(jti="x" * 256),
    "jti a number": lambda: proof(jti=1),
    "jti a list": lambda: proof(jti=["x"]),
    "jti half a character": lambda: proof(jti="\ud800"),
    "htm a list": lambda: proof(htm=["GET"]),
    "htu a list": lambda: proof(htu=[HERE]),
    "iat a word": lambda: proof(iat=str(int(time.time()))),
    "iat true": lambda: proof(iat=True),
    "iat no number": lambda: proof(iat=float("nan")),
    "nonce a number": lambda: proof(nonce=1),
    "nonce half a character": lambda: proof(nonce="\ud800"),
    "ath a list": lambda: proof(ath=["x"]),
    "payload a list": lambda: MINE.signed({}, [1]),
    "payload no JSON": lambda: MINE.signed({}, b"{"),
}
TYPES: dict[str, Callable[[], str]] = {
    str(kind): lambda kind=kind: proof(header={"typ": kind})
    for kind in ("JWT", "at+jwt", "DPOP+JWT", "application/dpop+jwt", "", None, ["dpop+jwt"])
}
ALGORITHMS: dict[str, Callable[[], str]] = {
    "none": lambda: f"{under(alg='none')[: -len(parts()[2])]}",
    "none with a signature": lambda: under(alg="none"),
    "missing": lambda: under(alg=None),
    "a list": lambda: under(alg=["ES256"]),
    "symmetric": lambda: signed_by(OctKey.import_key(b"x" * 32), "HS256", jwk={"kty": "oct", "k": part(b"x" * 32)}),
    "symmetric under the public key": hmac_under_the_public_key,
    "RSA": lambda: signed_by(RSA, "PS256", jwk=RSA.as_dict(private=False)),
    "another curve": lambda: signed_by(P384, "ES384", jwk=P384.as_dict(private=False)),
}
SIGNATURES: dict[str, Callable[[], str]] = {
    "of another key": lambda: proof(key=OTHER),
    "blank": lambda: ".".join([*parts()[:2], ""]),
    "zeros": lambda: ".".join([*parts()[:2], part(bytes(64))]),
    "of another proof": lambda: ".".join([*parts()[:2], parts(jti="other")[2]]),
}
KEYS: dict[str, Callable[[], str]] = {
    "private": lambda: bringing(MINE.key.as_dict(private=True)),
    "private, of nonsense": lambda: bringing(public(d="x")),
    "symmetric part": lambda: bringing(public(k="x")),
    "missing": lambda: bringing(None),
    "a word": lambda: bringing("key"),
    "a list": lambda: bringing([public()]),
    "empty": lambda: bringing({}),
    "without y": lambda: bringing({name: value for name, value in public().items() if name != "y"}),
    "x a number": lambda: bringing(public(x=1)),
    "x a list": lambda: bringing(public(x=[])),
    "no point of the curve": lambda: bringing(public(y=public()["x"])),
    "another kind": lambda: bringing(OKPKey.generate_key("Ed25519").as_dict(private=False)),
    "kind a list": lambda: bringing(public(kty=["EC"])),
    "by address": lambda: bringing(public(), jku="https://attacker.example/keys"),
    "by certificate": lambda: bringing(public(), x5c=["MIIB"]),
    "critical extension": lambda: bringing(public(), crit=["exp"], exp=1),
}
OTHER_REQUESTS: dict[str, Callable[[], str]] = {
    "POST": lambda: proof(htm="POST"),
    "lower case": lambda: proof(htm="get"),
    "another path": lambda: proof(htu=f"{HERE}/x"),
    "a slash more": lambda: proof(htu=f"{HERE}/"),
    "path in capitals": lambda: proof(htu=HERE.upper()),
    "another host": lambda: proof(htu="https://evil.example/api/things"),
    "suffix of the host": lambda: proof(htu="https://portal.example.evil.example/api/things"),
    "another port": lambda: proof(htu="https://portal.example:8443/api/things"),
    "another scheme": lambda: proof(htu="http://portal.example/api/things"),
    "somebody's name in it": lambda: proof(htu="https://portal.example@evil.example/api/things"),
    "name before it": lambda: proof(htu="https://x@portal.example/api/things"),
    "path alone": lambda: proof(htu="/api/things"),
    "no port": lambda: proof(htu="https://portal.example:port/api/things"),
    "no address": lambda: proof(htu="https://[::1/api"),
    "another slash": lambda: proof(htu="https://portal.example/api%2Fthings"),
}
TIMES: dict[str, Callable[[], str]] = {
    "a while ago": lambda: proof(iat=int(time.time()) - 90),
    "to come": lambda: proof(iat=int(time.time()) + 30),
    "long ago": lambda: proof(iat=0),
    "before all time": lambda: proof(iat=-(10**400)),
    "after all time": lambda: proof(iat=10**400),
    "never": lambda: proof(iat=float("inf")),
}
BAD = {
    f"{what}: {name}": forge
    for what, forgeries in {
        "not one JWT": NOT_ONE_JWT,
        "claims": CLAIMS,
        "type": TYPES,
        "algorithm": ALGORITHMS,
        "signature": SIGNATURES,
        "key": KEYS,
        "another request": OTHER_REQUESTS,
        "time": TIMES,
    }.items()
    for name, forge in forgeries.items()
}


@pytest.mark.parametrize("forge", BAD.values(), ids=BAD.keys())
def test_none_of_these_is_a_proof(forge: Callable[[], str]) -> None:
    with pytest.raises(InvalidProofError):
        read_proof([forge()], "GET", HERE)


def test_a_proof_tells_whose_key_it_is() -> None:
    for jti in ("1", "x" * 255):  # the shortest and the longest
        found = read_proof([proof(jti=jti, nonce="n", ath="a")], "GET", HERE)
        assert found == Proof(MINE.jkt, jti, "n", "a")
    assert found.jkt != KeyHolder().jkt


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_eddsa_is_the_other_algorithm() -> None:
    holder = KeyHolder(OKPKey.generate_key("Ed25519"), "EdDSA")
    assert read_proof([holder.proof("GET", HERE)], "GET", HERE).jkt == holder.jkt


@pytest.mark.parametrize("number", [0, 2])
def test_one_header_and_no_more(number: int) -> None:
    with pytest.raises(InvalidProofError, match="Exactly one"):
        read_proof([proof() for _ in range(number)], "GET", HERE)


@pytest.mark.parametrize("ago", [-5, 0, 50])
def test_clocks_may_differ_a_little(ago: int) -> None:
    assert read_proof([proof(iat=int(time.time()) - ago)], "GET", HERE)


@pytest.mark.parametrize(
    "address",
    [
        "https://portal.example:443/api/things",
        "HTTPS://PORTAL.Example/api/things",
        "https://portal.example/api/things?limit=1",
        "https://portal.example/api/things#there",
        "https://portal.example/api/%74hings",
    ],
)
def test_an_address_may_be_written_so(address: str) -> None:
    assert read_proof([proof(htu=address)], "GET", f"{HERE}?after=2")


def test_addresses_are_compared_after_rfc_3986() -> None:
    assert normalized("http://localhost:80") == normalized("http://localhost/")
    assert normalized("https://h/a%2fb%7e") == normalized("https://h/a%2Fb~")
    assert normalized("https://h/a%2Fb") != normalized("https://h/a/b")


def test_the_hash_of_a_token_is_as_the_rfc_has_it() -> None:
    """RFC 9449 §7.1: the token and the `ath` of its example."""
    assert hash_of_token("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


@given(text=st.text(max_size=200))
def test_no_text_is_a_proof_or_a_fault(text: str) -> None:
    with pytest.raises(InvalidProofError):
        read_proof([text], "GET", HERE)


@given(
    claims=st.dictionaries(
        st.sampled_from(["jti", "htm", "htu", "iat", "nonce", "ath"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.lists(st.text())),
    ),
    key=st.dictionaries(
        st.sampled_from(["kty", "crv", "x", "y", "use", "key_ops", "alg", "kid"]), st.text(max_size=50)
    ),
)
def test_no_claim_or_key_is_a_fault(claims: dict[str, Any], key: dict[str, str]) -> None:
    shown = MINE.proof("GET", HERE, header={"jwk": public(**key)}, **claims)
    with suppress(InvalidProofError):
        assert read_proof([shown], "GET", HERE).jkt == MINE.jkt


def test_a_proof_is_taken_once() -> None:
    seen, first = SeenProofs(), Proof("key", "one", None, None)
    assert [seen.take(first), seen.take(first), seen.take(Proof("key", "one", "n", "a"))] == [True, False, False]
    assert seen.take(Proof("other key", "one", None, None))
    assert seen.take(Proof("key", "two", None, None))


def test_a_proof_is_remembered_as_long_as_it_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, one = SeenProofs(), Proof("key", "one", None, None)
    now = time.monotonic()
    assert seen.take(one)
    monkeypatch.setattr(time, "monotonic", lambda: now + dpop.FRESH_FOR + dpop.AHEAD - 1)
    assert not seen.take(one)
    monkeypatch.setattr(time, "monotonic", lambda: now + dpop.FRESH_FOR + dpop.AHEAD + 1)
    assert seen.take(one)
    assert len(seen) == 1


def test_only_so_many_are_remembered() -> None:
    seen = SeenProofs(most=10)
    assert all(seen.take(Proof("key", str(number), None, None)) for number in range(30))
    assert len(seen) <= 11
    assert not any(seen.take(Proof("key", str(number), None, None)) for number in range(29, 19, -1))
