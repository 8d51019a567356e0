"""Quick exit on auth's pages."""

import asyncio

import pytest
from afterglow_auth.sessions import leaving
from afterglow_auth.sessions.models import Session
from afterglow_design.practice import Practice
from afterglow_foundation import persisting
from afterglow_foundation.testing.people import BASE_URL
from bs4 import BeautifulSoup
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.auth.arranging import Browser, Scene, audited
from tests.auth.sign_in.walking import Factors, Walker, led_to, path_of, token_in

OURS = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}
AWAY = Practice().quick_exit


async def ended(scene: Scene) -> list[bool]:
    async with scene.database.arrange() as session:
        return [found.ended_at is not None for found in await session.scalars(select(Session))]


async def test_it_ends_the_session_and_leads_away(scene: Scene):
    await scene.browser.sign_in(scene.person.email, scene.web.request())
    answer = await scene.browser.client.post("/auth/leave", headers=OURS)
    assert answer.status_code == 200
    refresh = BeautifulSoup(answer.text, "html5lib").find("meta", {"http-equiv": "refresh"})
    assert refresh is not None
    assert refresh["content"] == f"0; url={AWAY}"
    assert scene.person.name not in answer.text
    assert answer.headers["clear-site-data"] == '"cache"'
    assert scene.browser.client.cookies.get("auth") is None
    assert await ended(scene) == [True]
    (kept,) = await audited(scene.database, "session:ended")
    assert (kept.actor_id, kept.purpose) == (scene.person.id, None)


@pytest.mark.parametrize("path", ["/auth/leave", "/auth/sign-out"])
async def test_it_ends_a_sign_in_on_its_way_too(app: FastAPI, scene: Scene, path: str):
    await Factors(app, scene.database).add_app(scene.person)
    walker = Walker(scene.browser)
    assert led_to(await scene.browser.sign_in(scene.person.email, scene.web.request())) == path_of("second")
    cookie, page = walker.cookie, await walker.get(path_of("second"))
    await scene.browser.client.post(path, data=token_in(page.text), headers=OURS)
    scene.browser.client.cookies.set("auth", cookie)
    assert led_to(await scene.browser.client.get(path_of("second"))) == "/auth/sign-in"


async def test_every_page_has_it_also_before_sign_in(browser: Browser):
    for path in ("/auth/sign-in", "/auth/sign-out", "/auth/invitation?token=x"):
        page = BeautifulSoup((await browser.client.get(path)).text, "html5lib")
        first, second = page.find_all(["a", "button"])[:2]
        assert (first["class"], second.get_text()) == (["skip"], "Leave now"), path
        form = second.find_parent("form")
        assert form is not None
        assert (form["action"], form["data-leave"]) == ("/auth/leave", AWAY)


async def test_without_a_session_it_leads_away(scene: Scene):
    assert AWAY in (await scene.browser.client.post("/auth/leave", headers=OURS)).text
    assert await audited(scene.database, "session:ended") == []


@pytest.mark.parametrize("step", ["find_signed_in", "forget_stage"])
async def test_it_leads_away_while_the_database_is_gone_and_ends_the_session_after(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, step: str
):
    async def gone(*_: object) -> None:
        raise OperationalError("", {}, ConnectionRefusedError())

    passes = asyncio.Event()
    monkeypatch.setattr(persisting, "sleep", lambda _: passes.wait())
    await scene.browser.sign_in(scene.person.email, scene.web.request())
    with monkeypatch.context() as patched:
        patched.setattr(leaving, step, gone)
        assert AWAY in (await scene.browser.client.post("/auth/leave", headers=OURS)).text
    assert scene.browser.client.cookies.get("auth") is None
    assert await ended(scene) == [step == "forget_stage"]  # the one does not wait for the other
    passes.set()
    await asyncio.gather(*persisting.UNDER_WAY)
    assert await ended(scene) == [True]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://elsewhere.example"},
        {"sec-fetch-site": "cross-site", "origin": "null"},
        {"sec-fetch-site": "same-site", "origin": BASE_URL},
    ],
)
async def test_another_site_cannot_sign_anybody_out(scene: Scene, headers: dict[str, str]):
    await scene.browser.sign_in(scene.person.email, scene.web.request())
    answer = await scene.browser.client.post("/auth/leave", headers=headers)
    assert answer.status_code == 403
    assert await ended(scene) == [False]
