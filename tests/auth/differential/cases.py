"""What a client may send, good and malformed, and what comes of it."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, OctKey

from tests.auth.arranging import Program
from tests.auth.differential.sides import PAGE, SIGN_IN, TAKEN, TOKENS, Side, encode

A_DAY = 86_400  # seconds: the cases are made when they are collected, and asked much later

Programs = dict[str, Program]
Body = dict[str, str]
Prepared = Callable[[Side, Programs], Awaitable[Body]]


@dataclass(frozen=True)
class Outcome:
    """What ours does, and theirs where that is something else, with the reason."""

    ours: str
    theirs: str = ""
    reason: str = ""

    @property
    def expected_of_theirs(self) -> str:
        return self.theirs or self.ours


@dataclass(frozen=True)
class Asking:
    """How an authorization request differs from a good one: None leaves a parameter out, `twice` repeats one."""

    outcome: Outcome
    changes: dict[str, str | None]
    twice: str = ""


@dataclass(frozen=True)
class Exchanging:
    """A token request, prepared at the side that it is for; `again` sends it twice and looks at the second answer."""

    outcome: Outcome
    prepare: Prepared
    again: bool = False
    twice: str = ""


def same(outcome: str) -> Outcome:
    return Outcome(outcome)


def differs(ours: str, theirs: str, reason: str) -> Outcome:
    return Outcome(ours, theirs, reason)


def asking(outcome: Outcome, twice: str = "", **changes: str | None) -> Asking:
    return Asking(outcome, changes, twice)


def of_code(**changes: str | None) -> Prepared:
    """The exchange of a fresh code, changed."""

    async def prepare(side: Side, programs: Programs) -> Body:
        program = programs["tried"]
        return changed(side.code_form(program, await side.code(program)), changes)

    return prepare


def by_assertion(make: Callable[[Side, Program], str]) -> Prepared:
    """The exchange of a fresh code by a client that proves itself otherwise than it should."""

    async def prepare(side: Side, programs: Programs) -> Body:
        program = programs["tried"]
        form = side.code_form(program, await side.code(program))
        return form | {"client_assertion": make(side, program)}

    return prepare


def of_refresh(scope: str | None = None, **changes: str | None) -> Prepared:
    async def prepare(side: Side, programs: Programs) -> Body:
        program = programs["tried"]
        tokens = await side.tokens(program, prompt="consent")
        form = side.form(program, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        return changed(form, {"scope": scope, **changes})

    return prepare


def changed(form: Body, changes: dict[str, str | None]) -> Body:
    return {name: value for name, value in (form | changes).items() if value is not None}


async def public_code(side: Side, programs: Programs) -> Body:
    return side.code_form(programs["open"], await side.code(programs["open"]))


async def public_with_secret(side: Side, programs: Programs) -> Body:
    return await public_code(side, programs) | {"client_secret": "guessed"}


async def code_of_another_client(side: Side, programs: Programs) -> Body:
    code = await side.code(programs["tried"])
    return side.code_form(programs["other"], code) | {"redirect_uri": programs["tried"].redirect_uri}


async def refresh_token_of_another_client(side: Side, programs: Programs) -> Body:
    tokens = await side.tokens(programs["tried"], prompt="consent")
    return side.form(programs["other"], grant_type="refresh_token", refresh_token=tokens["refresh_token"])


async def unknown_client(side: Side, programs: Programs) -> Body:
    stranger = Program("nobody", programs["tried"].redirect_uri)
    return side.code_form(stranger, await side.code(programs["tried"]))


async def assertion_used_before(side: Side, programs: Programs) -> Body:
    form = await of_code()(side, programs)
    await side.exchange(encode(form | {"code": "nonsense"}))
    return form


async def by_another_key(side: Side, programs: Programs) -> Body:
    return await by_assertion(
        lambda side, program: program.assertion(key=ECKey.generate_key("P-256", {"kid": "one"}), aud=side.issuer)
    )(side, programs)


async def by_secret(side: Side, programs: Programs) -> Body:
    secret = OctKey.generate_key(256)
    return await by_assertion(lambda side, program: program.assertion({"alg": "HS256"}, secret, aud=side.issuer))(
        side, programs
    )


async def for_itself(side: Side, programs: Programs) -> Body:
    return side.form(programs["tried"], grant_type="client_credentials", scope="openid")


def signed(header: dict[str, Any] | None = None, **claims: Any) -> Prepared:
    """An assertion for this side's issuer, unless `claims` say otherwise."""
    return by_assertion(lambda side, program: program.assertion(header, **({"aud": side.issuer} | claims)))


