"""Messages between a client and a therapist at two browsers: live, after a cut of the network, without JavaScript."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.journeys.browsing import Visit
from tests.journeys.relay import Relay
from tests.journeys.visitor import Demonstration, Visitor

CLIENT, THERAPIST = "Grace Yamamoto", "Mateo Villanueva"
SECOND = timedelta(seconds=1)
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
LOST = re.compile(r"ERR_|Failed to load resource")  # the console's words for a network that is not there


def message(page: Page, text: str) -> Locator:
    return page.locator(".message").filter(has_text=text)


def count(page: Page) -> Locator:
    """The number in the navigation; hidden where nothing waits."""
    return page.locator('nav [data-count="unread"]')


async def of_others(therapist: Visitor) -> int:
    """What other clients wrote in other journeys; `therapist` has their conversation with this one open."""
    await therapist.page.reload()
    shown = await count(therapist.page).text_content() or ""
    return int(shown.split()[0])


async def expect_unread(page: Page, number: int) -> None:
    if number:
        await expect(count(page)).to_have_text(f"{number} unread")
    else:
        await expect(count(page)).to_be_hidden()


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
        await expect(client.page.locator("#unsent-messages")).to_contain_text(own)
        await expect(client.page.get_by_label("Your message")).to_have_value("")
        assert await message(client.page, missed[0]).count() == 0
        relay.mend()
        for text in missed:
            await expect(message(client.page, text)).to_have_count(1)
        await client.page.evaluate("dispatchEvent(new Event('online'))")
        await expect(message(therapist.page, own)).to_have_count(1)
        await expect(client.page.locator("#unsent-messages")).to_be_hidden()
        await expect(message(client.page, own)).to_have_count(1)
        shown = await client.page.locator("[data-conversation] .message").all_inner_texts()
        assert [next(text for text in [*missed, own] if text in one) for one in shown[-4:]] == [*missed, own]
        client.faults[:] = [fault for fault in client.faults if not LOST.search(fault)]


async def test_a_correction_and_a_withdrawal_reach_an_open_page(visit: Visit) -> None:
    """Where it stands, once, and spoken; the words that went are on neither page any more."""
    first, better = words(), words()
    async with both(visit) as (client, therapist):
        await write(client.page, first)
        shown = message(therapist.page, first)
        await expect(shown).to_have_count(1)
        place = await shown.get_attribute("id")
        loaded = await therapist.page.evaluate("performance.timeOrigin")
        await message(client.page, first).get_by_role("link", name="Correct or withdraw").click()
        await client.page.get_by_label("Your message").fill(better)
        await client.page.get_by_role("button", name="Save the correction").click()
        changed = therapist.page.locator(f"#{place}")
        await expect(changed).to_contain_text(better)
        await expect(changed.get_by_role("link", name="corrected")).to_be_visible()
        await expect(therapist.page.locator("#live")).to_contain_text(better)
        await message(client.page, better).get_by_role("link", name="Correct or withdraw").click()
        await client.page.get_by_role("button", name="Withdraw the message").click()
        await expect(changed).to_contain_text(f"withdrawn by {CLIENT}")
        for page in (client.page, therapist.page):
            await expect(message(page, better)).to_have_count(0)
            await expect(message(page, first)).to_have_count(0)
        assert await therapist.page.evaluate("performance.timeOrigin") == loaded


async def test_who_stands_in_is_said_on_an_open_page_once(visit: Visit) -> None:
    """The line comes by itself when a therapist names somebody, and when that ends; what was typed stays."""
    stands_in, no_longer = re.compile("Hannah Oyelaran stands in"), re.compile("Hannah Oyelaran no longer stands in")
    async with both(visit) as (client, therapist):
        line, end = (client.page.locator(".told").filter(has_text=words) for words in (stands_in, no_longer))
        await client.page.get_by_label("Your message").fill("Typed meanwhile")
        await therapist.page.goto("/cover")
        away = therapist.page.locator("#away")
        await away.get_by_label("Hannah Oyelaran").check()
        await away.get_by_label("Last day").fill((datetime.now(UTC) + timedelta(days=2)).date().isoformat())
        await away.get_by_role("button", name="Arrange it").click()
        await expect(line).to_have_count(1)
        await expect(client.page.locator("#live")).to_contain_text(stands_in)
        await therapist.page.locator("#for-me").get_by_role("button", name="End it now").click()
        await expect(end).to_have_count(1)
        await expect(line).to_have_count(1)
        await expect(client.page.locator("#live")).to_contain_text(no_longer)
        await expect(client.page.get_by_label("Your message")).to_have_value("Typed meanwhile")


async def test_a_reply_by_keyboard_keeps_what_was_typed(visit: Visit) -> None:
    question, answer = words(), words()
    async with both(visit) as (client, therapist):
        await write(client.page, question)
        await expect(message(therapist.page, question)).to_have_count(1)
        field = therapist.page.get_by_label("Your message")
        await field.fill(answer)
        await message(therapist.page, question).get_by_role("link", name="Reply to the message").press("Enter")
        await expect(field).to_be_focused()
        await expect(field).to_have_value(answer)
        await expect(therapist.page.locator("[data-replying]")).to_contain_text(question)
        await therapist.page.get_by_role("button", name="Send").click()
        reply = message(client.page, answer)
        await expect(reply.locator(".quote-text")).to_have_text(question)
        await expect(therapist.page.locator("[data-replying]")).to_be_hidden()
        loaded = await client.page.evaluate("performance.timeOrigin")
        await reply.locator(".quote a").click()
        await expect(message(client.page, question).first).to_be_focused()
        assert await client.page.evaluate("performance.timeOrigin") == loaded


async def test_who_types_before_all_has_loaded_goes_on_typing(visit: Visit) -> None:
    """Chromium comes to the place that the address names once all is there, and takes the focus away for it."""
    first, second = words(), words()
    async with visit("desktop") as client:
        await client.sign_in(CLIENT)
        await client.open_messages()
        conversation, field = client.page.url, client.page.get_by_label("Your message")
        assert conversation.endswith("#write")
        await client.page.goto("/help")
        come = asyncio.Event()

        async def late(route: Route) -> None:
            await come.wait()
            await route.continue_()

        await client.page.route("**/htmx*", late)
        await client.page.goto(conversation, wait_until="commit")
        await field.focus()
        await client.page.keyboard.type(first)
        come.set()
        await client.page.wait_for_load_state()
        await client.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        await expect(field).to_be_focused()
        await client.page.keyboard.type(second)
        await expect(field).to_have_value(first + second)


async def test_a_reply_that_is_begun_while_a_message_is_on_its_way_stays(visit: Visit) -> None:
    """What was chosen for the next one is not taken for what was sent."""
    async with visit("phone") as client:
        page, arrived = client.page, asyncio.Event()
        await client.sign_in(CLIENT)
        await client.open_messages()

        async def hold(route: Route) -> None:
            await arrived.wait()
            await route.continue_()

        await page.route(re.compile(r"/messages/[0-9a-f-]{36}$"), hold)
        text = words()
        await write(page, text)
        await page.locator("[data-reply]").first.click()
        await expect(page.locator("[data-replying]")).to_be_visible()
        arrived.set()
        await expect(message(page, text)).to_have_count(1)
        await expect(page.get_by_label("Your message")).to_have_value("")
        await expect(page.locator("[data-replying]")).to_be_visible()
        assert await message(page, text).locator(".quote").count() == 0


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("I sometimes WANT   to die", True),
        ("I don\u2019t want to live like that", True),
        ("a veces quisiera hacerme dan\u0303o", True),
        ("The suicidesquad film was loud", False),
        ("I want to dine with my sister", False),
    ],
)
async def test_words_bring_up_help_before_anything_is_sent(visit: Visit, typed: str, shown: bool) -> None:
    async with visit("phone") as client:
        await client.sign_in(CLIENT)
        await client.open_messages()
        card = client.page.locator("[data-crisis-words]")
        await expect(card).to_be_hidden()
        requests: list[str] = []
        client.page.on("request", lambda request: requests.append(request.url))
        await client.page.get_by_label("Your message").press_sequentially(typed)
        await client.page.wait_for_timeout(600)  # longer than the pause after which it looks
        await expect(card).to_be_visible(visible=shown)
        if shown:
            await expect(card.get_by_role("link", name="Call 988")).to_be_visible()
            await expect(client.page.locator("#live")).to_contain_text("You need not wait for an answer")
            await client.page.get_by_label("Your message").fill("")
            await expect(card).to_be_visible()
        assert [address for address in requests if "/static/" not in address] == []  # a browser may still want an icon


async def test_a_page_that_stands_open_says_when_the_practice_closes_and_opens(visit: Visit) -> None:
    """Whichever it is while this runs: the page carries when that changes, and the browser's clock is put there."""
    async with visit("phone") as client:
        await client.sign_in(CLIENT)
        await client.open_messages()
        notice = client.page.locator("#outside-hours")
        opens = datetime.fromisoformat(str(await notice.get_attribute("data-opens")))
        closes = await notice.get_attribute("data-closes")
        await expect(notice).to_be_visible(visible=closes is None)
        closed_from = datetime.fromisoformat(closes) if closes else opens - timedelta(hours=1)
        for at, visible in ((closed_from, True), (opens - SECOND, True), (opens, False), (closed_from, True)):
            await client.page.clock.set_fixed_time(at)
            await client.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await expect(notice).to_be_visible(visible=visible)
        await expect(client.page.locator("#live")).to_contain_text("The practice is closed now.")


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
        others = await of_others(therapist)
        await therapist.page.goto("/messages")
        await expect_unread(therapist.page, others)
        await write(second, answer)
        await expect_unread(therapist.page, others + 1)
        row = therapist.page.locator("[id^=conversation-]").filter(has_text=CLIENT)
        await expect(row).to_contain_text("1 new")
        await row.get_by_role("link").click()
        await expect_unread(therapist.page, others)
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
        others = await of_others(therapist)
        await therapist.page.goto("/caseload")
        await write(other, words())
        await expect_unread(therapist.page, others + 1)
        await therapist.open_messages(CLIENT)
        await expect_unread(therapist.page, others)


