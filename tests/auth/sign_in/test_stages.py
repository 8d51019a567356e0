"""The way in, step by step: nothing is skipped, nothing is entered out of turn, and each step has its own cookie."""

import asyncio
from collections import Counter
from typing import Any

import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.accounts.service import disable
from afterglow_auth.main import create
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import end_sessions_of
from afterglow_auth.settings import Settings
from afterglow_auth.sign_in.models import SignInStage
from afterglow_auth.sign_in.stages import LIFETIME
from afterglow_auth.terms.models import TermsAcceptance
from afterglow_design.practice import Practice
from afterglow_design.terms import Terms
from afterglow_foundation.database import Database
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from fastapi import FastAPI
from sqlalchemy import delete, select, update
from sqlmodel import col

from tests.auth.arranging import (
    FEWER_ROUNDS,
    Browser,
    Program,
    Scene,
    add_person,
    answered,
    audited,
    open_browser,
    payload,
)
from tests.auth.authenticators import Authenticator
from tests.auth.sign_in.walking import (
    Factors,
    Walker,
    code_of,
    codes_in,
    led_to,
    options_in,
    path_of,
    secret_in,
    token_in,
)

MFA = "urn:afterglow:acr:mfa"
CALLBACK = f"{BASE_URL}/callback"


@pytest.fixture
def factors(app: FastAPI, database: RolledBackDatabase) -> Factors:
    return Factors(app, database)


@pytest.fixture
def walker(browser: Browser) -> Walker:
    return Walker(browser)


@pytest_asyncio.fixture(loop_scope="session")
async def strict(settings: Settings, database: RolledBackDatabase):
    """A browser in front of a practice that asks its staff for a second factor."""
    app = create(settings.model_copy(update={"mfa_required_for_staff": True}), database=database)
    async with open_browser(app) as client:
        yield Walker(Browser(client))


async def sessions_in(database: RolledBackDatabase) -> list[Session]:
    async with database.arrange() as session:
        return list(await session.scalars(select(Session)))


