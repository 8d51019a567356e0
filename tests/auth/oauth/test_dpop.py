"""Proofs of possession at auth's endpoints (RFC 9449): the nonce, what is bound to the key, and each proof once."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.oauth import dpop
from afterglow_auth.oauth.dpop import NONCE_SLOT, nonces
from afterglow_auth.oauth.models import Authorization, UsedAssertion
from afterglow_foundation.database import Database
from afterglow_foundation.dpop import AHEAD, FRESH_FOR
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.single_statement import Found, SingleStatements
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from afterglow_foundation.testing.proofs import KeyHolder
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey
from sqlalchemy import TextClause, event, func, select
from sqlmodel import col

from tests.assurance import PATIENCE, RACES
from tests.auth.arranging import (
    ISSUER,
    Browser,
    Program,
    Scene,
    add_person,
    answered,
    audited,
    open_browser,
    payload,
)

AT_ONCE = 20
TOKEN, PAR, USER_INFO = f"{ISSUER}/token", f"{ISSUER}/par", f"{ISSUER}/userinfo"
ME = f"{BASE_URL}/api/accounts/me"


async def nonce_of(browser: Browser, program: Program) -> str:
    """As a client comes by one: with a proof that lacks it."""
    form = program.refresh_form("none")
    answer = await browser.client.post("/auth/token", data=form, headers={"dpop": KeyHolder().proof("POST", TOKEN)})
    return answer.headers["dpop-nonce"]


async def code_for(browser: Browser, person: Person, program: Program, **changes: str | None) -> str:
    """Whether or not they are signed in already."""
    return await browser.code(person.email, program, **{"prompt": "login", **changes})


async def send(
    browser: Browser, program: Program, form: Mapping[str, str], url: str = TOKEN, **changes: Any
) -> httpx.Response:
    """A form with a proof of the program's key, unless another `holder` is named."""
    holder = changes.pop("holder", program.holder)
    chosen = {"nonce": await nonce_of(browser, program), **changes}
    return await browser.client.post(url, data=dict(form), headers={"dpop": holder.proof("POST", url, **chosen)})


async def bound_tokens(browser: Browser, person: Person, program: Program, **changes: str | None) -> dict[str, Any]:
    code = await code_for(browser, person, program, **changes)
    answer = await send(browser, program, program.code_form(code))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    return str(answer.json()["error"])


@pytest.fixture(params=["confidential", "public"])
def program(request: pytest.FixtureRequest, web: Program, public: Program) -> Program:
    return web if request.param == "confidential" else public


async def test_tokens_are_bound_to_the_key_and_serve_with_a_proof_of_it(
    browser: Browser, person: Person, program: Program
):
    tokens = await bound_tokens(browser, person, program)
    assert tokens["token_type"] == "DPoP"
    access = tokens["access_token"]
    assert payload(access)["cnf"] == {"jkt": program.holder.jkt}
    for url in (USER_INFO, ME):
        headers = program.holder.headers(access, "GET", url)
        assert (await browser.client.get(url, headers=headers)).status_code == 200
        again = await browser.client.get(url, headers=headers)
        assert again.headers["www-authenticate"].startswith('DPoP error="invalid_dpop_proof"')
        for other in (
            {"authorization": f"Bearer {access}"},
            {"authorization": f"DPoP {access}"},
            KeyHolder().headers(access, "GET", url),
        ):
            assert (await browser.client.get(url, headers=other)).status_code == 401
    posted = program.holder.headers(access, "POST", USER_INFO)
    assert (await browser.client.post(USER_INFO, headers=posted)).status_code == 200


