"""What an attacker may write in place of an access token, for the verifier alone and for every door of the services."""

import json
import time
import zlib
from collections.abc import Callable
from typing import Any

from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import BASE_URL, Person
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.foundation.forging import HEADER, Forger, decoded, encoded, segment, signature

NOW = int(time.time())
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
ORDER_OF_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


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


def other_kind(key: Any, algorithm: str) -> Callable[[Forger], str]:
    """Under a key of another kind that claims the issuer's id."""

    def forge(forger: Forger) -> str:
        return jwt.encode(HEADER | {"alg": algorithm}, forger.claims(), key, algorithms=[algorithm])

    return forge


def encrypted(forger: Forger) -> str:
    """Anybody can encrypt to the issuer's public key (a JWE), which proves nothing."""
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "typ": "at+jwt", "kid": "test-key"}
    content = json.dumps(forger.claims()).encode()
    return jwe.encrypt_compact(header, content, ECKey.import_key(forger.public_jwk), algorithms=["ECDH-ES", "A128GCM"])


def numbers(r: int, s: int) -> Callable[[Forger], str]:
    return lambda forger: forger.with_signature(r.to_bytes(32) + s.to_bytes(32))


def in_other_alphabet(forger: Forger) -> str:
    """A genuine signature in the alphabet of ordinary base64."""
    token = forger.valid
    while not set(token.rpartition(".")[2]) & set("-_"):
        token = forger.with_claims(jti=token[-8:])
    first, _, last = token.rpartition(".")
    return f"{first}.{last.replace('-', '+').replace('_', '/')}"


