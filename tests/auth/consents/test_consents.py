"""Whether a program of others may: asked once in plain words, answered once, kept by whose answer it is."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.audit import Verb
from afterglow_auth.consents.models import Consent, ConsentQuestion
from afterglow_auth.housekeeping import forget_expired
from afterglow_auth.oauth.models import Authorization, OAuthClient
from afterglow_auth.sessions.proof import MFA_ACR
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL
from fastapi import FastAPI
from sqlalchemy import func, select, text, update
from sqlmodel import col

from tests.auth.arranging import (
    CONSENT,
    FEWER_ROUNDS,
    ISSUER,
    Browser,
    Program,
    Scene,
    add_person,
    answered,
    audited,
    is_sign_in_page,
    letters,
    open_browser,
    payload,
)

SCOPES = "openid email offline_access portal messaging"
DIARY = "https://diary.example/callback"
AT_ONCE = 20


@pytest_asyncio.fixture(loop_scope="session")
async def diary(database: RolledBackDatabase) -> Program:
    """A program of others, as an admin registers it."""
    async with database.arrange() as session:
        return await others("diary").register(session)


def others(client_id: str, **changes: Any) -> Program:
    return Program(client_id, DIARY, scopes=SCOPES, built_in=False, run_by="Dusk & Co. <Ltd>", **changes)


def asks(answer: httpx.Response) -> bool:
    return answer.headers["location"].startswith(CONSENT)


async def asked_again(browser: Browser, program: Program, **changes: str | None) -> httpx.Response:
    return await browser.client.get("/auth/authorize", params=program.request(**changes))


async def count(database: RolledBackDatabase, table: type) -> int:
    async with database.arrange() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_the_page_says_who_what_and_where_to_in_plain_words(browser: Browser, person: Person, diary: Program):
    answer = await browser.sign_in(person.email, diary.request())
    page = await browser.client.get(answer.headers["location"])
    for words in (
        "The program diary", "Run by Dusk &amp; Co. &lt;Ltd&gt;", "diary.example", "know that it is you",
        "see your e-mail address", "stay connected", "read, add and change your check-ins", "write to your therapist",
        "counts as done by you",
    ):  # fmt: skip
        assert words in page.text
    assert "see your name" not in page.text  # it did not ask for that
    assert "form-action 'self' https://diary.example" in page.headers["content-security-policy"]
    assert page.text.count('class="button"') == 2  # alike
    assert "checkbox" not in page.text


async def test_it_speaks_the_persons_language(browser: Browser, person: Person, diary: Program, database: Any):
    async with database.arrange() as session:
        await session.execute(update(Person).where(col(Person.id) == person.id).values(locale="es"))
    answer = await browser.sign_in(person.email, diary.request())
    page = await browser.client.get(answer.headers["location"])
    assert "¿Permite la entrada a este programa?" in page.text


async def test_what_is_allowed_goes_into_the_code_and_is_not_asked_again(
    app: FastAPI, browser: Browser, person: Person, diary: Program, database: RolledBackDatabase
):
    tokens = await browser.tokens(person.email, diary)
    assert set(tokens["scope"].split()) == set(SCOPES.split())
    assert payload(tokens["access_token"])["scope"] == tokens["scope"]
    assert "code" in answered(await asked_again(browser, diary))
    assert "code" in answered(await asked_again(browser, diary, scope="openid"))
    assert "code" in answered(await asked_again(browser, diary, prompt="none"))
    (event,) = await audited(database, Verb.consent_given)
    assert (event.subject_id, event.purpose, event.outcome) == (person.id, "diary", "success")
    assert [(one.letter, one.mail is not None) for one in await letters(app, database)] == [("program_allowed", True)]


async def test_declining_leads_back_with_access_denied_and_keeps_nothing(
    browser: Browser, person: Person, diary: Program, database: RolledBackDatabase
):
    answer = await browser.consent(await browser.sign_in(person.email, diary.request()), "decline")
    assert answer.headers["location"].startswith(f"{DIARY}?")
    told = answered(answer)
    assert (told["error"], told["state"], "code" in told) == ("access_denied", "state-of-the-browser", False)
    assert (await count(database, Consent), await count(database, Authorization)) == (0, 0)
    (event,) = await audited(database, Verb.consent_given)
    assert (event.subject_id, event.outcome) == (person.id, "refused")
    assert asks(await asked_again(browser, diary))


async def test_more_is_asked_about_and_adds_to_what_was_allowed(browser: Browser, person: Person, diary: Program):
    await browser.tokens(person.email, diary, scope="openid")
    more = await asked_again(browser, diary, scope="openid portal")
    assert asks(more)
    assert "code" in answered(await browser.consent(more))
    assert "code" in answered(await asked_again(browser, diary, scope="openid portal"))
    assert asks(await asked_again(browser, diary, scope="openid email"))


@pytest.mark.parametrize("address", ["http://127.0.0.1:8123/callback", "org.example.diary:/callback"])
async def test_a_program_that_any_other_on_the_device_could_pose_as_asks_each_time(
    browser: Browser, person: Person, database: RolledBackDatabase, address: str
):
    """It would begin with this one's id and a challenge of its own, and listen where this one does."""
    async with database.arrange() as session:
        program = await Program("app", kind="public", built_in=False, scopes="openid portal").register(session)
        await session.execute(
            update(OAuthClient).where(col(OAuthClient.client_id) == "app").values(redirect_uris=[address])
        )
    program.redirect_uri = address
    await browser.tokens(person.email, program)
    assert asks(await asked_again(browser, program))
    assert answered(await asked_again(browser, program, prompt="none"))["error"] == "login_required"


