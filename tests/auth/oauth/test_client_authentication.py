"""Client assertions: one good one is taken, everything that looks like one is not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth import client_authentication
from afterglow_auth.oauth.models import UsedAssertion
from afterglow_foundation.client import ASSERTION_TYPE
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.tokens import CLOCK_SKEW
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from tests.auth.arranging import ISSUER, Browser, Program, audited

Forge = Callable[[Program], str]


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def good_claims(program: Program) -> dict[str, Any]:
    return {
        "iss": program.client_id,
        "sub": program.client_id,
        "aud": ISSUER,
        "jti": "x1",
        "exp": int(time.time()) + 60,
    }


def unsigned(program: Program) -> str:
    return f"{part({'alg': 'none'})}.{part(good_claims(program))}."


def blank_signature(program: Program) -> str:
    head, body, _ = program.assertion().split(".")
    return f"{head}.{body}."


def hmac_signed(program: Program, key: bytes) -> str:
    head = f"{part({'alg': 'HS256', 'kid': 'one'})}.{part(good_claims(program))}"
    mac = hmac.digest(key, head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def brings_its_own_key(program: Program) -> str:
    own = ECKey.generate_key("P-256")
    header = {"alg": "ES256", "jwk": own.as_dict(private=False)}
    return jwt.encode(header, good_claims(program), own, algorithms=["ES256"])


def another_key(program: Program) -> str:
    return program.assertion(key=ECKey.generate_key("P-256", {"kid": "one"}))


def rsa(program: Program) -> str:
    key = RSAKey.generate_key(2048)
    return jwt.encode({"alg": "RS256", "kid": "one"}, good_claims(program), key, algorithms=["RS256"])


FORGED: dict[str, Forge] = {
    "alg none": unsigned,
    "blank signature": blank_signature,
    "HMAC with the public key, PEM": lambda program: hmac_signed(program, program.key.as_pem(private=False)),
    "HMAC with the public key, DER": lambda program: hmac_signed(program, program.key.as_der(private=False)),
    "HMAC with an empty key": lambda program: hmac_signed(program, b""),
    "its own jwk": brings_its_own_key,
    "another key": another_key,
    "RSA": rsa,
    "unknown key id": lambda program: program.assertion({"kid": "two"}),
    "type access token": lambda program: program.assertion({"typ": "at+jwt"}),
    "type a list": lambda program: f"{part({'alg': 'ES256', 'typ': ['JWT']})}.{part(good_claims(program))}.x",
    "crit": lambda program: program.assertion({"crit": ["b64"], "b64": True}),
    "list-valued iss": lambda program: program.assertion(iss=[program.client_id]),
    "another iss": lambda program: program.assertion(iss="somebody"),
    "iss missing": lambda program: program.assertion(iss=None),
    "sub unknown": lambda program: program.assertion(sub="somebody"),
    "sub a number": lambda program: program.assertion(sub=7),
    "aud another server": lambda program: program.assertion(aud="https://evil.example"),
    "aud ours and another": lambda program: program.assertion(aud=[ISSUER, "https://evil.example"]),
    "aud empty": lambda program: program.assertion(aud=[]),
    "aud a prefix": lambda program: program.assertion(aud=ISSUER + "/tok"),
    "expired": lambda program: program.assertion(exp=int(time.time()) - 10),
    "lives too long": lambda program: program.assertion(exp=int(time.time()) + 3700),
    "exp text": lambda program: program.assertion(exp="tomorrow"),
    "exp missing": lambda program: program.assertion(exp=None),
    "exp infinite": lambda program: program.assertion(exp=10**20),
    "not yet": lambda program: program.assertion(nbf=int(time.time()) + 60),
    "issued tomorrow": lambda program: program.assertion(iat=int(time.time()) + 86400),
    "jti missing": lambda program: program.assertion(jti=None),
    "jti empty": lambda program: program.assertion(jti=""),
    "jti huge": lambda program: program.assertion(jti="j" * 300),
    "not a token": lambda _: "a.b.c",
    "two parts": lambda _: "a.b",
    "five parts": lambda _: "a.b.c.d.e",
    "not ASCII": lambda _: "é.é.é",
    "payload a list": lambda _: f"{part({'alg': 'ES256'})}.{part([1])}.x",
    "deep nesting": lambda _: f"{part({'alg': 'ES256'})}.{base64.urlsafe_b64encode(b'[' * 2500).decode()}.x",
    "oversize": lambda _: "a" * 9000,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_assertion_is_refused(browser: Browser, service: Program, forge: Forge):
    form = {"grant_type": "client_credentials", **service.proof(forge(service))}
    answer = await browser.client.post("/auth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text


GOOD: dict[str, Forge] = {
    "issuer as audience": lambda program: program.assertion(),
    "token endpoint as audience": lambda program: program.assertion(aud=f"{ISSUER}/token"),
    "audience in a list": lambda program: program.assertion(aud=[ISSUER]),
    "no key id": lambda program: jwt.encode({"alg": "ES256"}, good_claims(program), program.key, algorithms=["ES256"]),
    "its own type": lambda program: program.assertion({"typ": "client-authentication+jwt"}),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
async def test_a_good_assertion_is_taken_once(browser: Browser, service: Program, make: Forge):
    assertion = make(service)
    form = {"grant_type": "client_credentials", **service.proof(assertion)}
    assert (await browser.client.post("/auth/token", data=form)).status_code == 200
    again = await browser.client.post("/auth/token", data=form)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(("endpoint", "status"), [("/auth/par", 201), ("/auth/token", 401), ("/auth/revoke", 401)])
async def test_the_address_where_requests_are_handed_in_is_an_audience_there_only(
    browser: Browser, web: Program, endpoint: str, status: int
):
    """RFC 9126 §2; a client held to FAPI 2.0 names the issuer (`tests/auth/conformance/test_fapi.py`)."""
    form = {**web.pushed(), "token": "x", **web.proof(web.assertion(aud=f"{ISSUER}/par"))}
    assert (await browser.client.post(endpoint, data=form)).status_code == status


async def test_a_client_held_to_fapi_names_one_audience_as_a_string(browser: Browser, database: RolledBackDatabase):
    async with database.arrange() as session:
        strict = await Program("strict", must_push=True).register(session)
    for audience, status in (([ISSUER], 401), (ISSUER, 201)):
        form = strict.request() | strict.proof(strict.assertion(aud=audience))
        assert (await browser.client.post("/auth/par", data=form)).status_code == status


REFUSED: dict[str, tuple[str, dict[str, str]]] = {
    "no grant": ("/auth/token", {}),
    "an unknown grant": ("/auth/token", {"grant_type": "password"}),
    "a grant that it may not use": ("/auth/token", {"grant_type": "client_credentials"}),
    "no code": ("/auth/token", {"grant_type": "authorization_code"}),
    "a resource that is none": ("/auth/token", {"grant_type": "refresh_token", "refresh_token": "x", "resource": "x"}),
    "no refresh token": ("/auth/token", {"grant_type": "refresh_token"}),
    "a request that is none": ("/auth/par", {"response_type": "token"}),
    "a reference handed in": ("/auth/par", {"request_uri": "urn:x"}),
    "nothing to revoke": ("/auth/revoke", {}),
    "nothing to look into": ("/auth/introspect", {}),
}


@pytest.mark.parametrize(("endpoint", "form"), REFUSED.values(), ids=REFUSED.keys())
async def test_the_assertion_of_a_refused_request_serves_no_other(
    browser: Browser, web: Program, endpoint: str, form: dict[str, str]
):
    proof = web.proof()
    assert (await browser.client.post(endpoint, data=form | proof)).status_code in {400, 401}
    again = await browser.client.post("/auth/par", data=web.request() | proof)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(("length", "status"), [(4096, 200), (4097, 401)])
async def test_an_assertion_may_be_four_kib_long_and_no_longer(
    browser: Browser, service: Program, length: int, status: int
):
    heads = ({}, {"typ": "JWT"}, {"typ": "client-authentication+jwt"})  # base64 has no length of 4n + 1
    made = (service.assertion(head, why="x" * size) for head in heads for size in range(2_720, 2_860))
    assertion = next(one for one in made if len(one) == length)
    form = {"grant_type": "client_credentials", **service.proof(assertion)}
    assert (await browser.client.post("/auth/token", data=form)).status_code == status


@pytest.mark.parametrize(("life", "taken"), [(-5, False), (-4, True), (3605, True), (3606, False)])
async def test_an_assertion_lives_an_hour_and_clocks_differ_by_five_seconds(
    browser: Browser, service: Program, monkeypatch: pytest.MonkeyPatch, life: int, *, taken: bool
):
    now = int(time.time())
    monkeypatch.setattr(client_authentication, "time", SimpleNamespace(time=lambda: now))
    form = {"grant_type": "client_credentials", **service.proof(service.assertion(exp=now + life))}
    assert (await browser.client.post("/auth/token", data=form)).status_code == (200 if taken else 401)


async def test_it_is_remembered_that_an_assertion_was_used_for_as_long_as_it_could_be_shown_again(
    browser: Browser, service: Program, database: RolledBackDatabase
):
    exp = int(time.time()) + 100
    form = {"grant_type": "client_credentials", **service.proof(service.assertion(exp=exp))}
    assert (await browser.client.post("/auth/token", data=form)).status_code == 200
    async with database.arrange() as session:
        (kept,) = (await session.scalars(select(UsedAssertion))).all()
    assert kept.expires_at.timestamp() == exp + CLOCK_SKEW + 1


async def test_an_assertion_is_spent_for_every_grant(browser: Browser, person: Person, web: Program):
    """The same jti is refused at the refresh too, whose statement looks by itself."""
    tokens = await browser.tokens(person.email, web)
    proof = web.proof()
    first = await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]) | proof)
    second = await browser.client.post("/auth/token", data=web.refresh_form(first.json()["refresh_token"]) | proof)
    assert (first.status_code, second.status_code, second.json()["error"]) == (200, 401, "invalid_client")
    unspent = await browser.client.post("/auth/token", data=web.refresh_form(first.json()["refresh_token"]))
    assert unspent.status_code == 200  # a refused client spends no refresh token


async def test_refusals_of_a_known_client_are_kept_once_a_minute(
    browser: Browser, service: Program, database: RolledBackDatabase
):
    assertion = service.assertion()
    unknown = Program("unknown", kind="service")
    for proof in (assertion, assertion, assertion, another_key(service), blank_signature(service)):
        await browser.client.post("/auth/token", data={"grant_type": "client_credentials", **service.proof(proof)})
    await browser.client.post("/auth/token", data={"grant_type": "client_credentials", **unknown.proof()})
    for action in ("client_assertion:reused", "oauth_client:authentication"):
        (event,) = await audited(database, action)
        assert (event.outcome, event.purpose, event.actor_id) == ("refused", "portal", None)


async def test_a_reused_assertion_at_the_refresh_is_kept_too(
    browser: Browser, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = await browser.tokens(person.email, web)
    proof = web.proof()
    for _ in range(2):
        await browser.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]) | proof)
    (event,) = await audited(database, "client_assertion:reused")
    assert (event.outcome, event.purpose) == ("refused", "web")


@pytest.mark.usefixtures("web")
async def test_other_ways_are_refused(browser: Browser, service: Program):
    form = {"grant_type": "client_credentials"}
    ways: list[dict[str, Any]] = [
        {"data": {**form, "client_id": "portal"}},
        {"data": {**form, "client_id": "portal", "client_secret": "x"}},
        {"data": form, "auth": ("portal", "x")},
        {"data": {**form, **service.proof(), "client_id": "web"}},
        {"data": form},
    ]
    for way in ways:
        answer = await browser.client.post("/auth/token", **way)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    half = {**form, "client_assertion_type": ASSERTION_TYPE}
    assert (await browser.client.post("/auth/token", data=half)).json()["error"] == "invalid_request"


async def test_grants_belong_to_kinds_of_clients(browser: Browser, web: Program, service: Program, public: Program):
    acting = {"grant_type": "client_credentials"}
    for program in (web, public):
        answer = await browser.client.post("/auth/token", data=acting | program.proof())
        assert answer.json()["error"] == "unauthorized_client"
    code = await browser.client.post("/auth/token", data=service.code_form("x"))
    assert code.json()["error"] == "unauthorized_client"
    refresh = await browser.client.post("/auth/token", data=service.refresh_form("x"))
    assert refresh.json()["error"] == "unauthorized_client"
    beyond = await browser.client.post("/auth/token", data=acting | service.proof() | {"scope": "portal"})
    assert beyond.json()["error"] == "invalid_scope"