async def test_without_javascript_both_ways(visit: Visit) -> None:
    question, answer = words(), words()
    async with both(visit, javascript=False) as (client, therapist):
        others = await of_others(therapist)
        await write(client.page, question)
        await expect(message(client.page, question)).to_be_in_viewport()
        await therapist.page.goto("/caseload")
        await expect_unread(therapist.page, others + 1)
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


async def tell(visitor: Visitor, *, tells: bool) -> None:
    """Switch it on or off in another tab."""
    tab = await visitor.page.context.new_page()
    await tab.goto("/messages/seen")
    await tab.get_by_label("Show that I have read a message").set_checked(tells)
    await tab.get_by_role("button", name="Save").click()
    await expect(tab.locator(".notice-sage")).to_be_visible()
    await tab.close()


async def test_seen_comes_where_both_allow_it_and_goes_at_once(visit: Visit) -> None:
    first, second = words(), words()
    async with both(visit) as (client, therapist):
        for visitor in (client, therapist):
            await tell(visitor, tells=True)
            await visitor.page.reload()
        try:
            for text in (first, second):
                await write(client.page, text)
                await expect(message(client.page, text).locator(".message-seen")).to_have_text("Seen")
            await expect(client.page.locator(".message-seen")).to_have_count(1)
            loaded = await client.page.evaluate("performance.timeOrigin")
            await tell(therapist, tells=False)
            await expect(client.page.locator(".message-seen")).to_have_count(0)
            assert await client.page.evaluate("performance.timeOrigin") == loaded
            await client.page.reload()
            await expect(message(client.page, second)).to_have_count(1)
            await expect(client.page.locator(".message-seen")).to_have_count(0)
        finally:
            for visitor in (client, therapist):
                await tell(visitor, tells=False)


