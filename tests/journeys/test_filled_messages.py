"""axe on pages of messages, notices, emergencies and covers that have something on them: sent, changed, refused."""

import re

from playwright.async_api import Page, expect

from tests.journeys.browsing import Visit
from tests.journeys.test_accessibility import looks_right
from tests.journeys.test_attachments import LETTER, photo
from tests.journeys.test_filled_pages import EXPECTED, at_home, languages, look_at, refused, save, themes
from tests.journeys.visitor import Visitor

THERAPIST, ADMIN = "Hannah Oyelaran", "Robin Castellano"
LOST = re.compile(r"ERR_INTERNET_DISCONNECTED")


async def send(page: Page, words: str) -> None:
    await page.locator("#text").fill(words)
    await page.locator("#write form[data-send] > .button").click()
    await expect(page.locator("#text")).to_have_value("")


async def open_conversation(visitor: Visitor) -> str:
    """A client's only one; where it stands."""
    await visitor.page.goto("/messages")
    await expect(visitor.page).to_have_url(re.compile(r"/conversations/[0-9a-f-]{36}#write$"))
    return visitor.page.url.partition("#")[0]


@languages
@themes
async def test_a_conversation_with_files_a_reply_and_what_was_refused(visit: Visit, language: str, theme: str) -> None:
    async with at_home(visit, language, theme) as visitor:
        page, conversation = visitor.page, await open_conversation(visitor)
        await page.locator("#add-files > summary").click()
        await page.locator("#file").set_input_files([LETTER, photo()])
        await expect(page.locator("#files [data-attached]:enabled")).to_have_count(2)
        await looks_right(visitor)
        await page.locator("#file").set_input_files([{**LETTER, "buffer": b"PK\x03\x04" + bytes(100)}])
        await expect(page.locator("#files-said.field-error")).to_be_visible()
        await looks_right(visitor)
        await send(page, "")
        await expect(page.locator(".message-own").last.locator(".files a")).to_have_count(2)
        await page.locator(".message-own [data-reply]").last.click()
        await expect(page.locator("[data-replying] .quote-text")).to_be_visible()
        await looks_right(visitor)
        await send(page, "The letter:\n- *one*, **two**\n\n> and the garden\n\nhttps://example.org/walk")
        await expect(page.locator(".message-own .quote").last).to_be_visible()
        await looks_right(visitor)
        await page.goto(f"{conversation}#write")
        await page.context.set_offline(True)
        await page.locator("#text").fill("Not now")
        await page.locator("#write form[data-send] > .button").click()
        await expect(page.locator("[data-unsent]")).to_be_visible()
        await page.context.set_offline(False)
        await looks_right(visitor)
        visitor.faults[:] = [fault for fault in visitor.faults if not LOST.search(fault)]
        await page.locator("#text").fill("x" * 10_001)
        await save(page, "#write form[data-send]")
        await refused(visitor)
        await look_at(visitor, f"{conversation}?before=3", f"{conversation}/export")


@languages
@themes
async def test_a_message_that_is_corrected_withdrawn_and_found(visit: Visit, language: str, theme: str) -> None:
    async with at_home(visit, language, theme) as visitor:
        page, conversation = visitor.page, await open_conversation(visitor)
        await send(page, "Tusday at the sea")
        change = await page.locator(".message-own a[href$='/change']").last.get_attribute("href")
        assert change
        await look_at(visitor, change)
        await page.locator("#text").fill("")
        await save(page, "#correct form")
        await refused(visitor)
        await page.locator("#text").fill("Tuesday at the sea")
        await save(page, "#correct form")
        await expect(page).to_have_url(re.compile("#message-"))
        await looks_right(visitor)
        await look_at(visitor, change.replace("/change", "/versions"), "/messages/search")
        await page.locator("#q").fill("sea")
        await save(page, "#search form")
        await expect(page.locator("#found li").first).to_be_visible()
        await looks_right(visitor)
        await page.locator("#q").fill("")
        await save(page, "#search form")
        await refused(visitor)
        await page.goto(change)
        await save(page, "#withdraw form")
        await expect(page.locator(".message-withdrawn").last).to_be_visible()
        await looks_right(visitor)
        await look_at(visitor, change, f"/messages/search?conversation={conversation.rpartition('/')[2]}")


@languages
@themes
async def test_how_one_is_told(visit: Visit, language: str, theme: str) -> None:
    async with at_home(visit, language, theme) as visitor:
        for path in ("/notices", "/reminders"):
            await visitor.page.goto(path)
            await save(visitor.page, f"form[action='{path}']")
            await expect(visitor.page.locator(".notice-sage")).to_be_visible()
            await looks_right(visitor)
            await visitor.page.locator("#quiet_from").fill("")
            await visitor.page.locator("#quiet_until").fill("07:00")
            await save(visitor.page, f"form[action='{path}']")
            await refused(visitor)


@themes
async def test_what_was_opened_in_an_emergency_and_who_stands_in(visit: Visit, theme: str) -> None:
    for who, home in ((THERAPIST, "/caseload"), (ADMIN, "/people")):
        async with visit("phone", color_scheme=theme) as visitor:
            await visitor.sign_in(who)
            await expect(visitor.page).to_have_url(re.compile(f"{home}$"))
            await visitor.page.goto("/emergencies")
            await looks_right(visitor)
            one = await visitor.page.locator("td a[href^='/emergencies/']").first.get_attribute("href")
            await look_at(visitor, str(one))
            if who == ADMIN:
                await look_at(visitor, "/sealed-notes")
                continue
            for path, form in (("/emergency", "#emergency"), ("/cover", "#away")):
                await visitor.page.goto(path)
                await save(visitor.page, form)
                await refused(visitor)
            visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]
