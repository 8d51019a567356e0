"""Somebody looks over one's shoulder, takes the phone, or uses the browser next: what they do not get to see."""

import asyncio
import re
from uuid import uuid4

import pytest
from playwright.async_api import Route, expect

from tests.journeys.browsing import Visit
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import SIGN_IN, Visitor

CLIENT, OTHER, ADMIN = "Maya Lindqvist", "Daniel Kowalczyk", "Robin Castellano"
AWAY = "https://www.wikipedia.org/"
TOLD = re.compile(r"status of 401")  # the console's word for a session that is over


async def elsewhere(route: Route) -> None:
    await route.fulfill(body="<!doctype html><title>Elsewhere</title><p>Another website", content_type="text/html")


async def open_client(visitor: Visitor, name: str = CLIENT) -> None:
    await visitor.page.route(f"{AWAY}**", elsewhere)
    await visitor.sign_in(name)
    await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()


async def nothing_is_left(visitor: Visitor) -> None:
    """The browser is away, holds no session any more, and going back shows no page of ours that says anything."""
    page = visitor.page
    await expect(page).to_have_url(AWAY)
    await expect(page).to_have_title("Elsewhere")
    await page.go_back()
    await expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    await session_ends(visitor)


async def session_ends(visitor: Visitor) -> None:
    """What tells us of leaving is sent as the browser goes: whoever is quick may come before it."""
    for _ in range(60):
        await visitor.page.goto("/check-ins")
        if SIGN_IN.search(visitor.page.url):
            break
        await asyncio.sleep(0.25)
    await expect(visitor.page).to_have_url(SIGN_IN)
    forgive(visitor)


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("path", ["/check-ins", "/auth/security"])
async def test_leaving_by_the_button_with_the_keyboard_alone(visit: Visit, path: str, *, javascript: bool) -> None:
    async with visit("phone", javascript=javascript) as visitor:
        page = visitor.page
        await open_client(visitor)
        await page.goto(path)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Leave now")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(AWAY)
        await expect(page).to_have_title("Elsewhere")
        await session_ends(visitor)


async def test_leaving_by_pressing_shift_three_times(visit: Visit) -> None:
    async with visit("desktop") as visitor:
        page = visitor.page
        await open_client(visitor)
        await page.goto("/check-ins")
        await expect(page).to_have_title(re.compile("Client portal$"))
        for _ in range(2):
            await page.keyboard.press("Shift")
        await page.keyboard.press("A")
        await page.keyboard.press("Shift")
        await expect(page).to_have_url(re.compile("/check-ins$"))
        await page.keyboard.press("Escape")
        for _ in range(3):
            await page.keyboard.press("Shift")
        await nothing_is_left(visitor)


async def lose_session(visitor: Visitor) -> None:
    """The session ends elsewhere; this page hears of it by its stream, and leaves by itself."""
    await visitor.end_session_elsewhere()
    await expect(visitor.page.get_by_role("heading", name="You were signed out")).to_be_visible()
    await looks_right(visitor)


def forgive(visitor: Visitor) -> None:
    """The console tells of each answer that said that the session is over, also a little later."""
    visitor.faults[:] = [fault for fault in visitor.faults if not TOLD.search(fault)]


async def come_back(visitor: Visitor, name: str) -> None:
    await visitor.page.get_by_role("link", name="Sign in").click()
    await visitor.fill_in_sign_in(name)


async def test_a_message_that_was_being_written_comes_back(visit: Visit) -> None:
    words = f"What I wanted to say {uuid4().hex}"
    async with visit("phone") as visitor:
        await open_client(visitor)
        await visitor.open_messages()
        await visitor.page.get_by_label("Your message").fill(words)
        await lose_session(visitor)
        await expect(visitor.page.get_by_text("What you were writing is kept for you.")).to_be_visible()
        assert words not in await visitor.everything()
        await come_back(visitor, CLIENT)
        await expect(visitor.page.get_by_label("Your message")).to_have_value(words)
        forgive(visitor)


async def test_a_note_that_was_being_written_comes_back_and_nobody_else_sees_it(visit: Visit) -> None:
    """Two people at one browser: the second signs in where the first was signed out, and follows the same link."""
    words = f"Slept badly {uuid4().hex}"
    async with visit("desktop") as visitor:
        page = visitor.page
        await open_client(visitor, OTHER)
        await visitor.slide("Mood", -2)
        await page.get_by_text("Add a note").click()
        await page.get_by_label("Note").fill(words)
        await lose_session(visitor)
        kept = await page.get_by_role("link", name="Sign in").get_attribute("href")
        assert kept is not None
        await come_back(visitor, CLIENT)
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        assert words not in await visitor.everything()
        await visitor.sign_out()

        await page.goto(kept)
        await visitor.fill_in_sign_in(OTHER)
        await expect(page.locator("main").get_by_text("What you typed is still here")).to_be_visible()
        await expect(page.get_by_label("Note")).to_have_value(words)
        await expect(page.get_by_role("slider", name="Mood", exact=True)).to_have_value("-2")
        await page.get_by_role("button", name="Save").click()
        await expect(page).to_have_url(re.compile(r"/check-ins\?saved="))
        forgive(visitor)


async def test_a_page_without_a_stream_notices_by_its_clock(visit: Visit) -> None:
    """An admin's page asks when the time is up; while somebody writes it is not."""
    async with visit("desktop") as visitor:
        page = visitor.page
        await page.clock.install()
        await visitor.sign_in(ADMIN)
        await expect(page).to_have_url(re.compile("/people$"))
        await page.goto("/people/invite")
        await page.get_by_label("Name").fill("Kim Vale")
        async with page.expect_response("**/session") as still_on:
            await page.clock.fast_forward("16:00")
        assert (await (await still_on.value).json())["signed_in"]
        await expect(page.get_by_label("Name")).to_have_value("Kim Vale")
        await visitor.end_session_elsewhere()
        await page.clock.fast_forward("16:00")
        await expect(page.get_by_role("heading", name="You were signed out")).to_be_visible()
        await come_back(visitor, ADMIN)
        await expect(page).to_have_url(re.compile(r"/people/invite\?kept="))
        await expect(page.get_by_label("Name")).to_have_value("Kim Vale")


async def test_another_persons_session_in_another_tab_empties_this_one(visit: Visit) -> None:
    """The browser's cookie is somebody else's now: what the first had on the screen goes, and is not shown to them."""
    words = f"For nobody else {uuid4().hex}"
    async with visit("desktop") as visitor:
        page = visitor.page
        await open_client(visitor)
        await visitor.open_messages()
        await page.get_by_label("Your message").fill(words)
        await page.context.clear_cookies()
        other = await page.context.new_page()
        await other.goto("/sign-in")
        await Visitor(other, visitor.demonstration, [], javascript=True).fill_in_sign_in(OTHER)
        await expect(other.get_by_role("button", name="Sign out")).to_be_visible()
        await page.bring_to_front()
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await expect(page.get_by_label("Your message")).to_have_count(0)
        assert words not in await visitor.everything()
        visitor.faults[:] = [fault for fault in visitor.faults if not re.search(r"status of 40[14]", fault)]