async def test_without_a_proof_everything_is_as_it_was(browser: Browser, person: Person, program: Program):
    code = await code_for(browser, person, program)
    answer = await browser.client.post("/auth/token", data=program.code_form(code))
    assert "dpop-nonce" not in answer.headers
    tokens = answer.json()
    assert (tokens["token_type"], "cnf" in payload(tokens["access_token"])) == ("Bearer", False)
    as_bound = program.holder.headers(tokens["access_token"], "GET", USER_INFO)
    assert (await browser.client.get(USER_INFO, headers=as_bound)).status_code == 401


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_discovery_names_the_algorithms_and_each_is_taken(browser: Browser, person: Person, web: Program):
    document = (await browser.client.get("/auth/.well-known/openid-configuration")).json()
    assert document["dpop_signing_alg_values_supported"] == ["ES256", "EdDSA"]
    for holder in (KeyHolder(), KeyHolder(OKPKey.generate_key("Ed25519"), "EdDSA")):
        mine = replace(web, holder=holder)
        assert (await bound_tokens(browser, person, mine))["token_type"] == "DPoP"


async def test_a_service_binds_its_own_tokens(browser: Browser, service: Program):
    form = {"grant_type": "client_credentials", **service.proof()}
    tokens = (await send(browser, service, form)).json()
    assert tokens["token_type"] == "DPoP"
    assert payload(tokens["access_token"])["cnf"] == {"jkt": service.holder.jkt}


async def test_a_proof_needs_a_nonce_of_ours_which_the_answer_brings(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    browser, person, web, _database = scene
    code = await code_for(browser, person, web)
    for nonce in (None, "", "x" * 43, "é", "\u2028"):
        answer = await send(browser, web, web.code_form(code), nonce=nonce)
        assert refusal(answer) == "use_dpop_nonce"
    nonce = answer.headers["dpop-nonce"]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + NONCE_SLOT)
    later = await send(browser, web, web.code_form(code), nonce=nonce, iat=int(now + NONCE_SLOT))
    assert later.status_code == 200
    assert later.headers["dpop-nonce"] != nonce  # the one for the next request
    monkeypatch.setattr(time, "time", lambda: now + 2 * NONCE_SLOT)
    too_late = await send(browser, web, web.code_form(code), nonce=nonce, iat=int(now + 2 * NONCE_SLOT))
    assert refusal(too_late) == "use_dpop_nonce"


