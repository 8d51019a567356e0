"""Step-up: to auth and back, to the same page with everything typed, in the same session under another cookie."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.base import AuditEvent
from afterglow_web.session.models import KeptForm, StepUpAttempt, WebSession, now
from fastapi import FastAPI
from sqlalchemy import func, select, update
from sqlmodel import col

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_accounts import FakeAccounts, account
from tests.web.fake_auth import FakeAuth

CHALLENGE = 'Bearer error="insufficient_user_authentication", error_description="Prove it", max_age="600"'
TYPED = {"name": "Noor Aziz", "email": "noor@example.org", "role": "therapist", "time_zone": "Asia/Tokyo"}
QUESTION = "/people/0195e3a0-0000-7000-8000-000000000001/reset"


async def change(database: RolledBackDatabase, **values: Any) -> None:
    async with database.arrange() as work:
        await work.execute(update(WebSession).values(**values))


async def only_session(database: RolledBackDatabase) -> WebSession:
    async with database.arrange() as work:
        return (await work.execute(select(WebSession))).scalar_one()


async def attempts(database: RolledBackDatabase) -> int:
    async with database.arrange() as work:
        return (await work.execute(select(func.count()).select_from(StepUpAttempt))).scalar_one()


async def audited(database: RolledBackDatabase) -> list[tuple[str, str, str | None]]:
    asked = select(AuditEvent.action, AuditEvent.outcome, AuditEvent.purpose).order_by(col(AuditEvent.id))
    async with database.arrange() as work:
        return [tuple(row) for row in (await work.execute(asked)).all()]


def an_hour_ago() -> dict[str, Any]:
    return {"auth_time": now() - timedelta(hours=1)}


def challenged(accounts: FakeAccounts, invitation: str, challenge: str = CHALLENGE) -> None:
    """Let auth want a step-up before it takes this invitation."""
    document = {"type": "about:blank", "title": "Prove it", "status": 401, "code": "step_up_needed"}
    answer = httpx.Response(401, json=document, headers={"www-authenticate": challenge})
    accounts.answers["PUT", f"invitations/{invitation}"] = answer


@pytest.fixture
async def sent(browser: Browser, admin: Person, accounts: FakeAccounts) -> httpx.Response:
    """An invitation of staff, filled in and sent, for which auth wants a step-up."""
    page = await browser.open_signed_in(admin, "/people/invite")
    fields = {**form_values(page, "invite"), **TYPED}
    challenged(accounts, fields["id"])
    answer = await browser.post("/people/invite", fields)
    accounts.answers.clear()
    return answer


async def to_auth(browser: Browser, answer: httpx.Response) -> httpx.URL:
    """Follow the way to auth; what auth is asked for."""
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/step-up?")
    begun = await browser.get(answer.headers["location"])
    assert begun.status_code == 303, begun.text
    assert begun.headers["cache-control"] == "no-store"
    return httpx.URL(begun.headers["location"])


async def test_a_form_comes_back_with_everything_typed_and_is_sent(
    browser: Browser, admin: Person, accounts: FakeAccounts, database: RolledBackDatabase, sent: httpx.Response
) -> None:
    asked = await to_auth(browser, sent)
    assert (asked.path, asked.params["max_age"]) == ("/auth/authorize", "600")
    assert "acr_values" not in asked.params
    back = await browser.get(browser.auth.authorize(str(asked), admin))
    assert back.headers["location"].startswith("/people/invite?kept=")
    page = await browser.get(back.headers["location"])
    again = form_values(page, "invite")
    assert TYPED.items() <= again.items()
    answer = await browser.post("/people/invite", again)
    assert answer.headers["location"].startswith("/proposals?notice=")
    assert accounts.proposals[0]["about"]["email"] == TYPED["email"]
    async with database.arrange() as work:
        assert (await work.execute(select(KeptForm))).first() is None
    assert ("session:step_up", "success", None) in await audited(database)


async def test_what_is_asked_of_auth(
    browser: Browser, admin: Person, accounts: FakeAccounts, database: RolledBackDatabase
) -> None:
    """Each attempt has a state, a nonce and a verifier of its own, and says who is meant."""
    page = await browser.open_signed_in(admin, "/people/invite")
    fields = {**form_values(page, "invite"), **TYPED}
    challenged(accounts, fields["id"], CHALLENGE + ', acr_values="urn:afterglow:acr:mfa"')
    seen: set[str] = set()
    for _ in range(2):
        asked = await to_auth(browser, await browser.post("/people/invite", fields))
        assert asked.params["acr_values"] == "urn:afterglow:acr:mfa"
        assert asked.params["id_token_hint"].startswith("eyJ")
        assert asked.params["redirect_uri"] == f"{BASE_URL}/callback"
        seen |= {asked.params[name] for name in ("state", "nonce", "code_challenge")}
    assert len(seen) == 6
    assert await attempts(database) == 2
    async with database.arrange() as work:
        for attempt in (await work.execute(select(StepUpAttempt))).scalars():
            assert not any(value.encode() in attempt.secret for value in seen)


async def test_the_session_goes_on_under_another_cookie_with_other_tokens(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth, sent: httpx.Response
) -> None:
    before, cookie, token = await only_session(database), browser.cookie, browser.token
    given = list(auth.refresh_tokens)
    asked = await to_auth(browser, sent)
    await browser.get(auth.authorize(str(asked), admin))
    after = await only_session(database)
    assert (after.id, after.expires_at, after.created_at) == (before.id, before.expires_at, before.created_at)
    assert browser.cookie != cookie
    for column in ("cookie_hash", "csrf_secret", "access_token", "refresh_token", "id_token"):
        assert getattr(after, column) != getattr(before, column), column
    assert auth.revoked == given
    assert after.auth_time
    assert after.auth_time > now() - timedelta(minutes=1)
    assert after.acr == "urn:afterglow:acr:password"
    old = await browser.http.get("/people", headers={"cookie": f"web={cookie}"})
    assert old.headers["location"].startswith("/sign-in")
    assert (await browser.get("/people")).status_code == 200
    refused = await browser.post("/people/invite", {**TYPED, "csrf_token": token})
    assert refused.status_code == 403
    assert f"Copy your words before you leave this page: {TYPED['email']}" in words(refused)


async def test_a_question_is_asked_only_of_somebody_who_proved_lately(
    browser: Browser, admin: Person, accounts: FakeAccounts, database: RolledBackDatabase
) -> None:
    """People prove it before they fill a form in, not after."""
    accounts.people.append(account(1))
    await browser.open_signed_in(admin, "/people")
    assert (await browser.get(QUESTION)).status_code == 200
    await change(database, **an_hour_ago())
    answer = await browser.get(QUESTION)
    asked = await to_auth(browser, answer)
    assert asked.params["max_age"] == "480"
    back = await browser.get(browser.auth.authorize(str(asked), admin))
    assert back.headers["location"] == QUESTION
    assert (await browser.get(QUESTION)).status_code == 200


async def test_a_question_that_was_answered_too_late_is_asked_again(
    browser: Browser, admin: Person, accounts: FakeAccounts
) -> None:
    accounts.people.append(account(1))
    page = await browser.open_signed_in(admin, QUESTION)
    hidden = soup(page).select_one('main input[name="id"]')
    assert hidden is not None
    fields = {"id": str(hidden["value"])}
    challenge = httpx.Response(401, json={"type": "", "title": "", "status": 401, "code": "step_up_needed"})
    accounts.answers["PUT", f"{QUESTION.removeprefix('/')}s/{fields['id']}"] = challenge
    asked = await to_auth(browser, await browser.post(QUESTION, fields))
    assert asked.params["max_age"] == "600"
    back = await browser.get(browser.auth.authorize(str(asked), admin))
    assert back.headers["location"] == QUESTION


async def test_a_fragment_and_a_program_are_told_in_their_own_way(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(admin, "/people")
    await change(database, **an_hour_ago())
    part = await browser.fragment(QUESTION)
    assert (part.status_code, part.headers["hx-redirect"].startswith("/step-up?")) == (204, True)
    answer = await browser.http.get(QUESTION, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up_needed")
    assert 'error="insufficient_user_authentication"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("wanted", ["//elsewhere.example", "https://elsewhere.example/", "/signed-out", "/step-up?x=1"])
async def test_the_way_back_is_a_page_of_ours(browser: Browser, admin: Person, wanted: str) -> None:
    await browser.open_signed_in(admin, "/people")
    begun = await browser.http.get("/step-up", params={"max_age": 60, "next": wanted})
    back = await browser.get(browser.auth.authorize(begun.headers["location"], admin))
    assert back.headers["location"] == "/"


@pytest.mark.parametrize("age", ["", "-1", "x", "1e3", "999999999999"])
async def test_an_age_that_is_none_is_refused(browser: Browser, admin: Person, age: str) -> None:
    await browser.open_signed_in(admin, "/people")
    assert (await browser.get(f"/step-up?max_age={age}")).status_code == 404


async def test_nobody_proves_anything_without_a_session(browser: Browser, auth: FakeAuth) -> None:
    answer = await browser.get("/step-up?max_age=600&next=/people")
    assert answer.headers["location"].startswith("/sign-in")
    assert auth.requests == []


async def not_proved(browser: Browser, address: str, database: RolledBackDatabase, purpose: str) -> None:
    """Said calmly, with the way back to the form; the session is as it was, the attempt is over."""
    before, cookie = await only_session(database), browser.cookie
    answer = await browser.get(address)
    assert answer.status_code == 400
    assert "You are still signed in" in words(answer)
    link = soup(answer).find("a", string="Go back to what you were doing")
    assert link is not None
    again = await browser.get(str(link["href"]))
    assert TYPED.items() <= form_values(again, "invite").items()
    after = await only_session(database)
    assert (after.cookie_hash, after.auth_time, browser.cookie) == (before.cookie_hash, before.auth_time, cookie)
    assert (await audited(database))[-1] == ("session:step_up", "refused", purpose)
    assert await attempts(database) == 0
    assert (await browser.get(address)).headers["location"] == "/"


@pytest.mark.parametrize(
    "said",
    [
        ({"iss": "http://elsewhere.example/auth"}, "another_answer"),
        ({"error": "access_denied"}, "not_proved"),
        ({"error": "unmet_authentication_requirements"}, "not_proved"),
        ({"code": ""}, "not_proved"),
    ],
)
async def test_an_answer_that_says_no(
    browser: Browser,
    admin: Person,
    database: RolledBackDatabase,
    sent: httpx.Response,
    said: tuple[dict[str, str], str],
) -> None:
    query, purpose = said
    asked = await to_auth(browser, sent)
    address = httpx.URL(browser.auth.authorize(str(asked), admin)).copy_merge_params(query)
    await not_proved(browser, str(address), database, purpose)
    assert len(browser.auth.requests) == 1


async def test_a_state_that_only_begins_as_ours(
    browser: Browser, admin: Person, database: RolledBackDatabase, sent: httpx.Response
) -> None:
    asked = await to_auth(browser, sent)
    address = httpx.URL(browser.auth.authorize(str(asked), admin))
    other = address.params["state"].partition(".")[0] + "." + "x" * 43
    await not_proved(browser, str(address.copy_set_param("state", other)), database, "another_answer")


@pytest.mark.parametrize(
    "said",
    [
        ({"auth_time": int(now().timestamp()) - 1300}, "too_old"),
        ({"auth_time": None}, "too_old"),
        ({"nonce": "another"}, "refused"),
        ({"aud": "portal"}, "refused"),
        ({"auth_time": 10**30}, "refused"),
    ],
)
async def test_a_proof_that_is_none(
    browser: Browser,
    admin: Person,
    database: RolledBackDatabase,
    sent: httpx.Response,
    said: tuple[dict[str, Any], str],
) -> None:
    asked = await to_auth(browser, sent)
    browser.auth.claims, purpose = said
    await not_proved(browser, browser.auth.authorize(str(asked), admin), database, purpose)


async def test_a_proof_that_is_too_weak(
    browser: Browser, admin: Person, accounts: FakeAccounts, database: RolledBackDatabase
) -> None:
    page = await browser.open_signed_in(admin, "/people/invite")
    fields = {**form_values(page, "invite"), **TYPED}
    challenged(accounts, fields["id"], CHALLENGE + ', acr_values="urn:afterglow:acr:mfa"')
    asked = await to_auth(browser, await browser.post("/people/invite", fields))
    await not_proved(browser, browser.auth.authorize(str(asked), admin), database, "too_weak")
    assert len(browser.auth.revoked) == 1
    asked = await to_auth(browser, await browser.post("/people/invite", fields))
    browser.auth.claims = {"acr": "urn:afterglow:acr:mfa"}
    back = await browser.get(browser.auth.authorize(str(asked), admin))
    assert back.headers["location"].startswith("/people/invite?kept=")


async def test_somebody_else_who_proves_who_they_are_signs_the_first_out_and_sees_nothing(
    browser: Browser, admin: Person, database: RolledBackDatabase, auth: FakeAuth, sent: httpx.Response
) -> None:
    other = Person(Role.admin, "Kim Colleague")
    asked = await to_auth(browser, sent)
    answer = await browser.get(auth.authorize(str(asked), other))
    assert answer.status_code == 403
    assert "That was another account" in words(answer)
    assert admin.name not in answer.text
    assert (await only_session(database)).ended_at
    assert len(auth.ended) == len(auth.revoked) == 1
    assert (await audited(database))[-1] == ("session:step_up", "refused", "another_person")
    async with database.arrange() as work:
        kept = (await work.execute(select(KeptForm))).scalar_one()
    page = await browser.open_signed_in(other, f"/people/invite?kept={kept.id}")
    assert form_values(page, "invite")["email"] == ""
    await browser.post("/sign-out")
    page = await browser.open_signed_in(admin, f"/people/invite?kept={kept.id}")
    assert form_values(page, "invite")["email"] == TYPED["email"]


async def test_an_attempt_is_of_one_session(
    browser: Browser, other_browser: Browser, admin: Person, sent: httpx.Response
) -> None:
    """A link to somebody's answer does nothing in another browser, be it the same person's."""
    asked = await to_auth(browser, sent)
    address = browser.auth.authorize(str(asked), admin)
    requests = len(browser.auth.requests)
    assert (await other_browser.get(address)).headers["location"] == "/"
    await other_browser.open_signed_in(admin, "/people")
    cookie = other_browser.cookie
    assert (await other_browser.get(address)).headers["location"] == "/"
    assert other_browser.cookie == cookie
    assert len(browser.auth.requests) == requests + 1  # the other browser's own sign-in
    assert (await browser.get(address)).headers["location"].startswith("/people/invite?kept=")


async def test_an_attempt_is_used_once(browser: Browser, admin: Person, sent: httpx.Response) -> None:
    asked = await to_auth(browser, sent)
    address = browser.auth.authorize(str(asked), admin)
    assert (await browser.get(address)).headers["location"].startswith("/people/invite?kept=")
    cookie = browser.cookie
    again = await browser.get(address)
    assert (again.headers["location"], "set-cookie" in again.headers, browser.cookie) == ("/", False, cookie)
    assert len(browser.auth.requests) == 2


async def test_an_attempt_runs_out(
    browser: Browser, admin: Person, database: RolledBackDatabase, sent: httpx.Response
) -> None:
    asked = await to_auth(browser, sent)
    async with database.arrange() as work:
        await work.execute(update(StepUpAttempt).values(expires_at=now()))
    assert (await browser.get(browser.auth.authorize(str(asked), admin))).headers["location"] == "/"
    assert len(browser.auth.requests) == 1


async def test_a_session_that_ends_meanwhile_leads_through_sign_in_to_the_same_form(
    browser: Browser, admin: Person, database: RolledBackDatabase, sent: httpx.Response
) -> None:
    asked = await to_auth(browser, sent)
    await change(database, last_seen_at=now() - timedelta(hours=1))
    answer = await browser.get(browser.auth.authorize(str(asked), admin))
    assert answer.headers["location"].startswith("/sign-in?next=%2Fpeople%2Finvite%3Fkept%3D")
    begun = await browser.get(answer.headers["location"])
    back = await browser.get(browser.auth.authorize(begun.headers["location"], admin))
    assert TYPED.items() <= form_values(await browser.get(back.headers["location"]), "invite").items()


async def test_auth_away_before_or_after_loses_no_words(
    browser: Browser, admin: Person, auth: FakeAuth, sent: httpx.Response
) -> None:
    auth.down = True
    answer = await browser.get(sent.headers["location"])
    assert answer.status_code == 503
    back = soup(answer).find("a", string="Go back to what you were doing")
    auth.down = False
    assert back is not None
    assert TYPED.items() <= form_values(await browser.get(str(back["href"])), "invite").items()

    asked = await to_auth(browser, sent)
    auth.down = True
    answer = await browser.get(auth.authorize(str(asked), admin))
    assert answer.status_code == 503
    back = soup(answer).find("a", string="Go back to what you were doing")
    auth.down = False
    assert back is not None
    assert TYPED.items() <= form_values(await browser.get(str(back["href"])), "invite").items()


async def test_two_tabs_one_after_the_other(browser: Browser, admin: Person, sent: httpx.Response) -> None:
    """The second tab's attempt was begun under the earlier cookie, and ends as well as the first."""
    first = await to_auth(browser, sent)
    second = await to_auth(browser, sent)
    for asked in (first, second):
        back = await browser.get(browser.auth.authorize(str(asked), admin))
        page = await browser.get(back.headers["location"])
        assert TYPED.items() <= form_values(page, "invite").items()
    assert len(browser.auth.revoked) == 2


