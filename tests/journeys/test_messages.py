"""Messages between a client and a therapist at two browsers: live, after a cut of the network, without JavaScript."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, expect

from tests.journeys.browsing import Visit
from tests.journeys.relay import Relay
from tests.journeys.visitor import Demonstration, Visitor

CLIENT, THERAPIST = "Grace Yamamoto", "Mateo Villanueva"
LOST = re.compile(r"ERR_|Failed to load resource")  # the console's words for a network that is not there


def message(page: Page, text: str) -> Locator:
    return page.locator(".message").filter(has_text=text)


def count(page: Page) -> Locator:
    """The number in the navigation; hidden where nothing waits."""
    return page.locator('nav [data-count="unread"]')


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send").click()


def words() -> str:
    return f"Said {uuid4().hex[:8]}"


@asynccontextmanager
async def both(visit: Visit, *, javascript: bool = True, **options: object) -> AsyncIterator[tuple[Visitor, Visitor]]:
    """The client on a phone and the therapist at a desk, both in their conversation."""
    async with (
        visit("phone", javascript=javascript, **options) as client,
        visit("desktop", javascript=javascript) as therapist,
    ):
        await client.sign_in(CLIENT)
        await client.open_messages()
        await therapist.sign_in(THERAPIST)
        await therapist.open_messages(CLIENT)
        yield client, therapist


async def test_the_answer_comes_without_reloading(visit: Visit) -> None:
    question, answer = words(), words()
    async with both(visit) as (client, therapist):
        await write(client.page, question)
        await expect(message(client.page, question)).to_have_class(re.compile("message-own"))
        await expect(client.page.get_by_label("Your message")).to_have_value("")
        await expect(message(therapist.page, question)).to_be_in_viewport()
        await expect(therapist.page.locator("#live")).to_contain_text(question)
        loaded = await client.page.evaluate("performance.timeOrigin")
        await write(therapist.page, answer)
        await expect(message(client.page, answer)).to_have_count(1)
        await expect(message(client.page, answer)).to_be_in_viewport()
        await expect(client.page.locator("#live")).to_contain_text(answer)
        await expect(client.page.get_by_label("Your message")).to_be_in_viewport()
        assert await client.page.evaluate("performance.timeOrigin") == loaded
        await client.page.reload()
        await expect(message(client.page, answer)).to_have_count(1)


async def test_what_was_missed_in_a_cut_of_the_network_comes_once(visit: Visit, demonstration: Demonstration) -> None:
    missed = [words() for _ in range(3)]
    own = words()
    async with Relay(demonstration.base_url).running() as relay, both(visit, **relay.proxy) as (client, therapist):
        relay.cut()
        for text in missed:
            await write(therapist.page, text)
            await expect(message(therapist.page, text)).to_have_count(1)
        await write(client.page, own)
        await expect(client.page.get_by_text("This could not be sent just now").first).to_be_visible()
        await expect(client.page.get_by_label("Your message")).to_have_value(own)
        assert await message(client.page, missed[0]).count() == 0
        relay.mend()
        for text in missed:
            await expect(message(client.page, text)).to_have_count(1)
        await client.page.get_by_role("button", name="Send").click()
        await expect(message(therapist.page, own)).to_have_count(1)
        await expect(message(client.page, own)).to_have_count(1)
        shown = await client.page.locator(".message").all_inner_texts()
        assert [next(text for text in [*missed, own] if text in one) for one in shown[-4:]] == [*missed, own]
        client.faults[:] = [fault for fault in client.faults if not LOST.search(fault)]


async def test_two_tabs_and_the_list(visit: Visit) -> None:
    """Each page in sight shows it once; the count appears where the conversation is not open, and goes when it is."""
    question, answer = words(), words()
    async with both(visit) as (client, therapist):
        second = await client.page.context.new_page()
        await second.goto(client.page.url)
        elsewhere = await client.page.context.new_page()
        await elsewhere.goto("/check-ins")
        await write(client.page, question)
        for page in (client.page, second, therapist.page):
            await expect(message(page, question)).to_have_count(1)
        await therapist.page.goto("/messages")
        await expect(count(therapist.page)).to_be_hidden()
        await write(second, answer)
        await expect(count(therapist.page)).to_have_text("1 unread")
        row = therapist.page.get_by_role("listitem").filter(has_text=CLIENT)
        await expect(row).to_contain_text("1 new")
        await row.get_by_role("link").click()
        await expect(count(therapist.page)).to_be_hidden()
        await therapist.page.goto("/messages")
        await expect(row).not_to_contain_text("new")
        await expect(count(elsewhere)).to_be_hidden()


async def test_the_count_on_other_pages_goes_on_both_sides(visit: Visit) -> None:
    async with both(visit) as (client, therapist):
        await client.page.goto("/check-ins")
        await expect(count(client.page)).to_be_hidden()
        await write(therapist.page, words())
        await expect(count(client.page)).to_have_text("1 unread")
        other = await client.page.context.new_page()
        await other.goto("/messages")
        await expect(count(other)).to_be_hidden()
        await expect(count(client.page)).to_be_hidden()
        await therapist.page.goto("/caseload")
        await write(other, words())
        await expect(count(therapist.page)).to_have_text("1 unread")
        await therapist.open_messages(CLIENT)
        await expect(count(therapist.page)).to_be_hidden()


async def test_without_javascript_both_ways(visit: Visit) -> None:
    question, answer = words(), words()
    async with both(visit, javascript=False) as (client, therapist):
        await write(client.page, question)
        await expect(message(client.page, question)).to_be_in_viewport()
        await therapist.page.goto("/caseload")
        await expect(count(therapist.page)).to_have_text("1 unread")
        await therapist.open_messages(CLIENT)
        await expect(message(therapist.page, question)).to_be_in_viewport()
        await write(therapist.page, answer)
        await client.page.reload()
        await expect(message(client.page, answer)).to_have_count(1)
        await client.page.goto("/")
        await expect(count(client.page)).to_be_hidden()


@pytest.mark.parametrize("javascript", [True, False])
async def test_what_was_typed_survives_a_lapsed_session(visit: Visit, *, javascript: bool) -> None:
    text = words()
    async with visit("phone", javascript=javascript) as visitor:
        await visitor.sign_in(CLIENT)
        await visitor.open_messages()
        await visitor.page.get_by_label("Your message").fill(text)
        await visitor.end_session_elsewhere()
        if javascript:  # the page notices, hands over what was typed and leaves the screen
            await expect(visitor.page.get_by_role("heading", name="You were signed out")).to_be_visible()
            await visitor.page.get_by_role("link", name="Sign in").click()
        else:
            await visitor.page.get_by_role("button", name="Send").click()
        await visitor.fill_in_sign_in(CLIENT)
        await expect(visitor.page.get_by_text("What you typed is still here and not sent yet.").first).to_be_visible()
        await expect(visitor.page.get_by_label("Your message")).to_have_value(text)
        await visitor.page.get_by_role("button", name="Send").click()
        await expect(message(visitor.page, text)).to_have_count(1)
        visitor.faults[:] = [fault for fault in visitor.faults if not LOST.search(fault)]


async def test_a_page_out_of_sight_holds_no_stream_and_catches_up(visit: Visit) -> None:
    text = words()
    async with both(visit) as (client, therapist):
        await show(client.page, visible=False)
        await write(therapist.page, text)
        await expect(message(therapist.page, text)).to_have_count(1)
        await client.page.wait_for_timeout(500)
        assert await message(client.page, text).count() == 0
        await show(client.page, visible=True)
        await expect(message(client.page, text)).to_have_count(1)


async def show(page: Page, *, visible: bool) -> None:
    state = "visible" if visible else "hidden"
    await page.evaluate(
        """state => {
            Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        state,
    )