async def test_a_public_program_at_a_web_address_is_remembered(
    browser: Browser, person: Person, database: RolledBackDatabase
):
    async with database.arrange() as session:
        program = await Program("page", DIARY, kind="public", built_in=False, scopes="openid").register(session)
    await browser.tokens(person.email, program)
    assert "code" in answered(await asked_again(browser, program))


ELSEWHERE = "https://elsewhere.example/callback"


@pytest.mark.parametrize(
    ("first", "second", "asked_again_for"),
    [
        ((DIARY, "openid portal"), (ELSEWHERE, "openid"), [(ELSEWHERE, "openid portal")]),
        ((DIARY, "openid"), (ELSEWHERE, "openid portal"), [(DIARY, "openid portal")]),
    ],
)
async def test_no_address_gets_what_only_another_was_allowed(
    browser: Browser,
    person: Person,
    diary: Program,
    database: RolledBackDatabase,
    *,
    first: tuple[str, str],
    second: tuple[str, str],
    asked_again_for: list[tuple[str, str]],
):
    async with database.arrange() as session:
        await session.execute(
            update(OAuthClient).where(col(OAuthClient.client_id) == "diary").values(redirect_uris=[DIARY, ELSEWHERE])
        )
    answer = await browser.sign_in(person.email, diary.request(redirect_uri=first[0], scope=first[1]))
    assert "code" in answered(await browser.consent(answer))
    answer = await asked_again(browser, diary, redirect_uri=second[0], scope=second[1])
    assert "code" in answered(await browser.consent(answer))
    assert "code" in answered(await asked_again(browser, diary, redirect_uri=second[0], scope=second[1]))
    for address, scope in asked_again_for:
        assert asks(await asked_again(browser, diary, redirect_uri=address, scope=scope))


async def test_the_same_scopes_at_a_second_address_are_remembered_for_both(
    app: FastAPI, browser: Browser, person: Person, diary: Program, database: RolledBackDatabase
):
    await browser.tokens(person.email, diary)
    async with database.arrange() as session:
        changed = update(OAuthClient).where(col(OAuthClient.client_id) == "diary")
        await session.execute(changed.values(redirect_uris=[DIARY, ELSEWHERE]))
    app.state.provider.clients._known.clear()
    asked = await asked_again(browser, diary, redirect_uri=ELSEWHERE)
    assert "code" in answered(await browser.consent(asked))
    assert "code" in answered(await asked_again(browser, diary))
    assert "code" in answered(await asked_again(browser, diary, redirect_uri=ELSEWHERE))