async def test_two_tabs_at_the_same_moment(
    make_app: Callable[..., FastAPI], committed_database: Database, committed_superuser: Database, auth: FakeAuth
) -> None:
    """Of twenty answers to twenty attempts at once one gives the session its cookie; all lead on, none signs out."""
    person = Person(Role.admin, "Twenty Tabs")
    browser = Browser(make_app(committed_database), auth)
    await browser.open_signed_in(person, "/help")
    begun = [await browser.http.get("/step-up?max_age=600&next=/help") for _ in range(20)]
    addresses = [auth.authorize(one.headers["location"], person) for one in begun]
    cookie = {"cookie": f"web={browser.cookie}"}

    async def slowly() -> None:
        await asyncio.sleep(0.1)

    auth.before_answer = slowly
    browser.http.cookies.clear()
    answers = await asyncio.gather(*(browser.http.get(address, headers=cookie) for address in addresses))
    auth.before_answer = None
    assert {answer.headers["location"] for answer in answers} == {"/help"}
    (renewed,) = [answer for answer in answers if "set-cookie" in answer.headers]
    assert (await browser.get("/people", cookie=renewed.headers["set-cookie"].partition(";")[0])).status_code == 200
    mine = select(func.count()).where(
        col(AuditEvent.actor_id) == person.id, col(AuditEvent.action) == "session:step_up"
    )
    async with committed_superuser.sessions() as work:
        assert (await work.execute(mine)).scalar_one() == 1
    await browser.http.aclose()


async def test_one_attempt_answered_twenty_times_at_once(
    make_app: Callable[..., FastAPI], committed_database: Database, auth: FakeAuth
) -> None:
    person = Person(Role.admin, "Twenty Answers")
    browser = Browser(make_app(committed_database), auth)
    await browser.open_signed_in(person, "/help")
    begun = await browser.http.get("/step-up?max_age=600&next=/help")
    address = auth.authorize(begun.headers["location"], person)
    cookie = {"cookie": f"web={browser.cookie}"}
    browser.http.cookies.clear()
    answers = await asyncio.gather(*(browser.http.get(address, headers=cookie) for _ in range(20)))
    assert sorted({answer.headers["location"] for answer in answers}) == ["/", "/help"]
    assert len([answer for answer in answers if "set-cookie" in answer.headers]) == 1
    assert len(auth.requests) == 2
    await browser.http.aclose()