async def test_a_typed_message_stays_where_it_is_while_others_come(visit: Visit) -> None:
    """The field keeps its place, its focus and its words; the new message stands above it."""
    async with both(visit) as (client, therapist):
        field = client.page.get_by_label("Your message")
        await field.fill("Half a sent")
        before = await field.bounding_box()
        text = words()
        await write(therapist.page, text)
        await expect(message(client.page, text)).to_be_in_viewport()
        after = await field.bounding_box()
        assert before
        assert after
        assert abs(after["y"] - before["y"]) < 2
        await expect(field).to_be_focused()
        await expect(field).to_have_value("Half a sent")


async def test_earlier_messages_come_above(visit: Visit) -> None:
    """Days are named once, wherever the pages meet."""
    async with both(visit) as (client, therapist):
        for _ in range(31):
            await write(client.page, words())
            await expect(client.page.get_by_label("Your message")).to_have_value("")
        await therapist.page.reload()
        before = await therapist.page.locator(".message").count()
        await therapist.page.get_by_role("link", name="Show earlier messages").click()
        await expect(therapist.page.locator(".message").nth(before + 1)).to_be_attached()
        await expect(therapist.page.locator(":focus")).to_have_class(re.compile("message"))
        days = await therapist.page.locator(".day").all_inner_texts()
        assert len(days) == len(set(days))