def in_loose_bits(forger: Forger) -> str:
    """A genuine signature whose last letter says the same in other bits, which a lenient decoder drops."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return forger.valid[:-1] + letters[letters.index(forger.valid[-1]) | 1]


def twice(place: str, name: str, first: object) -> Callable[[Forger], str]:
    """Signed by the issuer, with one member twice: `first`, and then as it should be."""

    def forge(forger: Forger) -> str:
        parts = {"header": HEADER, "payload": forger.claims()}
        written = {key: json.dumps(value) for key, value in parts.items()}
        written[place] = f'{{"{name}": {json.dumps(first)}, {written[place][1:]}'
        return forger.signed_text(".".join(encoded(text.encode()) for text in written.values()))

    return forge


def respelled(forger: Forger, header: bytes) -> str:
    return f"{encoded(header)}.{forger.parts[1]}."


def saying(forger: Forger, *names: str, **more: Any) -> dict[str, Any]:
    """These of the claims, and more."""
    return {name: forger.claims()[name] for name in ("iss", "iat", "exp", *names)} | more


def said(forger: Forger, payload: bytes) -> str:
    return forger.signed_text(f"{forger.parts[0]}.{encoded(payload)}")


def swapped_header(forger: Forger) -> str:
    """Payload and signature of a genuine logout token under the header of an access token."""
    return ".".join([forger.parts[0], *forger.with_header(typ="logout+jwt").split(".")[1:]])


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
    "alg NONE": lambda f: f"{segment(HEADER | {'alg': 'NONE'})}.{segment(f.claims())}.",
    "alg none with a space": lambda f: f"{segment(HEADER | {'alg': 'none '})}.{segment(f.claims())}.",
    "alg none with a genuine signature": lambda f: f"{segment(HEADER | {'alg': 'none'})}.{f.parts[1]}.{f.parts[2]}",
    "alg empty": lambda f: f"{segment(HEADER | {'alg': ''})}.{segment(f.claims())}.",
    "alg a number": lambda f: f"{segment(HEADER | {'alg': 1})}.{segment(f.claims())}.{f.parts[2]}",
    "alg none, and then ES256": lambda f: respelled(f, b'{"alg":"none",' + decoded(f.parts[0])[1:]),
    "ES256, and then alg none": lambda f: respelled(f, decoded(f.parts[0])[:-1] + b',"alg":"none"}'),
    "HS256 under the key set": lambda f: f.hmac(json.dumps({"keys": [f.public_jwk]}).encode()),
    "HS256 under x": lambda f: f.hmac(decoded(str(f.public_jwk["x"]))),
    "HS256 under a zero byte": lambda f: f.hmac(b"\x00"),
    "RS256 under a key of its own": other_kind(RSAKey.generate_key(2048), "RS256"),
    "PS256 under a key of its own": other_kind(RSAKey.generate_key(2048), "PS256"),
    "EdDSA under a key of its own": other_kind(OKPKey.generate_key("Ed25519"), "EdDSA"),
    "ES256K on a curve of the same size": other_curve("secp256k1", "ES256K"),
    "key id empty, and a key of its own": self_signed(kid=""),
    "key id a list": self_signed(kid=["test-key"]),
    "key id an object": self_signed(kid={"$ne": ""}),
    "key id that ends early": self_signed(kid="test-key\x00own"),
    "key id that commands": self_signed(kid="test-key; cat /dev/null |"),
    "its own key behind jku on our own host": self_signed(jku=f"{BASE_URL}/auth/jwks#@attacker.example", kid="own"),
    "its own key in a header and crit": self_signed(jwk=None, crit=["jwk"]),
    "signature of the order": numbers(ORDER_OF_P256, ORDER_OF_P256),
    "signature of one": numbers(1, 1),
    "signature of zero and the order": numbers(0, ORDER_OF_P256),
    "signature empty twice": lambda f: f"{f.parts[0]}.{f.parts[1]}..",
    "header of another token": swapped_header,
    "encrypted to the issuer": encrypted,
    "a token in a token": lambda f: f.signed(HEADER | {"cty": "JWT"}, f.valid, ECKey.generate_key("P-256")),
    "zipped by itself": lambda f: (
        f"{segment(HEADER | {'zip': 'DEF'})}.{encoded(zlib.compress(bytes(10_000_000)))}.{f.parts[2]}"
    ),
    "header of a hundred kilobytes": lambda f: f"{segment(HEADER | {'x': 'x' * 100_000})}.{f.parts[1]}.{f.parts[2]}",
    "JSON with a header beside": lambda f: json.dumps(
        {"payload": f.parts[1], "signatures": [{"header": HEADER, "signature": f.parts[2]}]}
    ),
    "JSON with a second signature": lambda f: json.dumps(
        {"payload": f.parts[1], "signatures": [{"protected": f.parts[0], "signature": s} for s in ("", f.parts[2])]}
    ),
    "the other alphabet": in_other_alphabet,
    "loose bits": in_loose_bits,
    "a newline in the signature": lambda f: f"{f.valid[:-9]}\n{f.valid[-9:]}",
    "a tab after": lambda f: f"{f.valid}\t",
    "a zero byte after": lambda f: f"{f.valid}\x00",
    "a dot after": lambda f: f"{f.valid}.",
    "a comma after": lambda f: f"{f.valid},",
    "two tokens": lambda f: f"{f.valid}, {f.valid}",
    "two tokens with a space between": lambda f: f"{f.valid} {f.valid}",
    "in quotes": lambda f: f'"{f.valid}"',
    "percent-encoded dots": lambda f: f.valid.replace(".", "%2E"),
    "wide dots": lambda f: f.valid.replace(".", "\uff0e"),
    "its scheme twice": lambda f: f"Bearer {f.valid}",
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
    "another audience": lambda f: f.with_claims(aud=[f"{BASE_URL}/api/elsewhere"]),
    "audience a prefix": lambda f: f.with_claims(aud=[f"{BASE_URL}/api"]),
    "audience longer": lambda f: f.with_claims(aud=[f"{f.audience}/x"]),
    "audience a word": lambda f: f.with_claims(aud=f.audience),
    "audience empty": lambda f: f.with_claims(aud=[]),
    "audience in a list in a list": lambda f: f.with_claims(aud=[[f.audience]]),
    "audience an object": lambda f: f.with_claims(aud={f.audience: True}),
    "expired": lambda f: f.with_claims(iat=NOW - 301, exp=NOW - 1),
    "expires now": lambda f: f.with_claims(iat=NOW - 300, exp=int(time.time())),
    "expired long ago": lambda f: f.with_claims(iat=0, exp=300),
    "never expires": lambda f: f.signed(None, f.without("exp")),
    "exp null": lambda f: f.with_claims(exp=None),
    "exp a word": lambda f: f.with_claims(exp=str(NOW + 300)),
    "exp a fraction": lambda f: f.with_claims(exp=NOW + 299.5),
    "exp true": lambda f: f.with_claims(exp=True),
    "exp huge": lambda f: f.with_claims(exp=10**30),
    "issued in the future": lambda f: f.with_claims(iat=int(time.time()) + 60, exp=int(time.time()) + 300),
    "issued in the future, short": lambda f: f.with_claims(iat=int(time.time()) + 20, exp=int(time.time()) + 60),
    "lives too long": lambda f: f.with_claims(exp=NOW + 86_400),
    "lives a second too long": lambda f: f.with_claims(iat=NOW, exp=NOW + 301),
    "iat a word": lambda f: f.with_claims(iat="now"),
    "subject no id": lambda f: f.with_claims(sub="somebody"),
    "subject a number": lambda f: f.with_claims(sub=1),
    "session no id": lambda f: f.with_claims(sid="session"),
    "role unknown": lambda f: f.with_claims(role="superuser"),
    "role a list": lambda f: f.with_claims(role=["client"]),
    "scope a list": lambda f: f.with_claims(scope=[f.scope]),
    "amr a word": lambda f: f.with_claims(amr="pwd"),
    "auth_time beyond time": lambda f: f.with_claims(auth_time=10**30),
    "auth_time before time": lambda f: f.with_claims(auth_time=-(10**12)),
    "payload a list": lambda f: f.signed(None, [1, 2]),
    "payload a word": lambda f: f.signed(None, "claims"),
    "payload null": lambda f: f.signed_text(f"{f.parts[0]}.{segment(None)}"),
    "payload no JSON": lambda f: f.signed_text(f"{f.parts[0]}.{encoded(b'{')}"),
    "payload empty": lambda f: f.signed_text(f"{f.parts[0]}."),
    "typ with a space": lambda f: f.with_header(typ="at+jwt "),
    "typ that ends early": lambda f: f.with_header(typ="at+jwt\x00"),
    "typ with a parameter": lambda f: f.with_header(typ="at+jwt;v=1"),
    "typ in wide letters": lambda f: f.with_header(typ="\uff41t+jwt"),
    "typ of an introspection answer": lambda f: f.with_header(typ="token-introspection+jwt"),
    "typ of a client assertion": lambda f: f.with_header(typ="client-authentication+jwt"),
    "typ of a request object": lambda f: f.with_header(typ="oauth-authz-req+jwt"),
    "typ of a proof": lambda f: f.with_header(typ="dpop+jwt"),
    "kid null": lambda f: f.with_header(kid=None),
    "kid in capitals": lambda f: f.with_header(kid="TEST-KEY"),
    "payload encoded, and b64 says so": lambda f: f.with_header(b64=True, crit=["b64"]),
    "b64 without crit": lambda f: f.with_header(b64=False),
    "zip without crit": lambda f: f.with_header(zip="DEF"),
    "crit a word": lambda f: f.with_header(crit="exp"),
    "alg in the header twice": twice("header", "alg", "none"),
    "kid in the header twice": twice("header", "kid", "own"),
    "exp twice": twice("payload", "exp", 1),
    "audience twice": twice("payload", "aud", []),
    "subject twice": twice("payload", "sub", "somebody"),
    "role twice": twice("payload", "role", "admin"),
    "issuer with a space": lambda f: f.with_claims(iss=f"{BASE_URL}/auth "),
    "issuer a number": lambda f: f.with_claims(iss=1),
    "issuer that ends early": lambda f: f.with_claims(iss=f"{BASE_URL}/auth\x00"),
    "audience in capitals": lambda f: f.with_claims(aud=[f.audience.upper()]),
    "audience with a slash": lambda f: f.with_claims(aud=[f"{f.audience}/"]),
    "audience over TLS": lambda f: f.with_claims(aud=[f.audience.replace("http:", "https:")]),
    "audience with a dot more": lambda f: f.with_claims(aud=[f.audience.replace("localhost", "localhost.")]),
    "audience a number": lambda f: f.with_claims(aud=1),
    "audience null": lambda f: f.with_claims(aud=None),
    "audience and a number": lambda f: f.with_claims(aud=[f.audience, 1]),
    "audience everything": lambda f: f.with_claims(aud=["*"]),
    "exp not a number": lambda f: f.with_claims(exp=float("nan")),
    "exp infinite": lambda f: f.with_claims(exp=float("inf")),
    "exp a whole fraction": lambda f: f.with_claims(exp=float(NOW + 200)),
    "exp negative": lambda f: f.with_claims(exp=-1),
    "exp zero": lambda f: f.with_claims(exp=0),
    "exp a list": lambda f: f.with_claims(exp=[NOW + 200]),
    "iat null": lambda f: f.with_claims(iat=None),
    "iat negative": lambda f: f.with_claims(iat=-1),
    "not to be used yet": lambda f: f.with_claims(nbf=int(time.time()) + 60),
    "nbf a word": lambda f: f.with_claims(nbf="now"),
    "client a list": lambda f: f.with_claims(client_id=["portal"]),
    "client null": lambda f: f.with_claims(client_id=None),
    "scope null": lambda f: f.with_claims(scope=None),
    "scope an object": lambda f: f.with_claims(scope={f.scope: True}),
    "subject empty": lambda f: f.with_claims(sub=""),
    "subject null": lambda f: f.with_claims(sub=None),
    "subject that ends early": lambda f: f.with_claims(sub=f"{f.claims()['sub']}\x00"),
    "session a number": lambda f: f.with_claims(sid=1),
    "role in capitals": lambda f: f.with_claims(role=str(f.claims()["role"]).upper()),
    "role empty": lambda f: f.with_claims(role=""),
    "jti a number": lambda f: f.with_claims(jti=1),
    "a claim nested a hundred thousand deep": lambda f: said(f, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a number of ten thousand digits": lambda f: said(f, b'{"exp":' + b"9" * 10_000 + b"}"),
    "a claim of a hundred kilobytes": lambda f: f.with_claims(x="x" * 100_000),
    "claims of an ID token": lambda f: f.signed(None, saying(f, "sub", "role", "sid", "acr", aud="web", nonce="n")),
    "claims of a logout token": lambda f: f.signed(
        None, saying(f, "sub", "sid", "jti", aud="web", events={LOGOUT: {}})
    ),
    "claims of a security event": lambda f: f.signed(None, saying(f, "jti", aud="portal", events={LOGOUT: {}})),
    "claims of a client assertion": lambda f: f.signed(
        None, saying(f, "jti", iss="portal", sub="portal", aud=f"{BASE_URL}/auth")
    ),
    "claims of an introspection answer": lambda f: f.signed(
        None, saying(f, "iss", aud="portal", token_introspection=f.claims() | {"active": True})
    ),
    "a token in a token under the issuer's key": lambda f: f.signed(HEADER | {"cty": "JWT"}, f.valid),
    **{
        f"without {claim}": lambda f, claim=claim: f.signed(None, f.without(claim))
        for claim in ("iss", "sub", "aud", "iat", "jti", "client_id", "scope", "role")
    },
}

# The same, where a person, or where a service is expected.
OF_PERSONS: dict[str, Callable[[Forger], str]] = {
    "without a session": lambda f: f.signed(None, f.without("sid")),
    "session null": lambda f: f.with_claims(sid=None),
    "session empty": lambda f: f.with_claims(sid=""),
    "a person who says service": lambda f: f.with_claims(role="service"),
    "a person who says service, without a session": lambda f: f.with_claims(role="service", sid=None),
    "a service that says client": lambda f: f.with_claims(sub="portal", client_id="portal", sid=None),
    "in the hands of another than it says": lambda f: f.with_claims(act={"sub": "portal"}),
    "in the hands of text": lambda f: f.with_claims(act="test"),
    "in the hands of a list": lambda f: f.with_claims(act=[{"sub": "test"}]),
    "in nobody's hands": lambda f: f.with_claims(act={}),
    "in the second hands": lambda f: f.with_claims(act={"sub": "test", "act": {"sub": "portal"}}),
}
OF_SERVICES: dict[str, Callable[[Forger], str]] = {
    "a service with a person's session": lambda f: f.with_claims(sid=str(f.person.session_id)),
    "a service with a person's subject": lambda f: f.with_claims(sub=str(f.person.id)),
    "a service that is another": lambda f: f.with_claims(sub="messaging"),
    "a service in its own hands": lambda f: f.with_claims(act={"sub": "portal"}),
}
