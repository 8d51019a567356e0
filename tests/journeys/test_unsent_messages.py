"""Messages that cannot be sent at once: kept on the device, shown where they will stand, sent once, by nobody else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from playwright.async_api import Locator, Page, Request, Route, expect

from tests.journeys.browsing import Visit
from tests.journeys.visitor import Visitor

CLIENT, OTHER, THERAPIST = "Grace Yamamoto", "Farid Haddad", "Mateo Villanueva"
ONE_MESSAGE = re.compile(r"/conversations/[0-9a-f-]{36}/messages/[0-9a-f-]{36}$")
EXPECTED = re.compile(r"ERR_(INTERNET_DISCONNECTED|FAILED|CONNECTION)|status of (422|503)|^503 ")
LONGEST = 10_000


class Line:
    """What goes out to send a message: counted; not sent while the line is cut, held and not answered while deaf."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.held: list[Request] = []
        self.cut = self.deaf = False

    async def take(self, route: Route) -> None:
        if self.cut or self.deaf:
            self.held += [route.request] * self.deaf
            await route.abort()
            return
        self.sent.append(route.request)
        await route.fulfill(response=await route.fetch())

    async def arrive(self, page: Page) -> None:
        """What is held comes to the portal, and no answer comes back: only then can the page's stream bring it."""
        for request in self.held:
            answer = await page.context.request.fetch(
                request.url, method=request.method, headers=await request.all_headers(), data=request.post_data
            )
            assert answer.ok, await answer.text()


@asynccontextmanager
async def in_conversation(visit: Visit, name: str = CLIENT) -> AsyncIterator[tuple[Visitor, Line]]:
    async with visit("phone") as visitor:
        line = Line()
        await visitor.page.context.route(ONE_MESSAGE, line.take)
        await visitor.sign_in(name)
        await visitor.open_messages()
        yield visitor, line
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


def words() -> str:
    return f"Said {uuid4().hex[:8]}"


def field(page: Page) -> Locator:
    return page.get_by_label("Your message")


def unsent(page: Page) -> Locator:
    return page.locator("#unsent-messages li")


def arrived(page: Page, text: str) -> Locator:
    return page.locator("[data-conversation] .message").filter(has_text=text)


async def send(page: Page, text: str) -> None:
    await field(page).fill(text)
    await page.get_by_role("button", name="Send").click()


async def back_on_line(page: Page) -> None:
    await page.evaluate("dispatchEvent(new Event('online'))")


async def test_what_could_not_be_sent_survives_a_reload_and_goes_once_in_order(visit: Visit) -> None:
    first, second, lost = words(), words(), words()
    async with in_conversation(visit) as (visitor, line), visit("desktop") as therapist:
        page = visitor.page
        line.cut = True
        for text in (first, second):
            await send(page, text)
            await expect(unsent(page).filter(has_text=text)).to_contain_text("not sent yet")
            await expect(field(page)).to_have_value("")
        await expect(page.get_by_text("Saved on this device").first).to_be_visible()
        await page.reload()
        await expect(unsent(page)).to_have_count(2)
        line.cut = False
        await back_on_line(page)
        for text in (first, second):
            await expect(arrived(page, text)).to_have_count(1)
        await expect(unsent(page)).to_have_count(0)
        line.deaf = True
        await send(page, lost)
        await expect(unsent(page)).to_have_count(1)
        await line.arrive(page)
        line.deaf = False
        await page.reload()  # it stands in the list by now, so nothing is left to be sent
        await expect(arrived(page, lost)).to_have_count(1)
        await expect(unsent(page)).to_have_count(0)
        await therapist.sign_in(THERAPIST)
        await therapist.open_messages(CLIENT)
        shown = await therapist.page.locator("[data-conversation] .message").all_inner_texts()
        mine = [text for one in shown for text in (first, second, lost) if text in one]
        assert mine == [first, second, lost]


async def test_from_another_page_and_by_another_tab(visit: Visit) -> None:
    text = words()
    async with in_conversation(visit) as (visitor, line):
        page = visitor.page
        line.cut = True
        await send(page, text)
        await expect(unsent(page)).to_have_count(1)
        second = await page.context.new_page()
        await second.goto(page.url)
        await expect(unsent(second).filter(has_text=text)).to_have_count(1)
        await page.goto("/")
        await expect(page.locator("#unsent li")).to_contain_text("A message")
        assert text not in await page.locator("#unsent").inner_text()
        line.cut = False
        for tab in (page, second):
            await back_on_line(tab)
        await expect(page.locator("#unsent")).to_be_hidden()
        await expect(arrived(second, text)).to_have_count(1)
        await expect(unsent(second)).to_have_count(0)
        assert len(line.sent) == 1


async def test_what_is_refused_comes_back_with_the_words_and_goes_corrected(visit: Visit) -> None:
    text = words()
    async with in_conversation(visit) as (visitor, line):
        page = visitor.page
        line.cut = True
        await send(page, f"{text} {'a' * LONGEST}")
        await expect(unsent(page)).to_have_count(1)
        line.cut = False
        await back_on_line(page)
        await expect(unsent(page)).to_contain_text("was not taken as it is")
        await page.get_by_role("button", name="Look at it again").click()
        await expect(page.locator(".error-summary")).to_contain_text("make it shorter")
        await expect(field(page)).to_have_value(re.compile(text))
        await expect(unsent(page)).to_have_count(0)
        await send(page, text)
        await expect(arrived(page, text)).to_have_count(1)
        await page.reload()
        await expect(unsent(page)).to_have_count(0)


async def test_what_is_typed_survives_a_reload_and_not_its_sending(visit: Visit) -> None:
    text = words()
    async with in_conversation(visit) as (visitor, line):
        page = visitor.page
        await field(page).fill(text)
        await page.reload()
        await expect(field(page)).to_have_value(text)
        line.cut = False
        await page.get_by_role("button", name="Send").click()
        await expect(arrived(page, text)).to_have_count(1)
        await page.reload()
        await expect(field(page)).to_have_value("")
        await field(page).fill(text)
        await visitor.sign_out()
        assert await page.evaluate("JSON.stringify(sessionStorage)") == "{}"


async def test_signing_out_asks_and_nobody_else_sends_it(visit: Visit) -> None:
    text = words()
    async with in_conversation(visit) as (visitor, line):
        page = visitor.page
        line.cut = True
        await send(page, text)
        await expect(unsent(page)).to_have_count(1)
        await page.get_by_role("button", name="Sign out").first.click()
        await expect(page.get_by_text("Check-ins and messages that are only on this device: 1")).to_be_visible()
        await page.get_by_role("button", name="Stay signed in").click()
        await visitor.end_session_elsewhere()
        line.cut = False
        await page.goto("/")
        await page.get_by_role("link", name="Sign in").first.click()
        await visitor.fill_in_sign_in(OTHER)
        await expect(page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await page.evaluate("navigator.locks.request('afterglow-outbox', () => 0)")
        await expect(page.locator("#unsent li")).to_have_count(0)
        assert line.sent == []
        await visitor.sign_out()
        await visitor.sign_in(CLIENT)
        await visitor.open_messages()
        await expect(arrived(page, text)).to_have_count(1)
        assert len(line.sent) == 1