async def test_a_resource_that_the_person_cannot_open_is_told_before_anybody_is_asked(
    browser: Browser, staff: dict[str, Person], diary: Program, database: RolledBackDatabase
):
    asked = diary.request(scope="openid portal", resource=f"{BASE_URL}/api/portal")
    assert answered(await browser.sign_in(staff["therapist"].email, asked))["error"] == "invalid_target"
    assert await count(database, Consent) == 0


async def test_prompt_consent_asks_all_the_same_without_a_new_sign_in(browser: Browser, person: Person, diary: Program):
    await browser.tokens(person.email, diary)
    assert asks(await asked_again(browser, diary, prompt="consent"))
    again = await asked_again(browser, diary, prompt="login consent")
    assert is_sign_in_page(again)


async def test_prompt_login_is_followed_by_the_question_once(browser: Browser, person: Person, diary: Program):
    """After the sign-in that the client asked for its page does not ask for another."""
    answer = await browser.sign_in(person.email, diary.request(prompt="login"))
    assert asks(answer)
    assert "code" in answered(await browser.consent(answer))


async def test_prompt_none_is_told_that_somebody_would_be_asked(browser: Browser, person: Person, diary: Program):
    await browser.tokens(person.email, diary, scope="openid")
    answer = await asked_again(browser, diary, prompt="none")
    assert answered(answer)["error"] == "consent_required"
    assert answered(answer)["state"] == "state-of-the-browser"


async def test_who_is_signed_in_is_not_told_to_a_program_that_nobody_has_allowed(
    browser: Browser, person: Person, staff: dict[str, Person], diary: Program, web: Program
):
    """Neither whether anybody is, nor whether it is somebody it names, has a second factor or works here."""
    named = [json.dumps({"id_token": {"sub": {"value": str(one)}}}) for one in (person.id, new_id())]
    classes = json.dumps({"id_token": {"acr": {"essential": True, "value": MFA_ACR}}})
    asked: list[dict[str, str | None]] = [
        {}, {"acr_values": MFA_ACR}, {"scope": "portal"},
        {"scope": "openid portal", "resource": f"{BASE_URL}/api/portal"},
        *({"claims": claims} for claims in (*named, classes)),
    ]  # fmt: skip

    async def told() -> list[dict[str, str]]:
        return [answered(await asked_again(browser, diary, prompt="none", **changes)) for changes in asked]

    nobody = await told()
    assert {answer["error"] for answer in nobody} == {"login_required"}
    for one in (person, staff["therapist"]):
        browser.client.cookies.clear()
        await browser.tokens(one.email, web)
        assert await told() == nobody
    browser.client.cookies.clear()
    await browser.consent(await browser.sign_in(person.email, diary.request()), "decline")
    assert await told() == nobody


async def test_the_houses_own_never_ask(browser: Browser, person: Person, web: Program, public: Program):
    await browser.tokens(person.email, web)
    assert "code" in answered(await asked_again(browser, public))


@pytest.mark.parametrize("role", ["therapist", "admin"])
async def test_staff_open_nobodys_records_to_a_program(
    browser: Browser, staff: dict[str, Person], diary: Program, role: str
):
    answer = await browser.sign_in(staff[role].email, diary.request())
    page = await browser.client.get(answer.headers["location"])
    assert "does not get it from you" in page.text
    code = answered(await browser.consent(answer))["code"]
    tokens = (await browser.client.post("/auth/token", data=diary.code_form(code))).json()
    assert tokens["scope"] == "openid email offline_access"
    assert payload(tokens["access_token"])["aud"] == [ISSUER]
    denied = await asked_again(browser, diary, scope="portal messaging")
    assert answered(denied)["error"] == "access_denied"


