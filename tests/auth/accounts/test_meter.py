"""The meter's question: only from a form of ours, answered in JSON, kept nowhere."""

import logging

import httpx
import pytest
from afterglow_auth.accounts import guessing
from afterglow_auth.audit import AuditEvent
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import func, select

from tests.auth.arranging import Browser, problem

PATH = "/auth/password-strength"
GOOD = "a lighthouse by the northern sea"


async def measure(browser: Browser, password: str, **changes: str) -> httpx.Response:
    fields = {"csrf_token": (await browser.form())["csrf_token"], "password": password}
    return await browser.client.post(PATH, data=fields | changes)


async def test_it_says_how_strong_a_password_is(browser: Browser):
    answer = await measure(browser, GOOD)
    assert answer.status_code == 200
    assert answer.json() == {"score": 4, "words": "Very hard to guess", "fault": None}
    assert answer.headers["cache-control"] == "no-store"


async def test_it_knows_the_rules_and_what_else_stands_in_the_form(browser: Browser):
    assert "at least 15" in (await measure(browser, "kiwi-4-moon")).json()["fault"]
    assert (await measure(browser, "kiwi-4-moon", beside="yes")).json()["fault"] is None
    assert "your name" in (await measure(browser, GOOD, about="northern@example.org")).json()["fault"]
    assert "choose a password" in (await measure(browser, "")).json()["fault"]


async def test_it_answers_in_the_language_of_the_page(browser: Browser):
    fields = {"csrf_token": (await browser.form())["csrf_token"], "password": GOOD}
    answer = await browser.client.post(PATH, params={"ui_locales": "es"}, data=fields)
    assert answer.json()["words"] == "Muy difícil de adivinar"


@pytest.mark.parametrize("token", ["", "0" * 64, "not a token"])
async def test_without_the_token_of_a_form_of_ours_it_is_refused(browser: Browser, token: str):
    assert problem(await measure(browser, GOOD, csrf_token=token)) == (403, "forbidden")


async def test_a_token_of_another_browser_is_worth_nothing(browser: Browser, other_browser: Browser):
    stolen = (await other_browser.form())["csrf_token"]
    assert problem(await measure(browser, GOOD, csrf_token=stolen)) == (403, "forbidden")


async def test_another_site_is_refused(browser: Browser):
    fields = {"csrf_token": (await browser.form())["csrf_token"], "password": GOOD}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert problem(await browser.client.post(PATH, data=fields, headers=headers)) == (403, "forbidden")


async def test_what_is_too_large_or_no_form_is_refused(browser: Browser):
    assert problem(await measure(browser, "x" * 70_000)) == (400, "bad_request")
    assert problem(await browser.client.post(PATH, json={"password": GOOD})) == (400, "bad_request")
    assert problem(await measure(browser, "with a \x00 in it")) == (400, "bad_request")
    assert (await browser.client.get(PATH)).status_code == 405


async def test_too_many_at_once_are_asked_to_come_back(browser: Browser, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(guessing, "MOST_WAITING", 0)
    answer = await measure(browser, GOOD)
    assert problem(answer) == (429, "too_many_requests")
    assert answer.headers["retry-after"] == "1"


async def test_nothing_of_it_is_kept_or_written(
    browser: Browser, database: RolledBackDatabase, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    async with database.arrange() as session:
        before = await session.scalar(select(func.count()).select_from(AuditEvent))
    with caplog.at_level(logging.DEBUG):
        await measure(browser, GOOD, about="somebody@example.org")
    written = caplog.text + "".join(capsys.readouterr())
    assert "lighthouse" not in written
    assert "somebody" not in written
    async with database.arrange() as session:
        assert await session.scalar(select(func.count()).select_from(AuditEvent)) == before
