"""Proofs of a key that a client may send with a request (RFC 9449), good and malformed, and what comes of it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from afterglow_foundation.testing.proofs import KeyHolder
from joserfc.jwk import ECKey

from tests.auth.arranging import Program
from tests.auth.differential.cases import A_DAY, Body, Outcome, Programs, differs, same
from tests.auth.differential.sides import TAKEN, TOKENS, Side

OWN, OTHER = KeyHolder(), KeyHolder()
Make = Callable[[str, str], list[str]]


@dataclass(frozen=True)
class Proving:
    """A request that is handed in; `make` makes its `DPoP` headers for an address and a nonce."""

    outcome: Outcome
    make: Make
    again: bool = False
    changes: Body = field(default_factory=dict)


@dataclass(frozen=True)
class Bound:
    """A token request whose code or token may be bound to our key, with a proof by `holder`, or none."""

    outcome: Outcome
    prepare: Callable[[Side, Programs], Awaitable[Body]]
    holder: KeyHolder | None


def proof(side: Side, path: str, holder: KeyHolder = OWN) -> str:
    return holder.proof("POST", side.address(path), nonce=side.nonce)


def proving(
    outcome: Outcome,
    header: dict[str, Any] | None = None,
    key: ECKey | None = None,
    *,
    again: bool = False,
    asked: Body | None = None,
    **claims: Any,
) -> Proving:
    """A good proof in all but what is named: None leaves a claim out, and `htu` is added to the address."""

    def make(url: str, nonce: str) -> list[str]:
        added = {"htu": url + claims["htu"]} if claims.get("htu") else {}
        return [OWN.proof("POST", url, header=header, key=key, **{"nonce": nonce, **claims, **added})]

    return Proving(outcome, make, again, asked or {})


def showing(outcome: Outcome, *shown: str) -> Proving:
    """Other headers than one proof."""
    return Proving(outcome, lambda _url, _nonce: list(shown))


def twice(outcome: Outcome) -> Proving:
    return Proving(outcome, lambda url, nonce: [OWN.proof("POST", url, nonce=nonce) for _ in range(2)])


def of_code(asked_with: KeyHolder | None) -> Callable[[Side, Programs], Awaitable[Body]]:
    """The exchange of a code, asked for with the thumbprint of a key (RFC 9449 §10)."""

    async def prepare(side: Side, programs: Programs) -> Body:
        program = programs["tried"]
        code = await side.code(program, dpop_jkt=asked_with.jkt if asked_with else None)
        return side.code_form(program, code)

    return prepare


def of_refresh(client_id: str) -> Callable[[Side, Programs], Awaitable[Body]]:
    """The exchange of a refresh token that was given to whoever proved our key."""

    async def prepare(side: Side, programs: Programs) -> Body:
        program = programs[client_id]
        form = side.code_form(program, await side.code(program, prompt="consent"))
        answer = await side.prove(side.token, form, [proof(side, side.token)])
        return renewed(side, program, answer.json()["refresh_token"])

    return prepare


def renewed(side: Side, program: Program, token: str) -> Body:
    return side.form(program, grant_type="refresh_token", refresh_token=token)


INVALID = same("invalid_dpop_proof")
LATE = "theirs believes a nonce for as long as it lasts; ours wants a proof of this minute as well"

PROOFS = {
    "good": proving(same(TAKEN)),
    "no nonce": proving(same("use_dpop_nonce"), nonce=None),
    "another's nonce": proving(same("use_dpop_nonce"), nonce="x" * 43),
    "a number for a nonce": proving(INVALID, nonce=5),
    "nothing": showing(differs("invalid_dpop_proof", TAKEN, "a header that says nothing proves nothing"), ""),
    "no JWT": showing(INVALID, "nonsense"),
    "two proofs": twice(INVALID),
    "another type": proving(INVALID, {"typ": "JWT"}),
    "no type": proving(INVALID, {"typ": None}),
    "unsigned": proving(INVALID, {"alg": "none"}),
    "signed with a secret": proving(INVALID, {"alg": "HS256"}),
    "signed by another key": proving(INVALID, key=OTHER.key),  # type: ignore[arg-type]  # an EC key
    "no key": proving(INVALID, {"jwk": None}),
    "a private key": proving(INVALID, {"jwk": OWN.key.as_dict(private=True)}),
    "an extension that nobody knows": proving(INVALID, {"crit": ["x"], "x": 1}),
    "another method": proving(INVALID, htm="GET"),
    "its method in small letters": proving(INVALID, htm="post"),
    "no method": proving(INVALID, htm=None),
    "another address": proving(INVALID, htu="/more"),
    "a query added to its address": proving(same(TAKEN), htu="?a=b"),
    "no address": proving(INVALID, htu=None),
    "no time": proving(INVALID, iat=None),
    "words for a time": proving(INVALID, iat="now"),
    "of ten minutes ago": proving(differs("invalid_dpop_proof", TAKEN, LATE), iat=int(time.time()) - 600),
    "of a time to come": proving(differs("invalid_dpop_proof", TAKEN, LATE), iat=int(time.time()) + A_DAY),
    "no id": proving(INVALID, jti=None),
    "an empty id": proving(INVALID, jti=""),
    "used before": proving(differs("invalid_dpop_proof", "invalid_request", "RFC 9449 §5 names the proof"), again=True),
    "of the key that the request names": proving(same(TAKEN), asked={"dpop_jkt": OWN.jkt}),
    "of another key than the request names": proving(same("invalid_request"), asked={"dpop_jkt": OTHER.jkt}),
}

BOUND = {
    "code, no key": Bound(same(TOKENS), of_code(None), None),
    "code": Bound(same(TOKENS), of_code(None), OWN),
    "code asked for with the key": Bound(same(TOKENS), of_code(OWN), OWN),
    "code asked for with another key": Bound(same("invalid_grant"), of_code(OTHER), OWN),
    "code asked for with a key, no proof": Bound(same("invalid_grant"), of_code(OWN), None),
    "a public client's refresh token": Bound(same(TOKENS), of_refresh("open"), OWN),
    "a public client's refresh token by another key": Bound(same("invalid_grant"), of_refresh("open"), OTHER),
    "a public client's refresh token, no proof": Bound(same("invalid_grant"), of_refresh("open"), None),
    "a confidential client's refresh token by another key": Bound(same(TOKENS), of_refresh("tried"), OTHER),
}