@pytest.mark.parametrize(
    "change",
    [{"name": "Another"}, {"run_by": "Somebody else"}, {"redirect_uris": ["https://elsewhere.example/callback"]}],
)
async def test_a_program_that_has_become_another_asks_anew(
    app: FastAPI, scene: Scene, diary: Program, change: dict[str, Any]
):
    browser = scene.browser
    await browser.tokens(scene.person.email, diary)
    async with scene.database.arrange() as session:
        await session.execute(update(OAuthClient).where(col(OAuthClient.client_id) == "diary").values(**change))
    app.state.provider.clients._known.clear()
    moved = change.get("redirect_uris", [None])[0]
    changes = {"redirect_uri": moved} if moved else {}
    assert asks(await asked_again(browser, diary, **changes))


async def test_nothing_in_the_form_changes_what_is_allowed(browser: Browser, person: Person, diary: Program):
    """Client, address and scope stand in the question, which the form only names."""
    answer = await browser.sign_in(person.email, diary.request(scope="openid"))
    path = answer.headers["location"]
    forged = {"client_id": "web", "redirect_uri": "https://evil.example/", "scope": SCOPES, "state": "x"}
    fields = {**await browser.follow(path), **forged, "answer": "allow"}
    given = await browser.client.post(f"{path}?{urlencode(forged)}", data=fields)
    assert given.headers["location"].startswith(f"{DIARY}?")
    code = answered(given)["code"]
    assert answered(given)["state"] == "state-of-the-browser"
    tokens = await browser.client.post("/auth/token", data=diary.code_form(code))
    assert tokens.json()["scope"] == "openid"


@pytest.mark.parametrize("token", ["", "0" * 64])
async def test_a_form_from_elsewhere_is_led_back_to_the_question(
    browser: Browser, person: Person, diary: Program, database: RolledBackDatabase, token: str
):
    path = (await browser.sign_in(person.email, diary.request())).headers["location"]
    answer = await browser.client.post(path, data={"csrf_token": token, "answer": "allow"})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert await count(database, Consent) == 0
    assert [event.outcome for event in await audited(database, Verb.consent_given)] == ["refused"]


@pytest.mark.parametrize("answer", [{}, {"answer": "yes"}])
async def test_neither_answer_is_none(browser: Browser, person: Person, diary: Program, answer: dict[str, str]):
    path = (await browser.sign_in(person.email, diary.request())).headers["location"]
    page = await browser.client.post(path, data={**await browser.follow(path), **answer})
    assert page.status_code == 422
    assert "Please choose one of the two" in page.text


async def test_a_question_is_its_sessions_and_answered_once(
    browser: Browser, other_browser: Browser, person: Person, diary: Program, web: Program
):
    asked = await browser.sign_in(person.email, diary.request())
    path = asked.headers["location"]
    await other_browser.tokens(person.email, web)  # the same person elsewhere
    for stranger in (other_browser.client, httpx.AsyncClient(transport=browser.client._transport, base_url=BASE_URL)):
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.post(path, data={"answer": "allow"})).status_code == 404
    assert "code" in answered(await browser.consent(asked))
    assert (await browser.client.get(path)).status_code == 404


async def test_a_question_that_is_over_is_not_answered_and_forgotten(
    browser: Browser, person: Person, diary: Program, database: RolledBackDatabase
):
    path = (await browser.sign_in(person.email, diary.request())).headers["location"]
    fields = await browser.follow(path)
    async with database.arrange() as session:
        await session.execute(update(ConsentQuestion).values(expires_at=datetime.now(UTC) - timedelta(hours=1)))
    assert (await browser.client.post(path, data={**fields, "answer": "allow"})).status_code == 404
    await forget_expired(database)
    assert (await count(database, ConsentQuestion), await count(database, Consent)) == (0, 0)


