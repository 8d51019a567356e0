"""Idle log-off with JavaScript: the page asks how long it lasts, and at the end hands over what was being written."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.session.models import KeptForm, WebSession, now
from sqlalchemy import select, update

from tests.web.browser import Browser, form_values, soup, words

UNATTENDED = {"accept": "application/json", "afterglow-unattended": "true"}
TYPED = {"mood": "2.5", "note": "Walked along the canal", "visibility": "only_me", "shown": "/", "typed": "yes"}


async def change(database: RolledBackDatabase, **values: Any) -> None:
    async with database.arrange() as work:
        await work.execute(update(WebSession).values(**values))


async def kept(database: RolledBackDatabase) -> list[KeptForm]:
    async with database.arrange() as work:
        return list((await work.execute(select(KeptForm))).scalars())


def rested(hours: float = 24) -> dict[str, Any]:
    return {"last_seen_at": now() - timedelta(hours=hours)}


async def ask(browser: Browser, **headers: str) -> httpx.Response:
    return await browser.http.get("/session", headers={"accept": "application/json", **headers})


async def test_the_page_knows_its_limit_and_asks_how_long_is_left(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    page = await browser.open_signed_in(admin, "/people")
    body = soup(page).body
    assert body is not None
    assert (body["data-idle"], body["data-person"]) == ("900", str(admin.id))
    await change(database, last_seen_at=now() - timedelta(minutes=10))
    answer = await ask(browser, **UNATTENDED)
    assert 290 < answer.json()["seconds"] < 301
    assert answer.json()["person"] == str(admin.id)
    assert answer.headers["cache-control"] == "no-store"
    browser.token = answer.json()["csrf_token"]
    assert (await browser.post("/sign-out")).status_code == 303


async def test_asking_is_no_activity_and_writing_is(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(admin, "/people")
    await change(database, last_seen_at=now() - timedelta(minutes=10))
    for _ in range(2):
        assert (await ask(browser, **UNATTENDED)).json()["seconds"] < 301
    await ask(browser)
    assert (await ask(browser, **UNATTENDED)).json()["seconds"] > 890


async def test_who_writes_for_long_stays_known_to_auth_too(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(admin, "/people")
    await change(database, access_expires_at=now())
    await ask(browser, **UNATTENDED)
    assert [form["grant_type"] for form in browser.auth.requests] == ["authorization_code"]
    assert (await ask(browser)).json()["signed_in"]
    assert [form["grant_type"] for form in browser.auth.requests] == ["authorization_code", "refresh_token"]


async def test_the_absolute_end_counts_too(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    await browser.open_signed_in(admin, "/people")
    await change(database, expires_at=now() + timedelta(seconds=60))
    assert (await ask(browser, **UNATTENDED)).json()["seconds"] < 61


async def test_once_it_is_over_it_says_so(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    """And nothing else: an answer that the browser's console need not complain about."""
    answers = [await ask(browser, **UNATTENDED)]
    await browser.open_signed_in(admin, "/people")
    await change(database, **rested())
    answers += [await ask(browser, **UNATTENDED), await ask(browser)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"signed_in": False})] * 3
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


async def test_it_is_over_too_once_auth_gives_no_token_any_more(
    browser: Browser, admin: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(admin, "/people")
    await change(database, access_expires_at=now())
    browser.auth.refuse = True
    assert (await ask(browser)).json() == {"signed_in": False}
    assert (await ask(browser, **UNATTENDED)).json() == {"signed_in": False}


async def test_a_draft_is_handed_over_and_comes_back_after_signing_in(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    page = await browser.open_signed_in(client_person, "/")
    check_in = form_values(page, "check-in")["id"]
    await change(database, **rested())
    answer = await browser.post("/signed-out", {**TYPED, "id": check_in})
    assert answer.status_code == 200
    assert "What you were writing is kept for you" in words(answer)
    assert "canal" not in answer.text
    assert client_person.name not in answer.text
    (form,) = await kept(database)
    assert b"canal" not in form.fields
    sign_in = soup(answer).find("a", string="Sign in")
    assert sign_in is not None
    begun = await browser.get(str(sign_in["href"]))
    back = await browser.get(browser.auth.authorize(begun.headers["location"], client_person))
    assert back.headers["location"] == f"/?kept={form.id}"
    again = form_values(await browser.get(back.headers["location"]), "check-in")
    assert (again["note"], again["id"], again["kept"]) == (TYPED["note"], check_in, str(form.id))


async def test_another_person_in_this_browser_never_sees_it(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    await change(database, **rested())
    await browser.post("/signed-out", TYPED)
    (form,) = await kept(database)
    page = await browser.open_signed_in(Person(Role.client, "Somebody Else"), f"/?kept={form.id}")
    assert "canal" not in page.text


@pytest.mark.parametrize("changed", [{"typed": ""}, {"csrf_token": "x"}, {"shown": "//elsewhere.example"}])
async def test_what_is_not_kept(
    browser: Browser, client_person: Person, database: RolledBackDatabase, changed: dict[str, str]
) -> None:
    """Nothing typed, or no token of this session; and the way back is a page of ours."""
    await browser.open_signed_in(client_person, "/")
    await change(database, **rested())
    fields = {name: value for name, value in {**TYPED, **changed}.items() if value}
    answer = await browser.post("/signed-out", fields)
    assert answer.status_code == 200
    assert "elsewhere" not in answer.text
    assert len(await kept(database)) == ("shown" in changed)


async def test_the_token_from_before_a_step_up_is_as_good(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    token = browser.token
    begun = await browser.get("/step-up?max_age=600&next=/")
    await browser.get(browser.auth.authorize(begun.headers["location"], client_person))
    await change(database, **rested())
    await browser.post("/signed-out", {**TYPED, "csrf_token": token})
    assert len(await kept(database)) == 1


async def test_after_sign_out_in_another_tab_nothing_is_kept(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    token = browser.token
    await browser.post("/sign-out")
    answer = await browser.post("/signed-out", {**TYPED, "csrf_token": token})
    assert "You were signed out" in words(answer)
    assert "canal" not in answer.text
    assert await kept(database) == []


async def test_somebody_who_is_signed_in_goes_on(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    answer = await browser.post("/signed-out", TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert await kept(database) == []


async def test_another_site_hands_nothing_over(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, "/")
    await change(database, **rested())
    assert (await browser.post("/signed-out", TYPED, sec_fetch_site="cross-site")).status_code == 403
    assert await kept(database) == []