async def test_a_saved_answer_goes_where_the_cursor_is_and_out_later(visit: Visit) -> None:
    """Nothing typed is lost, nothing is sent before, and it is taken back as it was written."""
    name, answer, typed = words(), words(), words()
    async with both(visit) as (client, therapist):
        page = therapist.page
        tab = await page.context.new_page()
        await tab.goto("/messages/answers/new")
        await tab.get_by_label("Name").fill(name)
        await tab.get_by_label("Words of the answer").fill(answer)
        await tab.get_by_role("button", name="Save").click()
        await expect(tab.get_by_role("link", name=name)).to_be_visible()
        await page.reload()
        await page.get_by_label("Your message").fill(typed)
        await page.locator("#insert summary").click()
        await page.get_by_label("Saved answer").select_option(label=name)
        await page.get_by_role("button", name="Insert it").click()
        await expect(page.get_by_label("Your message")).to_have_value(f"{typed}\n\n{answer}")
        await page.locator("#send-later summary").click()
        await page.get_by_role("button", name="Send it then").click()
        await expect(page.locator("#later li").filter(has_text=typed)).to_be_visible()
        await page.wait_for_load_state()
        await expect(page.get_by_label("Your message")).to_have_value("")  # nor is it offered for sending again
        await client.page.reload()
        await expect(message(client.page, typed)).to_have_count(0)
        await page.locator("#later li").filter(has_text=typed).get_by_role("link").click()
        await page.get_by_role("button", name="Delete it").click()
        await expect(page.locator("#later li").filter(has_text=typed)).to_have_count(0)
        await tab.get_by_role("link", name=name).click()
        await tab.get_by_role("button", name="Delete it").click()
        await expect(tab.get_by_role("link", name=name)).to_have_count(0)
