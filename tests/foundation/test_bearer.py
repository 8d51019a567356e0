"""Tokens that are bound to a key (RFC 9449): worth nothing without a proof of it, made for this request, shown once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.database import Database
from afterglow_foundation.security_events.standing import SessionRevoked
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_foundation.testing.proofs import KeyHolder
from fastapi import APIRouter

from tests.foundation.tiny import ReadThings, Tiny, events

THINGS = f"{BASE_URL}/things"
AT_ONCE = 20
HOLDER = KeyHolder()
ALGORITHMS = 'algs="ES256 EdDSA"'
INVALID_TOKEN = f'DPoP error="invalid_token", {ALGORITHMS}'
INVALID_PROOF = f'DPoP error="invalid_dpop_proof", {ALGORITHMS}'


@pytest.fixture
async def http(tiny: Tiny) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()

    @router.get("/things")
    @router.get("/things/{name}")
    async def read(caller: ReadThings) -> str | None:
        return caller.jkt

    async with tiny.signed_in(tiny.app(router)) as client:
        yield client


@pytest.fixture
def bound(tiny: Tiny, client_person: Person) -> str:
    return tiny.issuer.token(client_person, "things", cnf={"jkt": HOLDER.jkt})


@pytest.fixture
def unbound(tiny: Tiny, client_person: Person) -> str:
    return tiny.issuer.token(client_person, "things")


def challenge(answer: httpx.Response) -> str:
    assert answer.status_code == 401, answer.text
    return str(answer.headers["www-authenticate"])


async def test_a_bound_token_comes_in_with_a_proof_each_time_anew(http: httpx.AsyncClient, bound: str) -> None:
    for scheme in ("DPoP", "dpop", "DPOP"):
        headers = HOLDER.headers(bound, "GET", THINGS) | {"authorization": f"{scheme} {bound}"}
        answer = await http.get("/things?limit=1", headers=headers)
        assert (answer.status_code, answer.json()) == (200, HOLDER.jkt)


async def test_the_path_may_hold_anything(http: httpx.AsyncClient, bound: str) -> None:
    for path in ("/things/a%2Fb%20c", "/things/%C3%A9", "/things/a~b"):
        answer = await http.get(path, headers=HOLDER.headers(bound, "GET", f"{BASE_URL}{path}"))
        assert answer.status_code in {200, 404}, path  # 404 for two names, and yet the proof was good
    answer = await http.get("/things/a~b", headers=HOLDER.headers(bound, "GET", f"{THINGS}/a%7Eb"))
    assert answer.status_code == 200


async def test_a_bound_token_as_a_bearer_token_is_refused_and_kept(
    http: httpx.AsyncClient, bound: str, client_person: Person, committed_superuser: Database
) -> None:
    for headers in ({}, {"dpop": HOLDER.headers(bound, "GET", THINGS)["dpop"]}):
        answer = await http.get("/things", headers={"authorization": f"Bearer {bound}", **headers})
        assert challenge(answer) == INVALID_TOKEN
    kept = await events(committed_superuser, subject_id=client_person.id, action="proof:refused")
    assert [(event.outcome, event.purpose) for event in kept] == [("refused", "scheme")] * 2


async def test_an_unbound_token_as_a_bound_one_is_refused(http: httpx.AsyncClient, unbound: str) -> None:
    answer = await http.get("/things", headers=HOLDER.headers(unbound, "GET", THINGS))
    assert challenge(answer) == INVALID_TOKEN
    assert (await http.get("/things", headers={"authorization": f"Bearer {unbound}"})).status_code == 200


async def test_without_a_token_somebody_is_told_how_to_bring_one(http: httpx.AsyncClient) -> None:
    assert challenge(await http.get("/things")).startswith("Bearer")
    assert (await http.get("/things?access_token=x")).status_code == 401


async def test_what_is_no_token_is_named_so_in_either_scheme(http: httpx.AsyncClient) -> None:
    assert challenge(await http.get("/things", headers={"authorization": "DPoP a.b.c"})) == INVALID_TOKEN
    as_bearer = await http.get("/things", headers={"authorization": "Bearer a.b.c"})
    assert challenge(as_bearer) == f'Bearer error="invalid_token", DPoP {ALGORITHMS}'


REFUSED: dict[str, dict[str, Any]] = {
    "another key": {"holder": KeyHolder()},
    "another method": {"htm": "POST"},
    "another address": {"htu": f"{BASE_URL}/other"},
    "another host": {"htu": "https://evil.example/things"},
    "made before": {"iat": 1},
    "without the token": {"ath": None},
    "of another token": {"ath": "x" * 43},
    "of an empty token": {"ath": ""},
    "of type JWT": {"header": {"typ": "JWT"}},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
async def test_a_proof_that_does_not_fit_is_refused(
    http: httpx.AsyncClient, bound: str, changes: dict[str, Any]
) -> None:
    holder = changes.get("holder", HOLDER)
    wrong = {name: value for name, value in changes.items() if name != "holder"}
    assert challenge(await http.get("/things", headers=holder.headers(bound, "GET", THINGS, **wrong))) == INVALID_PROOF


async def test_a_token_that_was_taken_once_still_needs_a_proof(http: httpx.AsyncClient, bound: str) -> None:
    """Verified tokens are remembered; what they were proved by is not."""
    assert (await http.get("/things", headers=HOLDER.headers(bound, "GET", THINGS))).status_code == 200
    without = {"authorization": f"DPoP {bound}"}
    assert challenge(await http.get("/things", headers=without)) == INVALID_PROOF
    assert challenge(await http.get("/things", headers={**without, "dpop": ""})) == INVALID_PROOF
    assert challenge(await http.get("/things", headers={"authorization": f"Bearer {bound}"})) == INVALID_TOKEN


async def test_several_proofs_are_none(http: httpx.AsyncClient, bound: str) -> None:
    headers = [("authorization", f"DPoP {bound}")]
    proofs = [("dpop", HOLDER.headers(bound, "GET", THINGS)["dpop"]) for _ in range(2)]
    assert challenge(await http.get("/things", headers=[*headers, *proofs])) == INVALID_PROOF
    joined = [*headers, ("dpop", ", ".join(proof for _, proof in proofs))]
    assert challenge(await http.get("/things", headers=joined)) == INVALID_PROOF
    assert (await http.get("/things", headers=[*headers, proofs[0]])).status_code == 200


async def test_a_proof_shown_twice_is_refused_and_kept(
    http: httpx.AsyncClient, bound: str, client_person: Person, committed_superuser: Database
) -> None:
    headers = HOLDER.headers(bound, "GET", THINGS)
    assert (await http.get("/things", headers=headers)).status_code == 200
    answer = await http.get("/things", headers=headers)
    assert challenge(answer) == INVALID_PROOF
    (event,) = await events(committed_superuser, subject_id=client_person.id, action="proof:refused")
    assert (event.purpose, event.request_id) == ("proof", answer.headers["x-request-id"])


async def test_of_twenty_at_once_one_comes_in(http: httpx.AsyncClient, bound: str) -> None:
    headers = HOLDER.headers(bound, "GET", THINGS)
    answers = await asyncio.gather(*(http.get("/things", headers=headers) for _ in range(AT_ONCE)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * (AT_ONCE - 1)


async def test_the_scope_is_asked_in_the_scheme_that_was_used(tiny: Tiny, http: httpx.AsyncClient) -> None:
    person = Person(Role.client, "Rowan Hale")
    token = tiny.issuer.token(person, "things", cnf={"jkt": HOLDER.jkt}, scope="other")
    answer = await http.get("/things", headers=HOLDER.headers(token, "GET", THINGS))
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"] == 'DPoP error="insufficient_scope", scope="things"'


@pytest.mark.parametrize(
    "cnf", [{}, {"x5t#S256": "x"}, {"jkt": 1}, {"jkt": ["x"]}, "key", ["jkt"], {"jwk": {"kty": "EC"}}], ids=str
)
async def test_a_token_bound_in_another_way_is_refused(tiny: Tiny, http: httpx.AsyncClient, cnf: object) -> None:
    token = tiny.issuer.token(Person(Role.client, "Rowan Hale"), "things", cnf=cnf)
    for scheme in ("Bearer", "DPoP"):
        answer = await http.get("/things", headers={"authorization": f"{scheme} {token}"})
        assert 'error="invalid_token"' in challenge(answer)


@pytest.mark.parametrize(("jkt", "scheme"), [(None, "Bearer"), (HOLDER.jkt, "DPoP")], ids=["plain", "bound"])
def test_an_ended_session_is_told_in_the_scheme_that_was_used(
    client_person: Person, jkt: str | None, scheme: str
) -> None:
    revoked = SessionRevoked(Caller(client_person.id, client_person.role, jkt=jkt))
    assert revoked.headers["WWW-Authenticate"] == f'{scheme} error="invalid_token"'


async def test_a_token_bound_to_no_key_at_all_is_not_proved_by_any(tiny: Tiny, http: httpx.AsyncClient) -> None:
    token = tiny.issuer.token(Person(Role.client, "Rowan Hale"), "things", cnf={"jkt": ""})
    assert challenge(await http.get("/things", headers={"authorization": f"Bearer {token}"})) == INVALID_TOKEN
    assert challenge(await http.get("/things", headers=HOLDER.headers(token, "GET", THINGS))) == INVALID_PROOF
    assert challenge(await http.get("/things", headers={"authorization": f"DPoP {token}"})) == INVALID_PROOF