def handed_in(client_id: str = "tried", **changes: str | None) -> Prepared:
    """A request for the endpoint that takes pushed ones (RFC 9126), changed."""

    async def prepare(side: Side, programs: Programs) -> Body:
        program = programs[client_id]
        return changed(side.form(program, **program.request()), changes)

    return prepare


def by_reference(**changes: str | None) -> Prepared:
    """What the browser brings after a good request was handed in, changed."""

    async def prepare(side: Side, programs: Programs) -> Body:
        brought = {"client_id": "tried", "request_uri": await side.reference(programs["tried"])}
        return changed(brought, changes)

    return prepare


ONLY_ONE = "theirs takes the only one that is registered"
NOWHERE = "without its request ours does not know where to; theirs goes to the only address"
NOTHING_TWICE = "ours takes no request apart that says anything twice"
BAD_ASSERTION = "RFC 7521 §4.2.1 names the client"

AUTHORIZATION = {
    "good": asking(same(SIGN_IN)),
    "no state": asking(same(SIGN_IN), state=None),
    "no nonce": asking(same(SIGN_IN), nonce=None),
    "an unknown parameter": asking(same(SIGN_IN), colour="violet"),
    "no client": asking(same(PAGE), client_id=None),
    "unknown client": asking(same(PAGE), client_id="nobody"),
    "client twice": asking(same(PAGE), twice="client_id"),
    "no redirect URI": asking(differs(PAGE, SIGN_IN, ONLY_ONE), redirect_uri=None),
    "another redirect URI": asking(same(PAGE), redirect_uri="https://client.example/other"),
    "a query added to it": asking(same(PAGE), redirect_uri="https://client.example/callback?a=b"),
    "a fragment added to it": asking(same(PAGE), redirect_uri="https://client.example/callback#a"),
    "a slash added to it": asking(same(PAGE), redirect_uri="https://client.example/callback/"),
    "its host in capitals": asking(same(PAGE), redirect_uri="https://CLIENT.example/callback"),
    "redirect URI of another client": asking(same(PAGE), redirect_uri="https://other.example/callback"),
    "redirect URI twice": asking(differs(PAGE, "invalid_request", NOTHING_TWICE), twice="redirect_uri"),
    "no response type": asking(same("invalid_request"), response_type=None),
    "response type token": asking(same("unsupported_response_type"), response_type="token"),
    "response type code id_token": asking(same("unsupported_response_type"), response_type="code id_token"),
    "response type none": asking(same("unsupported_response_type"), response_type="none"),
    "state twice": asking(differs(PAGE, "invalid_request", NOTHING_TWICE), twice="state"),
    "no scope": asking(
        differs("invalid_scope", "invalid_request", "RFC 6749 §3.3 names the scope as what is wrong"), scope=None
    ),
    "unknown scope": asking(
        differs("invalid_scope", SIGN_IN, "ours says so, rather than giving less than was asked for"),
        scope="openid everything",
    ),
    "no code challenge": asking(same("invalid_request"), code_challenge=None),
    "no PKCE at all": asking(same("invalid_request"), code_challenge=None, code_challenge_method=None),
    "PKCE plain": asking(same("invalid_request"), code_challenge_method="plain"),
    "PKCE method left out": asking(same("invalid_request"), code_challenge_method=None),
    "PKCE method unknown": asking(same("invalid_request"), code_challenge_method="S512"),
    "challenge too short": asking(same("invalid_request"), code_challenge="short"),
    "challenge with other characters": asking(same("invalid_request"), code_challenge="!" * 43),
    "prompt none": asking(same("login_required"), prompt="none"),
    "prompt none and login": asking(same("invalid_request"), prompt="none login"),
    "prompt login": asking(same(SIGN_IN), prompt="login"),
    "prompt consent": asking(same(SIGN_IN), prompt="consent"),
    "prompt unknown": asking(same("invalid_request"), prompt="perhaps"),
    "max_age 0": asking(same(SIGN_IN), max_age="0"),
    "max_age negative": asking(same("invalid_request"), max_age="-1"),
    "max_age words": asking(same("invalid_request"), max_age="soon"),
    "response mode query": asking(same(SIGN_IN), response_mode="query"),
    "response mode fragment": asking(
        differs("invalid_request", SIGN_IN, "ours answers in the query only"), response_mode="fragment"
    ),
    "response mode unknown": asking(
        differs("invalid_request", "unsupported_response_mode", "no RFC has that name"), response_mode="smoke"
    ),
    "a request object": asking(same("request_not_supported"), request="e30.e30."),
    "a request URI": asking(same("request_uri_not_supported"), request_uri="https://client.example/request"),
    "a registration": asking(same("registration_not_supported"), registration="{}"),
    "a hint that is no ID token": asking(same("invalid_request"), id_token_hint="nonsense"),
    "a language": asking(same(SIGN_IN), ui_locales="es se"),
    "a class of authentication": asking(same(SIGN_IN), acr_values="1 2"),
    "display popup": asking(same(SIGN_IN), display="popup"),
}