async def test_staff_are_led_to_a_factor_codes_and_on(
    strict: Walker, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    browser = strict.browser
    assert led_to(await browser.sign_in(staff["therapist"].email, web.request())) == path_of("factor")
    assert "Not now" not in (await strict.get(path_of("factor"))).text
    page = await strict.get(f"{path_of('factor')}?with=app")
    fields = {"with": "app", "code": code_of(secret_in(page.text))}
    assert led_to(await strict.send(path_of("factor"), page.text, **fields)) == path_of("codes")
    shown = await strict.post("codes", make="yes")
    assert len(codes_in(shown.text)) == 10
    done = await strict.send(path_of("codes"), shown.text, saved="yes")
    assert led_to(done) == CALLBACK
    tokens = await browser.client.post("/auth/token", data=web.code_form(answered(done)["code"]))
    claims = payload(tokens.json()["id_token"])
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    refreshed = await browser.client.post("/auth/token", data=web.refresh_form(tokens.json()["refresh_token"]))
    again = payload(refreshed.json()["access_token"])
    assert (again["acr"], again["amr"], again["auth_time"]) == (MFA, ["pwd", "otp", "mfa"], claims["auth_time"])
    assert [event.outcome for event in await audited(database, "totp:added")] == ["success"]


async def test_a_passkey_made_on_the_way_in_is_a_second_factor(strict: Walker, staff: dict[str, Person], web: Program):
    await strict.browser.sign_in(staff["admin"].email, web.request())
    page = await strict.get(path_of("factor"))
    response = Authenticator().create(options_in(page.text))
    assert led_to(await strict.send(path_of("factor"), page.text, response=response)) == path_of("codes")


async def test_a_code_of_the_app_is_the_second_step(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    assert led_to(await browser.sign_in(person.email, web.request())) == path_of("second")
    assert await sessions_in(database) == []
    wrong = await walker.post("second", code="000000" if code_of(secret) != "000000" else "111111")
    assert wrong.status_code == 422
    assert "not the code that the app shows" in wrong.text
    done = await walker.post("second", code=code_of(secret))
    assert led_to(done) == CALLBACK
    (session,) = await sessions_in(database)
    assert (session.acr, session.amr, session.person_id) == (MFA, ["pwd", "otp", "mfa"], person.id)
    refused = await audited(database, "factor:tried")
    assert [(event.outcome, event.purpose, event.subject_id) for event in refused] == [("refused", "totp", person.id)]


async def test_a_recovery_code_stands_in_once(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    await factors.add_app(person)
    codes = await factors.add_codes(person)
    for number in range(2):
        await browser.sign_in(person.email, web.request(prompt="login"))
        assert "Recovery code" in (await walker.get(f"{path_of('second')}?with=recovery-code")).text
        answer = await walker.post("second", **{"with": "recovery-code", "code": codes[0].upper()})
        assert answer.status_code == (422 if number else 303)
    assert "used before" in answer.text
    assert len(await audited(database, "recovery_code:used")) == 1


async def test_a_passkey_alone_is_both_steps(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    device = await factors.add_passkey(person)
    await factors.add_codes(person)
    hidden = await browser.form(web.request())
    page = await walker.get(f"/auth/sign-in?{hidden['ask']}")
    fields = {"ask": hidden["ask"], "response": device.get(options_in(page.text))}
    done = await walker.send("/auth/sign-in", page.text, **fields)
    assert led_to(done) == CALLBACK
    (session,) = await sessions_in(database)
    assert (session.acr, session.amr) == (MFA, ["hwk", "user", "mfa"])
    (event,) = await audited(database, "sign_in")
    assert (event.outcome, event.purpose, event.actor_id) == ("success", "passkey", person.id)
    again = await browser.client.post("/auth/sign-in", data=token_in(page.text) | fields)
    assert again.status_code == 403  # the cookie is another one by now


async def test_a_passkey_that_proves_nothing_signs_nobody_in(scene: Scene, walker: Walker, factors: Factors):
    _browser, person, _web, database = scene
    device = await factors.add_passkey(person)
    page = await walker.get("/auth/sign-in")
    for response in ("[]", "{}", device.get(options_in(page.text), origin="https://evil.example")):
        answer = await walker.send("/auth/sign-in", page.text, response=response)
        assert answer.status_code == 400
        assert "passkey did not open anything" in answer.text
    assert await sessions_in(database) == []
    assert {event.outcome for event in await audited(database, "sign_in")} == {"refused"}


async def test_a_passkey_is_a_second_step_too_but_only_ones_own(
    scene: Scene, walker: Walker, factors: Factors, staff: dict[str, Person]
):
    browser, person, web, database = scene
    own, anothers = await factors.add_passkey(person), await factors.add_passkey(staff["therapist"])
    await factors.add_codes(person)
    assert led_to(await browser.sign_in(person.email, web.request())) == path_of("second")
    page = await walker.get(path_of("second"))
    refused = await walker.send(path_of("second"), page.text, response=anothers.get(options_in(page.text)))
    assert refused.status_code == 422
    page = await walker.get(path_of("second"))
    done = await walker.send(path_of("second"), page.text, response=own.get(options_in(page.text)))
    assert led_to(done) == CALLBACK
    (session,) = await sessions_in(database)
    assert (session.person_id, session.amr) == (person.id, ["pwd", "hwk", "user", "mfa"])


STEPS = ("second", "factor", "codes", "terms")


@pytest.mark.parametrize("fields", [{}, {"code": ""}, {"code": " "}, {"saved": ""}, {"accepted": ""}, {"next": "done"}])
async def test_an_empty_form_skips_no_step(scene: Scene, walker: Walker, factors: Factors, fields: dict[str, str]):
    browser, person, web, database = scene
    secret = await factors.add_app(person)
    async with database.arrange() as session:
        await session.execute(delete(TermsAcceptance))
    await browser.sign_in(person.email, web.request())
    for step, proof in (("second", {"code": code_of(secret)}), ("codes", {"make": "yes"}), ("terms", {})):
        assert (await walker.post(step, **fields)).status_code == 422
        assert await sessions_in(database) == []
        if step == "second":
            assert led_to(await walker.post(step, **proof)) == path_of("codes")
        if step == "codes":
            shown = await walker.post(step, **proof)
            assert led_to(await walker.send(path_of(step), shown.text, saved="yes")) == path_of("terms")
    assert led_to(await walker.post("terms", accepted="1")) == CALLBACK


async def test_an_empty_form_sets_no_factor_up(strict: Walker, staff: dict[str, Person], web: Program):
    await strict.browser.sign_in(staff["admin"].email, web.request())
    for fields in ({}, {"decline": "yes"}, {"with": "app"}, {"with": "app", "code": "000000"}, {"response": "{}"}):
        assert (await strict.post("factor", **fields)).status_code == 422
    for step in ("codes", "terms", "second"):
        assert led_to(await strict.get(path_of(step))) == path_of("factor")


async def test_no_step_is_entered_out_of_turn(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    await factors.add_app(person)
    await browser.sign_in(person.email, web.request())
    token = token_in((await walker.get(path_of("second"))).text)
    for step, fields in (
        ("factor", {"decline": "yes"}),
        ("codes", {"saved": "yes"}),
        ("codes", {"make": "yes"}),
        ("terms", {"accepted": "1"}),
    ):
        assert led_to(await walker.get(path_of(step))) == path_of("second")
        answer = await browser.client.post(path_of(step), data={**token, **fields})
        assert led_to(answer) == path_of("second")
    assert await sessions_in(database) == []
    quiet = await browser.client.get("/auth/authorize", params=web.request(prompt="none"))
    assert answered(quiet)["error"] == "login_required"


async def test_only_the_browser_that_began_goes_on(
    scene: Scene, walker: Walker, factors: Factors, other_browser: Browser
):
    browser, person, web, database = scene
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    await browser.sign_in(person.email, web.request())
    for step in STEPS:
        assert led_to(await other_browser.client.get(path_of(step))) == "/auth/sign-in"
        assert led_to(await other_browser.client.post(path_of(step), data={"code": code_of(secret)})) == "/auth/sign-in"
    form = token_in((await walker.get(path_of("second"))).text)
    assert led_to(await walker.post("second", code=code_of(secret))) == CALLBACK
    assert len(walker.cookies) == 1
    for stale in walker.cookies:
        headers = {"cookie": f"auth={stale}"}
        browser.client.cookies.clear()
        late = await browser.client.post(path_of("second"), data={**form, "code": code_of(secret, 1)}, headers=headers)
        assert led_to(late) == "/auth/sign-in"
    assert len(await sessions_in(database)) == 1


async def test_whoever_was_signed_in_stays_so_until_the_last_step(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    await browser.tokens(person.email, web)
    (before,) = await sessions_in(database)
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    assert led_to(await browser.sign_in(person.email, web.request(prompt="login"))) == path_of("second")
    quiet = await browser.client.get("/auth/authorize", params=web.request(prompt="none"))
    assert "code" in answered(quiet)
    better = await browser.client.get("/auth/authorize", params=web.request(prompt="none", acr_values=MFA))
    assert answered(better)["error"] == "login_required"
    assert led_to(await walker.post("second", code=code_of(secret))) == CALLBACK
    (after,) = await sessions_in(database)
    assert (after.id, after.acr, before.acr) == (before.id, MFA, "urn:afterglow:acr:password")
    assert after.auth_time > before.auth_time


@pytest.mark.parametrize("act", [disable, end_sessions_of])
async def test_what_an_admin_ends_ends_on_the_way_in_too(scene: Scene, walker: Walker, factors: Factors, act: Any):
    browser, person, web, database = scene
    secret = await factors.add_app(person)
    await browser.sign_in(person.email, web.request())
    page = await walker.get(path_of("second"))
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await act(session, person.id)
    answer = await browser.client.post(path_of("second"), data={**token_in(page.text), "code": code_of(secret)})
    assert led_to(answer) == "/auth/sign-in"
    assert await sessions_in(database) == []


async def test_after_fifteen_minutes_one_begins_again(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    await factors.add_app(person)
    await browser.sign_in(person.email, web.request())
    async with database.arrange() as session:
        await session.execute(update(SignInStage).values(expires_at=col(SignInStage.expires_at) - LIFETIME))
    assert led_to(await walker.get(path_of("second"))) == "/auth/sign-in"


async def test_after_five_wrong_codes_one_waits_and_has_another_way(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, _database = scene
    secret = await factors.add_app(person)
    codes = await factors.add_codes(person)
    await browser.sign_in(person.email, web.request())
    answers = [(await walker.post("second", code="not-one")).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    waiting = await walker.post("second", code=code_of(secret))
    assert waiting.status_code == 429
    assert "Please wait" in waiting.text
    assert "recovery code" in waiting.text
    assert led_to(await walker.post("second", **{"with": "recovery-code", "code": codes[3]})) == CALLBACK


async def test_codes_that_run_out_are_made_anew(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    await factors.add_app(person)
    codes = await factors.add_codes(person)
    for code in codes:
        await browser.sign_in(person.email, web.request(prompt="login"))
        answer = await walker.post("second", **{"with": "recovery-code", "code": code})
        assert led_to(answer) == (path_of("codes") if code == codes[-1] else CALLBACK)
        async with database.arrange() as session:
            await session.execute(update(Session).values(ended_at=col(Session.created_at)))


async def test_codes_are_shown_once_and_can_be_saved_as_a_file(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    secret = await factors.add_app(person)
    await browser.sign_in(person.email, web.request())
    await walker.post("second", code=code_of(secret))
    assert codes_in((await walker.get(path_of("codes"))).text) == []
    assert await audited(database, "recovery_codes:made") == []
    shown = await walker.post("codes", make="yes")
    codes = codes_in(shown.text)
    assert shown.headers["cache-control"] == "no-store"
    fields = {**token_in(shown.text), "codes": " ".join(codes)}
    file = await browser.client.post(f"{path_of('codes')}/text", data=fields)
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert all(code in file.text for code in codes)
    assert person.email not in file.text
    unticked = await walker.send(path_of("codes"), shown.text, codes=" ".join(codes))
    assert unticked.status_code == 422
    assert codes_in(unticked.text) == codes
    for forged in ("<script>", "codes", " ".join(codes[:-1]), " ".join(codes) + " <b>"):
        answer = await walker.send(f"{path_of('codes')}/text", shown.text, codes=forged)
        assert answer.status_code == 422
        assert codes_in(answer.text) == []
    assert codes_in((await walker.get(path_of("codes"))).text) == []


async def test_terms_are_accepted_by_version(
    scene: Scene, settings: Settings, walker: Walker, database: RolledBackDatabase
):
    _browser, person, web, _ = scene
    newer = settings.model_copy(update={"practice": Practice(terms=Terms(version=2))})
    async with open_browser(create(newer, database=database)) as client:
        walker = Walker(Browser(client))
        assert led_to(await walker.browser.sign_in(person.email, web.request())) == path_of("terms")
        assert "not an emergency service" in (await walker.get(path_of("terms"))).text
        old = await walker.post("terms", accepted="1")
        assert old.status_code == 422
        assert "have changed" in old.text
        assert led_to(await walker.post("terms", accepted="2")) == CALLBACK
        answer = await walker.browser.sign_in(person.email, web.request(prompt="login"))
        assert led_to(answer) == CALLBACK  # asked once
    async with database.arrange() as session:
        accepted = (await session.scalars(select(TermsAcceptance).where(col(TermsAcceptance.version) == 2))).all()
    assert [one.person_id for one in accepted] == [person.id]
    (event,) = await audited(database, "terms:accepted")
    assert (event.subject_id, event.purpose, event.outcome) == (person.id, "version 2", "success")


async def test_where_a_client_asks_for_more_than_a_password_there_is_no_way_round_it(scene: Scene, walker: Walker):
    browser, person, web, database = scene
    assert led_to(await browser.sign_in(person.email, web.request(acr_values=MFA))) == path_of("factor")
    assert "Not now" not in (await walker.get(path_of("factor"))).text
    assert (await walker.post("factor", decline="yes")).status_code == 422
    page = await walker.get(f"{path_of('factor')}?with=app")
    fields = {"with": "app", "code": code_of(secret_in(page.text))}
    await walker.send(path_of("factor"), page.text, **fields)
    shown = await walker.post("codes", make="yes")
    assert led_to(await walker.send(path_of("codes"), shown.text, saved="yes")) == CALLBACK
    (session,) = await sessions_in(database)
    assert session.acr == MFA


async def test_a_mistyped_first_code_keeps_the_same_picture(strict: Walker, staff: dict[str, Person], web: Program):
    await strict.browser.sign_in(staff["admin"].email, web.request())
    page = await strict.get(f"{path_of('factor')}?with=app")
    again = page.text.partition('name="again" value="')[2].partition('"')[0]
    wrong = await strict.send(path_of("factor"), page.text, **{"with": "app", "again": again, "code": "12"})
    assert wrong.status_code == 422
    assert secret_in(wrong.text) == secret_in(page.text)
    other = await strict.send(path_of("factor"), page.text, **{"with": "app", "again": str(new_id()), "code": "12"})
    assert secret_in(other.text) != secret_in(page.text)


async def test_when_nothing_is_asked_for_any_more_one_is_in(scene: Scene, walker: Walker, database: RolledBackDatabase):
    """The stage waits for terms that were accepted meanwhile, elsewhere."""
    browser, person, web, _ = scene
    async with database.arrange() as session:
        await session.execute(delete(TermsAcceptance))
    assert led_to(await browser.sign_in(person.email, web.request())) == path_of("terms")
    async with database.arrange() as session:
        session.add(TermsAcceptance(person_id=person.id, version=1))
    before = walker.cookie
    assert led_to(await walker.get(path_of("terms"))) == CALLBACK
    assert walker.cookie != before


async def test_a_client_that_lost_its_address_meanwhile_gets_nothing(scene: Scene, walker: Walker, factors: Factors):
    browser, person, web, database = scene
    secret = await factors.add_app(person)
    await factors.add_codes(person)
    await browser.sign_in(person.email, web.request())
    page = await walker.get(path_of("second"))
    async with database.arrange() as session:
        await session.execute(
            update(SignInStage).values(ask=SignInStage.ask + "x")  # no challenge of ours any more
        )
    answer = await browser.client.post(path_of("second"), data={**token_in(page.text), "code": code_of(secret)})
    assert answered(answer)["error"] == "invalid_request"
    assert await sessions_in(database) == []


async def test_the_host_header_leads_nowhere_on_the_way_in(scene: Scene, factors: Factors):
    browser, person, web, _database = scene
    await factors.add_app(person)
    poisoned = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    hidden = await browser.form(web.request())
    fields = {**hidden, "email": person.email, "password": "calm-water-under-the-bridge"}
    answer = await browser.client.post("/auth/sign-in", data=fields, headers=poisoned)
    assert answer.headers["location"] == path_of("second")
    page = await browser.client.get(path_of("second"), headers=poisoned)
    assert "evil.example" not in page.text + str(page.headers)


async def test_of_twenty_forms_of_one_step_one_signs_in(committed_app: FastAPI, committed_superuser: Database):
    for _ in range(FEWER_ROUNDS):
        async with committed_superuser.sessions() as session, session.begin():
            person = await add_person(session)
            web = await Program(f"web-{new_id().hex}").register(session)
            await session.execute(delete(TermsAcceptance).where(col(TermsAcceptance.person_id) == person.id))
        async with open_browser(committed_app, f"2001:db8:{new_id().hex[-4:]}::1") as client:
            walker = Walker(Browser(client))
            assert led_to(await walker.browser.sign_in(person.email, web.request())) == path_of("terms")
            fields = {**token_in((await walker.get(path_of("terms"))).text), "accepted": "1"}
            cookie = {"cookie": f"auth={walker.cookie}"}
            client.cookies.clear()
            answers = await asyncio.gather(
                *(client.post(path_of("terms"), data=fields, headers=cookie) for _ in range(20))
            )
        assert Counter(led_to(answer) for answer in answers) == {CALLBACK: 1, "/auth/sign-in": 19}
        async with committed_superuser.sessions() as session:
            started = await session.scalars(select(Session).where(col(Session.person_id) == person.id))
            assert len(started.all()) == 1