async def test_of_every_nonce_the_one_before_is_taken_and_no_third(app: FastAPI, monkeypatch: pytest.MonkeyPatch):
    begins = int(time.time()) // NONCE_SLOT * NONCE_SLOT
    seen = []
    for second in range(begins, begins + 6 * NONCE_SLOT, NONCE_SLOT // 2):
        monkeypatch.setattr(dpop, "time", SimpleNamespace(time=lambda second=second: second))
        seen.append(nonces(app.state.provider))
    assert seen[::2] == seen[1::2]  # the same for as long as a slot lasts
    assert [now for now, _ in seen[::2]][:-1] == [before for _, before in seen[::2]][1:]
    assert len({nonce for taken in seen for nonce in taken}) == 7
    assert all(len(nonce) == 43 for taken in seen for nonce in taken)


async def test_asking_for_a_nonce_uses_nothing_up(browser: Browser, person: Person, web: Program):
    form = web.code_form(await code_for(browser, person, web))
    assert refusal(await send(browser, web, form, nonce=None)) == "use_dpop_nonce"
    assert (await send(browser, web, form)).status_code == 200  # the same code, the same assertion


REFUSED: dict[str, dict[str, Any]] = {
    "type": {"header": {"typ": "JWT"}},
    "algorithm none": {"header": {"alg": "none"}},
    "symmetric algorithm": {"header": {"alg": "HS256"}},
    "no key": {"header": {"jwk": None}},
    "private key": {"header": {"jwk": KeyHolder().key.as_dict(private=True)}},
    "signed by another key": {"key": KeyHolder().key},
    "without jti": {"jti": None},
    "long jti": {"jti": "x" * 300},
    "half a character": {"jti": "\ud800"},
    "without htm": {"htm": None},
    "another method": {"htm": "GET"},
    "without htu": {"htu": None},
    "another endpoint": {"htu": PAR},
    "another host": {"htu": "https://evil.example/auth/token"},
    "without iat": {"iat": None},
    "old": {"iat": 1},
    "to come": {"iat": 10**400},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED.keys())
async def test_a_bad_proof_is_refused_by_name_and_kept(scene: Scene, changes: dict[str, Any]):
    browser, person, web, database = scene
    code = await code_for(browser, person, web)
    assert refusal(await send(browser, web, web.code_form(code), **changes)) == "invalid_dpop_proof"
    pushed = await send(browser, web, web.pushed(), PAR, **({"htu": TOKEN} if changes == {"htu": PAR} else changes))
    assert refusal(pushed) == "invalid_dpop_proof"
    (kept,) = await audited(database, "proof:refused")  # one a minute for each client
    assert (kept.purpose, kept.outcome) == ("web", "refused")
    assert (await send(browser, web, web.code_form(code))).status_code == 200


@pytest.mark.parametrize("value", ["", "x", "é", "a.b.c", "x" * 5000, "\x00"], ids=lambda text: ascii(text)[:8])
async def test_a_header_that_is_no_proof_is_refused(browser: Browser, public: Program, value: str):
    headers = {"dpop": value.encode()}
    answer = await browser.client.post("/auth/token", data=public.refresh_form("x"), headers=headers)
    assert refusal(answer) == "invalid_dpop_proof"


async def test_several_proofs_are_none(browser: Browser, public: Program):
    nonce = await nonce_of(browser, public)
    headers = [("dpop", public.holder.proof("POST", TOKEN, nonce=nonce)) for _ in range(2)]
    answer = await browser.client.post("/auth/token", data=public.refresh_form("x"), headers=headers)
    assert refusal(answer) == "invalid_dpop_proof"


async def test_who_is_refused_as_a_client_learns_nothing_of_proofs(browser: Browser, web: Program):
    form = {"grant_type": "client_credentials", "client_id": web.client_id}
    answer = await browser.client.post("/auth/token", data=form, headers={"dpop": "x"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


async def test_a_proof_is_used_once_whatever_it_is_for(browser: Browser, person: Person, public: Program):
    tokens = await bound_tokens(browser, person, public)
    shown = {"dpop": public.holder.proof("POST", TOKEN, nonce=await nonce_of(browser, public))}
    refreshing = public.refresh_form(tokens["refresh_token"])
    assert (await browser.client.post("/auth/token", data=refreshing, headers=shown)).status_code == 200
    code = public.code_form(await code_for(browser, person, public))
    for form in (refreshing, code):
        again = await browser.client.post("/auth/token", data=form, headers=shown)
        assert refusal(again) == "invalid_dpop_proof"
    assert (await send(browser, public, code)).status_code == 200


async def test_what_is_stored_of_a_proof_is_a_hash_until_it_is_stale(scene: Scene):
    browser, person, web, database = scene
    before = datetime.now(UTC)
    await bound_tokens(browser, person, web)
    async with database.arrange() as session:
        rows = list(await session.scalars(select(UsedAssertion)))
    assert len(rows) >= 2  # assertions, and the proof
    assert all(len(row.jti_hash) == 32 for row in rows)
    lasting = timedelta(seconds=FRESH_FOR + AHEAD + 1)
    proofs = [row for row in rows if before + lasting <= row.expires_at <= datetime.now(UTC) + lasting]
    assert len(proofs) == 1, [row.expires_at - before for row in rows]


async def test_the_family_of_a_public_client_is_bound_to_the_key(
    browser: Browser, person: Person, public: Program, database: RolledBackDatabase
):
    tokens = await bound_tokens(browser, person, public)
    form = public.refresh_form(tokens["refresh_token"])
    assert refusal(await browser.client.post("/auth/token", data=form)) == "invalid_grant"
    assert refusal(await send(browser, public, form, holder=KeyHolder())) == "invalid_grant"
    following = await send(browser, public, form)
    assert following.json()["token_type"] == "DPoP"
    assert payload(following.json()["access_token"])["cnf"] == {"jkt": public.holder.jkt}
    # A used token in other hands is as good as unknown, however often: it neither retries nor ends the family.
    assert refusal(await browser.client.post("/auth/token", data=form)) == "invalid_grant"
    assert refusal(await send(browser, public, form, holder=KeyHolder())) == "invalid_grant"
    retried = await send(browser, public, form)
    assert retried.json()["refresh_token"] == following.json()["refresh_token"]
    assert payload(retried.json()["access_token"])["cnf"] == {"jkt": public.holder.jkt}
    assert await audited(database, "refresh_token:reused") == []


async def test_a_confidential_client_may_take_another_key(browser: Browser, person: Person, web: Program):
    tokens = await bound_tokens(browser, person, web)
    other = KeyHolder()
    following = (await send(browser, web, web.refresh_form(tokens["refresh_token"]), holder=other)).json()
    assert payload(following["access_token"])["cnf"] == {"jkt": other.jkt}
    unbound = await browser.client.post("/auth/token", data=web.refresh_form(following["refresh_token"]))
    assert unbound.json()["token_type"] == "Bearer"


async def test_a_family_is_bound_when_its_public_client_first_proves_a_key(
    browser: Browser, person: Person, public: Program
):
    tokens = await browser.tokens(person.email, public)
    without = await browser.client.post("/auth/token", data=public.refresh_form(tokens["refresh_token"]))
    assert without.json()["token_type"] == "Bearer"
    binding = public.refresh_form(without.json()["refresh_token"])
    following = (await send(browser, public, binding)).json()
    assert following["token_type"] == "DPoP"
    form = public.refresh_form(following["refresh_token"])
    assert refusal(await browser.client.post("/auth/token", data=form)) == "invalid_grant"
    assert refusal(await send(browser, public, form, holder=KeyHolder())) == "invalid_grant"
    assert refusal(await browser.client.post("/auth/token", data=binding)) == "invalid_grant"  # nor as a retry
    assert (await send(browser, public, binding)).json()["refresh_token"] == following["refresh_token"]
    assert (await send(browser, public, form)).json()["token_type"] == "DPoP"


async def test_of_many_keys_at_once_one_has_the_family(committed_app: FastAPI, committed_superuser: Database):
    """Whoever comes later finds the family bound, and is not answered as a retry."""
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        program = await Program(f"binding-{new_id().hex}", kind="public").register(session)
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        tokens = await browser.tokens(person.email, program)
        form, nonce = program.refresh_form(tokens["refresh_token"]), await nonce_of(browser, program)
        proofs = [{"dpop": KeyHolder().proof("POST", TOKEN, nonce=nonce)} for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*(client.post("/auth/token", data=form, headers=proof) for proof in proofs))
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (AT_ONCE - 1)
    async with committed_superuser.sessions() as session:
        family = (await session.scalars(select(Authorization).where(col(Authorization.person_id) == person.id))).one()
    assert (family.refresh_jkt is None, family.revoked_at) == (False, None)


async def test_a_public_client_stores_no_proof_for_a_token_that_is_none(
    browser: Browser, person: Person, public: Program, web: Program, database: RolledBackDatabase
):
    """Not for a rubbish one, another client's, nor one of a family that has ended; the token's own proof is stored."""
    tokens = await browser.tokens(person.email, public)
    others = await browser.tokens(person.email, web, prompt="login")
    before = await stored_proofs(database)
    for shown in ("rubbish", others["refresh_token"]):
        assert refusal(await send(browser, public, public.refresh_form(shown))) == "invalid_grant"
    assert await stored_proofs(database) == before
    assert (await send(browser, public, public.refresh_form(tokens["refresh_token"]))).status_code == 200
    assert await stored_proofs(database) == before + 1
    await browser.client.post("/auth/revoke", data={"token": tokens["refresh_token"], "client_id": public.client_id})
    assert refusal(await send(browser, public, public.refresh_form(tokens["refresh_token"]))) == "invalid_grant"
    assert await stored_proofs(database) == before + 1


async def test_a_public_client_stores_no_proof_for_a_code_that_is_none(
    browser: Browser, person: Person, public: Program, database: RolledBackDatabase
):
    code = await code_for(browser, person, public)
    before = await stored_proofs(database)
    assert refusal(await send(browser, public, public.code_form("rubbish"))) == "invalid_grant"
    assert await stored_proofs(database) == before
    assert (await send(browser, public, public.code_form(code))).status_code == 200
    for _ in range(2):  # a replay, which ends what the code gave; then there is nothing left to end
        assert refusal(await send(browser, public, public.code_form(code))) == "invalid_grant"
        assert await stored_proofs(database) == before + 2


async def stored_proofs(database: RolledBackDatabase) -> int:
    async with database.arrange() as session:
        return await session.scalar(select(func.count()).select_from(UsedAssertion)) or 0


async def test_a_code_is_bound_to_the_key_that_the_request_names(browser: Browser, person: Person, program: Program):
    code = await code_for(browser, person, program, dpop_jkt=program.holder.jkt)
    form = program.code_form(code)
    assert refusal(await browser.client.post("/auth/token", data=form)) == "invalid_grant"
    other = await send(browser, program, program.code_form(code), holder=KeyHolder())
    assert refusal(other) == "invalid_grant"
    assert (await send(browser, program, program.code_form(code))).status_code == 200


async def test_a_proof_on_handing_in_binds_the_code(browser: Browser, person: Person, program: Program):
    await browser.tokens(person.email, program)
    pushed = await send(browser, program, program.pushed(), PAR)
    assert (pushed.status_code, "dpop-nonce" in pushed.headers) == (201, True)
    came = {"client_id": program.client_id, "request_uri": pushed.json()["request_uri"]}
    code = answered(await browser.client.get("/auth/authorize", params=came))["code"]
    other = await send(browser, program, program.code_form(code), holder=KeyHolder())
    assert refusal(other) == "invalid_grant"
    assert (await send(browser, program, program.code_form(code))).status_code == 200


async def test_handing_in_two_keys_is_refused(browser: Browser, web: Program):
    named = web.pushed(dpop_jkt=KeyHolder().jkt)
    assert refusal(await send(browser, web, named, PAR)) == "invalid_request"
    same = web.pushed(dpop_jkt=web.holder.jkt)
    assert (await send(browser, web, same, PAR)).status_code == 201
    assert refusal(await send(browser, web, web.pushed(), PAR, nonce=None)) == "use_dpop_nonce"


@pytest.mark.parametrize("jkt", ["x", "x" * 44, "é" * 43, "x" * 42 + "="])
async def test_a_key_is_named_by_its_thumbprint(browser: Browser, web: Program, jkt: str):
    told = answered(await browser.client.get("/auth/authorize", params=web.request(dpop_jkt=jkt)))
    assert told["error"] == "invalid_request"


async def test_who_must_prove_a_key_gets_nothing_without(
    browser: Browser, person: Person, database: RolledBackDatabase
):
    async with database.arrange() as session:
        strict = await Program("strict", must_prove_key=True).register(session)
    code = await code_for(browser, person, strict)
    assert refusal(await browser.client.post("/auth/token", data=strict.code_form(code))) == "invalid_dpop_proof"
    token = (await send(browser, strict, strict.code_form(code))).json()["refresh_token"]
    assert refusal(await browser.client.post("/auth/token", data=strict.refresh_form(token))) == "invalid_dpop_proof"
    assert (await send(browser, strict, strict.refresh_form(token))).json()["token_type"] == "DPoP"
    assert (await browser.client.post("/auth/par", data=strict.pushed())).status_code == 201
    (kept,) = await audited(database, "proof:refused")
    assert kept.purpose == "strict"


async def test_revoking_needs_no_proof(browser: Browser, person: Person, public: Program):
    tokens = await bound_tokens(browser, person, public)
    form = {"token": tokens["access_token"], **public.proof()}
    assert (await browser.client.post("/auth/revoke", data=form)).status_code == 200
    headers = public.holder.headers(tokens["access_token"], "GET", USER_INFO)
    ended = await browser.client.get(USER_INFO, headers=headers)
    assert (ended.status_code, ended.headers["www-authenticate"]) == (401, 'DPoP error="invalid_token"')


async def test_refreshing_with_a_proof_is_still_one_statement(
    committed_app: FastAPI, committed_superuser: Database, monkeypatch: pytest.MonkeyPatch
):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        program = await Program(f"proving-{new_id().hex}", kind="public").register(session)
    async with open_browser(committed_app) as client:
        browser = Browser(client)
        tokens = await bound_tokens(browser, person, program)
        headers = {"dpop": program.holder.proof("POST", TOKEN, nonce=await nonce_of(browser, program))}
        statements: list[str] = []
        engine, run = committed_app.state.database.engine.sync_engine, SingleStatements.run
        event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

        def noted(self: SingleStatements, statement: TextClause, values: Mapping[str, Any]) -> Sequence[Found]:
            statements.append(statement.text)
            return run(self, statement, values)

        monkeypatch.setattr(SingleStatements, "run", noted)
        form = program.refresh_form(tokens["refresh_token"])
        answer = await client.post("/auth/token", data=form, headers=headers)
    assert answer.json()["token_type"] == "DPoP"
    assert ["UPDATE refresh_tokens" in statement for statement in statements] == [True]


@pytest.mark.timeout(PATIENCE)
async def test_of_twenty_at_once_with_one_proof_one_is_answered(
    committed_app: FastAPI, committed_superuser: Database, record_property: Callable[[str, object], None]
):
    """Of refreshes and of codes: a proof is spent by whoever stores it first."""
    for _ in range(RACES):
        async with committed_superuser.sessions() as session, session.begin():
            person = await add_person(session)
            program = await Program(f"proving-{new_id().hex}", kind="public").register(session)
        async with open_browser(committed_app) as client:
            browser = Browser(client)
            tokens = await bound_tokens(browser, person, program)
            codes = [await code_for(browser, person, program)]
            for form in (program.refresh_form(tokens["refresh_token"]), program.code_form(codes[0])):
                shown = {"dpop": program.holder.proof("POST", TOKEN, nonce=await nonce_of(browser, program))}
                sending = (client.post("/auth/token", data=form, headers=shown) for _ in range(AT_ONCE))
                answers = await asyncio.gather(*sending)
                assert sorted(answer.json().get("error", "answered") for answer in answers) == ["answered"] + [
                    "invalid_dpop_proof"
                ] * (AT_ONCE - 1)
        async with committed_superuser.sessions() as session:
            revoked = select(func.count()).where(
                col(Authorization.person_id) == person.id, col(Authorization.revoked_at).is_not(None)
            )
            assert await session.scalar(revoked) == 0
    record_property("counted", f"races of proofs with one nonce: {2 * RACES} rounds of {AT_ONCE}, one winner each")


@given(
    header=st.dictionaries(st.sampled_from(["typ", "alg", "jwk", "kid", "crit"]), st.text(max_size=20) | st.none()),
    claims=st.dictionaries(
        st.sampled_from(["jti", "htm", "htu", "iat", "nonce", "ath"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.lists(st.text())),
    ),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_proof_makes_it_fail(
    browser: Browser, public: Program, header: dict[str, Any], claims: dict[str, Any]
):
    shown = {"dpop": public.holder.proof("POST", TOKEN, header=header, **claims)}
    answer = await browser.client.post("/auth/token", data=public.refresh_form("x"), headers=shown)
    assert refusal(answer) in {"invalid_dpop_proof", "use_dpop_nonce", "invalid_grant"}