TOKEN = {
    "good": Exchanging(same(TOKENS), of_code()),
    "good, of a public client": Exchanging(same(TOKENS), public_code),
    "a public client with a secret": Exchanging(
        differs("invalid_client", TOKENS, "ours takes no proof that it cannot check"), public_with_secret
    ),
    "no grant type": Exchanging(same("invalid_request"), of_code(grant_type=None)),
    "unknown grant type": Exchanging(same("unsupported_grant_type"), of_code(grant_type="hope")),
    "password grant": Exchanging(same("unsupported_grant_type"), of_code(grant_type="password")),
    "grant type twice": Exchanging(same("invalid_request"), of_code(), twice="grant_type"),
    "no code": Exchanging(same("invalid_request"), of_code(code=None)),
    "unknown code": Exchanging(same("invalid_grant"), of_code(code="nonsense")),
    "code used before": Exchanging(same("invalid_grant"), of_code(), again=True),
    "code of another client": Exchanging(same("invalid_grant"), code_of_another_client),
    "no redirect URI": Exchanging(
        differs("invalid_grant", TOKENS, "RFC 6749 §4.1.3 wants it; theirs has only one"), of_code(redirect_uri=None)
    ),
    "another redirect URI": Exchanging(same("invalid_grant"), of_code(redirect_uri="https://client.example/other")),
    "no verifier": Exchanging(
        differs("invalid_request", "invalid_grant", "missing is not wrong: RFC 7636 §4.6 is about unequal ones"),
        of_code(code_verifier=None),
    ),
    "another verifier": Exchanging(same("invalid_grant"), of_code(code_verifier="x" * 43)),
    "verifier too short": Exchanging(same("invalid_request"), of_code(code_verifier="short")),
    "no assertion": Exchanging(same("invalid_client"), of_code(client_assertion=None, client_assertion_type=None)),
    "assertion without its type": Exchanging(same("invalid_request"), of_code(client_assertion_type=None)),
    "type without assertion": Exchanging(
        differs("invalid_request", "invalid_client", "a parameter is missing: RFC 6749 §5.2"),
        of_code(client_assertion=None),
    ),
    "unknown type of assertion": Exchanging(same("invalid_request"), of_code(client_assertion_type="urn:other")),
    "assertion that is no JWT": Exchanging(
        differs("invalid_client", "invalid_request", BAD_ASSERTION), of_code(client_assertion="nonsense")
    ),
    "assertion for somebody else": Exchanging(same("invalid_client"), signed(aud="https://other.example")),
    "assertion for the token endpoint": Exchanging(
        same(TOKENS), by_assertion(lambda side, program: program.assertion(aud=f"{side.issuer}/token"))
    ),
    "assertion for nobody": Exchanging(same("invalid_client"), signed(aud=None)),
    "assertion run out": Exchanging(same("invalid_client"), signed(exp=int(time.time()) - 600)),
    "assertion without end": Exchanging(same("invalid_client"), signed(exp=None)),
    "assertion without id": Exchanging(same("invalid_client"), signed(jti=None)),
    "assertion not yet valid": Exchanging(same("invalid_client"), signed(nbf=int(time.time()) + A_DAY)),
    "assertion by another issuer": Exchanging(same("invalid_client"), signed(iss="other")),
    "assertion about another client": Exchanging(
        differs("invalid_client", "invalid_request", BAD_ASSERTION), signed(sub="other")
    ),
    "assertion used before": Exchanging(same("invalid_client"), assertion_used_before),
    "assertion signed with a secret": Exchanging(same("invalid_client"), by_secret),
    "assertion signed by another key": Exchanging(same("invalid_client"), by_another_key),
    "client_id of another client": Exchanging(
        differs("invalid_client", "invalid_request", BAD_ASSERTION), of_code(client_id="other")
    ),
    "unknown client": Exchanging(same("invalid_client"), unknown_client),
    "refreshed": Exchanging(same(TOKENS), of_refresh()),
    "refreshed for less": Exchanging(same(TOKENS), of_refresh(scope="openid")),
    "refreshed for more": Exchanging(same("invalid_scope"), of_refresh(scope="openid everything")),
    "no refresh token": Exchanging(same("invalid_request"), of_refresh(refresh_token=None)),
    "unknown refresh token": Exchanging(same("invalid_grant"), of_refresh(refresh_token="nonsense")),
    "refresh token of another client": Exchanging(same("invalid_grant"), refresh_token_of_another_client),
    "client acts for itself": Exchanging(
        differs("unauthorized_client", "invalid_request", "RFC 6749 §5.2 has the very name"), for_itself
    ),
}

