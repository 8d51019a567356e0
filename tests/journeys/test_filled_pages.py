"""axe on a client's pages that have something on them, in both languages and themes: kept, changed, found, refused."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, expect

from tests.journeys.browsing import Visit
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import Visitor

SPEAKING, THERAPIST = {"en": "Amara Nwosu", "es": "Elena Paredes"}, "Mateo Villanueva"
EXPECTED = re.compile(r"status of (404|409|422)")
WORDS = "# The sea\n\n- *one* and **two**\n\n> [a song](https://example.org)\n\n" + "It was quiet. " * 60
WORD_TOO_MANY = "word " * 900
languages = pytest.mark.parametrize("language", list(SPEAKING))
themes = pytest.mark.parametrize("theme", ["light", "dark"])


@asynccontextmanager
async def at_home(visit: Visit, language: str, theme: str) -> AsyncIterator[Visitor]:
    """A client in whose language every page is; nothing here is found by its words."""
    async with visit("phone", color_scheme=theme) as visitor:
        await visitor.sign_in(SPEAKING[language])
        await expect(visitor.page.locator("#check-in")).to_be_visible()
        assert await visitor.page.locator("html").get_attribute("lang") == language
        yield visitor
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


async def look_at(visitor: Visitor, *paths: str) -> None:
    for path in paths:
        await visitor.page.goto(path)
        await looks_right(visitor)


async def save(page: Page, form: str) -> None:
    """By the form's first button, without the browser's own checks."""
    await page.locator(form).evaluate("form => { form.noValidate = true; }")
    await page.locator(f"{form} .button").first.click()


async def refused(visitor: Visitor) -> None:
    await expect(visitor.page.locator(".error-summary")).to_be_visible()
    await looks_right(visitor)


async def write(page: Page) -> str:
    """An entry with a title and all that Markdown has; where it stands."""
    await page.goto("/journal/new")
    await page.locator("#title").fill("A day at the sea")
    await page.locator("#text").fill(WORDS)
    await page.locator("#entry .stack .button").first.click()
    await expect(page).to_have_url(re.compile(r"/journal/[0-9a-f-]{36}\?saved="))
    return page.url.partition("?")[0]


@languages
@themes
async def test_a_journal_with_versions_drafts_and_what_was_found(visit: Visit, language: str, theme: str) -> None:
    async with at_home(visit, language, theme) as visitor:
        page = visitor.page
        entry = await write(page)
        await looks_right(visitor)
        await page.goto(f"{entry}/write")
        await page.locator("#text").fill(f"{WORDS} And more.")
        await page.locator("#entry .stack .button").first.click()
        await expect(page).to_have_url(re.compile(r"\?saved="))
        await page.locator("#pin summary").click()
        await looks_right(visitor)
        await look_at(
            visitor, f"{entry}/versions", f"{entry}/erasure", f"{entry}/write", f"{entry}/recording?kept=true"
        )
        await save(page, "#recording")
        await refused(visitor)
        await page.goto("/journal/new")
        await page.locator("#text").fill("Half a sen")
        await page.locator("#entry [formaction$='/draft']:not([name])").click()
        await expect(page.locator("#drafts")).to_be_visible()
        await looks_right(visitor)
        await page.locator("#q").fill("sea")
        await page.locator("#search button").click()
        await expect(page.locator("li.entry").first).to_be_visible()
        await looks_right(visitor)
        await page.locator("#q").fill("")
        await page.locator("main form button").first.click()
        await refused(visitor)
        await page.goto(f"{entry}/write")
        await page.locator("#text").fill("")
        await page.locator("#entry").evaluate("form => { form.noValidate = true; }")
        await page.locator("#entry .stack .button").first.click()
        await refused(visitor)


@languages
@themes
async def test_check_ins_that_were_saved_refused_and_opened(visit: Visit, language: str, theme: str) -> None:
    async with visit("desktop", color_scheme=theme) as visitor:
        await visitor.sign_in(THERAPIST)
        client = visitor.demonstration.account(SPEAKING[language]).id
        await expect(visitor.page.get_by_role("row").first).to_be_visible()
        await look_at(visitor, f"/clients/{client}", f"/clients/{client}/journal")
    async with at_home(visit, language, theme) as visitor:
        page = visitor.page
        await look_at(visitor, "/check-ins?saved=only_me", "/check-ins?period=all", "/journal", "/access-log")
        await expect(page.locator("main li.entry").first).to_be_visible()
        one = await first_check_in(page)
        await look_at(visitor, one, f"{one}?changed=true", f"{one}/change", f"{one}/deletion", "/nowhere")
        await page.goto("/")
        await page.locator("#check-in details.more > summary").first.click()
        await page.locator("#note").fill(WORD_TOO_MANY)
        await page.locator("#slider-mood-range").fill("2")
        await page.locator("#check-in .stack .button").first.click()
        await refused(visitor)
        await page.locator("#note").fill("Shorter")
        await page.locator("#check-in .stack .button").first.click()
        await expect(page).to_have_url(re.compile(r"/check-ins\?saved="))
        await looks_right(visitor)


async def first_check_in(page: Page) -> str:
    await page.goto("/check-ins")
    address = await page.locator("li.entry a").first.get_attribute("href")
    assert address
    return address


@languages
@themes
async def test_what_was_written_about_a_session(visit: Visit, language: str, theme: str) -> None:
    async with at_home(visit, language, theme) as visitor:
        await look_at(visitor, "/path/preferences", "/path")
        await visitor.page.locator('#plan a[href$="/versions"]').click()
        await expect(visitor.page.locator("#version-1")).to_be_visible()
        await looks_right(visitor)
        await visitor.page.goto("/path")
        await visitor.page.locator('a[href$="/summary"]').first.click()
        await expect(visitor.page.locator("#summary")).to_be_visible()
        await looks_right(visitor)