async def test_a_client_that_lost_its_address_meanwhile_gets_nothing(
    app: FastAPI, browser: Browser, person: Person, diary: Program, database: RolledBackDatabase
):
    path = (await browser.sign_in(person.email, diary.request())).headers["location"]
    fields = await browser.follow(path)
    async with database.arrange() as session:
        await session.execute(update(OAuthClient).values(redirect_uris=["https://elsewhere.example/"]))
    app.state.provider.clients._known.clear()
    answer = await browser.client.post(path, data={**fields, "answer": "allow"})
    assert (answer.status_code, "location" in answer.headers) == (400, False)
    assert await count(database, Consent) == 0


@pytest.mark.parametrize("change", [{"scopes": ["openid", "email"]}, {"name": "Another"}, {"run_by": "Somebody else"}])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_answer_allows_what_its_page_did_not_say(
    app: FastAPI, scene: Scene, method: str, change: dict[str, Any]
):
    """The claims asked for by name grow with what the program is registered for, while the page stands open."""
    browser, _, _, database = scene
    async with database.arrange() as session:
        diary = await Program("diary", DIARY, scopes="openid", built_in=False, run_by="Dusk").register(session)
    wanted = {"scope": "openid", "claims": json.dumps({"userinfo": {"email": None}})}
    path = (await browser.sign_in(scene.person.email, diary.request(**wanted))).headers["location"]
    fields = {**await browser.follow(path), "answer": "allow"}
    async with database.arrange() as session:
        await session.execute(update(OAuthClient).where(col(OAuthClient.client_id) == "diary").values(**change))
    app.state.provider.clients._known.clear()
    led = await browser.client.request(method, path, data=fields if method == "POST" else None)
    assert asks(led)
    assert led.headers["location"] != path
    assert await count(database, Consent) == 0
    assert (await browser.client.get(path)).status_code == 404
    page = (await browser.client.get(led.headers["location"])).text
    assert ("see your e-mail address" in page) is ("scopes" in change)
    assert "code" in answered(await browser.consent(led))


async def test_a_pushed_request_is_asked_about_too(browser: Browser, person: Person, diary: Program):
    answer = await browser.sign_in(person.email, await browser.push(diary, scope="openid portal"))
    code = answered(await browser.consent(answer))["code"]
    tokens = await browser.client.post("/auth/token", data=diary.code_form(code))
    assert tokens.json()["scope"] == "openid portal"


async def test_consents_are_their_persons_only(
    browser: Browser, person: Person, diary: Program, database: RolledBackDatabase, staff: dict[str, Person]
):
    await browser.tokens(person.email, diary)
    await asked_again(browser, diary, prompt="consent")
    for context in (RowContext(), RowContext(staff["admin"].id, "admin"), RowContext(person.id, "client")):
        async with database.unit_of_work(context) as session:
            for table in ("consents", "consent_questions"):
                found = (await session.execute(text(f"SELECT person_id FROM {table}"))).all()  # noqa: S608  # listed above
                assert len(found) == (context.person == person.id)


@pytest_asyncio.fixture(loop_scope="session")
async def committed_browser(committed_app: FastAPI) -> AsyncIterator[Browser]:
    async with open_browser(committed_app) as client:
        yield Browser(client)


async def test_of_twenty_answers_at_once_one_gets_a_code(committed_superuser: Database, committed_browser: Browser):
    async with committed_superuser.sessions() as session, session.begin():
        person = await add_person(session)
        diary = await others(f"diary-{new_id().hex}").register(session)
    browser = committed_browser
    asked = await browser.sign_in(person.email, diary.request())
    for _ in range(FEWER_ROUNDS):
        path = asked.headers["location"]
        fields = {**await browser.follow(path), "answer": "allow"}
        answers = await asyncio.gather(*(browser.client.post(path, data=fields) for _ in range(AT_ONCE)))
        assert Counter(answer.status_code for answer in answers) == {303: 1, 404: AT_ONCE - 1}
        asked = await asked_again(browser, diary, prompt="consent")
    async with committed_superuser.sessions() as session:
        given = select(func.count()).where(col(Authorization.client_id) == diary.client_id)
        assert await session.scalar(given) == FEWER_ROUNDS