PUSH = {
    "good": Exchanging(same(TAKEN), handed_in()),
    "good, of a public client": Exchanging(same(TAKEN), handed_in("open")),
    "no proof of the client": Exchanging(
        same("invalid_client"), handed_in(client_assertion=None, client_assertion_type=None)
    ),
    "no code challenge": Exchanging(same("invalid_request"), handed_in(code_challenge=None)),
    "PKCE plain": Exchanging(same("invalid_request"), handed_in(code_challenge_method="plain")),
    "no redirect URI": Exchanging(differs("invalid_request", TAKEN, ONLY_ONE), handed_in(redirect_uri=None)),
    "another redirect URI": Exchanging(same("invalid_request"), handed_in(redirect_uri="https://client.example/other")),
    "no response type": Exchanging(same("invalid_request"), handed_in(response_type=None)),
    "response type token": Exchanging(same("unsupported_response_type"), handed_in(response_type="token")),
    "a request URI in it": Exchanging(
        differs("invalid_request", "request_uri_not_supported", "RFC 9126 §2.1 names no error"),
        handed_in(request_uri="urn:other"),
    ),
    "prompt none and login": Exchanging(same("invalid_request"), handed_in(prompt="none login")),
    "scope twice": Exchanging(same("invalid_request"), handed_in(), twice="scope"),
}

PUSHED = {
    "good": Exchanging(same(SIGN_IN), by_reference()),
    "something else beside it": Exchanging(same(SIGN_IN), by_reference(state="outside", scope="everything")),
    "of another client": Exchanging(differs(PAGE, "invalid_request_object", NOWHERE), by_reference(client_id="other")),
    "of no client": Exchanging(same(PAGE), by_reference(client_id=None)),
    "unknown": Exchanging(
        differs(PAGE, "invalid_request_uri", NOWHERE),
        by_reference(request_uri="urn:ietf:params:oauth:request_uri:nonsense"),
    ),
    "twice": Exchanging(differs(PAGE, "invalid_request", NOTHING_TWICE), by_reference(), twice="request_uri"),
}
