"""Where the portal cannot be reached: check-ins are kept on the phone and sent once, and help always shows."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.journeys.browsing import Visit
from tests.journeys.visitor import SIGN_IN, Visitor

CLIENT, OTHER, SPANISH = "Grace Yamamoto", "Farid Haddad", "Elena Paredes"
ONE_CHECK_IN = re.compile(r"/check-ins/[0-9a-f-]{36}$")
EXPECTED = re.compile(r"ERR_(INTERNET_DISCONNECTED|FAILED|CONNECTION)|status of (422|503)|^503 ")
FIRST_VISIT, NEXT_VISIT = 60 * 1024, 10 * 1024  # bytes, without the font
# A clock that a test can set, and a phone that a test can fill.
PHONE = """
    const real = Date.now.bind(Date), put = IDBObjectStore.prototype.put;
    Date.now = () => real() + Number(localStorage.getItem("set forward by") ?? 0);
    IDBObjectStore.prototype.put = function (...values) {
        if (localStorage.getItem("full")) throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, values);
    };
"""


class Line:
    """What goes out to save a check-in: counted, and not answered while the line is cut."""

    def __init__(self) -> None:
        self.sent: list[Request] = []
        self.cut = self.deaf = self.broken = False

    async def take(self, route: Route) -> None:
        if route.request.method != "PUT":
            await route.fallback()
            return
        if self.cut:
            await route.abort()
            return
        if self.broken:
            await route.fulfill(status=503, body="{}")
            return
        self.sent.append(route.request)
        answer = await route.fetch()
        if self.deaf:
            await route.abort()  # the portal has it, and nobody hears so
        else:
            await route.fulfill(response=answer)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.post_data or "{}") for request in self.sent]


COUNTING = """() => new Promise((resolve) => {
    indexedDB.open("afterglow", 1).onsuccess = ({ target }) => {
        target.result.transaction("outbox").objectStore("outbox").count().onsuccess = (event) => {
            target.result.close();
            resolve(event.target.result);
        };
    };
})"""

# Whether this device has noted whose page it is, and how the portal's clock stands: the last that Today does by itself.
NOTED = """() => new Promise((resolve) => {
    const opening = indexedDB.open("afterglow", 1);
    opening.onupgradeneeded = () => opening.transaction.abort(); // it is the page's to make
    opening.onerror = () => resolve(false);
    opening.onsuccess = () => {
        opening.result.transaction("account").objectStore("account").get("now").onsuccess = ({ target }) => {
            opening.result.close();
            const { person, offset } = target.result ?? {};
            resolve(person === document.body.dataset.person && offset !== undefined);
        };
    };
})"""

OUT_OF_SIGHT = """() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
# A page without a screen is always in sight: its worker hears what it would elsewhere.
NOBODY_LOOKS = "() => { clients.matchAll = async () => [{ visibilityState: 'hidden' }]; }"
# Whether the worker at work and the one that waits have these languages.
WORKERS = """async (languages) => {
    const { active, waiting } = (await navigator.serviceWorker.getRegistration()) ?? {};
    const found = [active, waiting].map((one) => one && new URL(one.scriptURL).searchParams.get("ui_locales"));
    return JSON.stringify(found) === JSON.stringify(languages);
}"""


@asynccontextmanager
async def at_todays_page(visit: Visit, **options: Any) -> AsyncIterator[tuple[Visitor, Line]]:
    async with visit("phone", **options) as visitor:
        line = Line()
        await visitor.page.context.route(ONE_CHECK_IN, line.take)
        await visitor.page.context.add_init_script(PHONE)
        await visitor.sign_in(CLIENT)
        await expect(visitor.page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await visitor.page.wait_for_function(NOTED)
        yield visitor, line
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


async def settled(page: Page) -> None:
    """Until the browser has kept what it shows without a network."""
    await page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.state)")


async def note(visitor: Visitor, words: str, *, felt: str = "") -> None:
    page = visitor.page
    await visitor.slide("Mood", 2)
    if not await page.get_by_label("Note").is_visible():
        await page.get_by_text("Add a note").click()
    await page.get_by_label("Note").fill(words)
    await page.get_by_label("When was it?").fill(felt)
    await page.get_by_role("button", name="Save", exact=True).click()


def told(page: Page) -> Any:
    return expect(page.locator("#told"))


def unsent(page: Page) -> Any:
    return expect(page.locator("#unsent li"))


async def kept(page: Page) -> None:
    """Until it is on this device and could not be sent: then the form is empty again."""
    await told(page).to_contain_text("Saved on this device")
    await expect(page.get_by_label("Note")).to_have_value("")
    await unsent(page).to_have_count(1)


async def stored(page: Page) -> int:
    """How many check-ins of anybody are on this device."""
    count: int = await page.evaluate(COUNTING)
    return count


async def test_a_check_in_in_a_tunnel_and_help_always(visit: Visit) -> None:
    words = f"In the tunnel {uuid4().hex[:8]}"
    async with at_todays_page(visit, service_workers="allow") as (visitor, line):
        page, context = visitor.page, visitor.page.context
        await settled(page)
        await context.set_offline(True)
        for path in ("/help", "/check-ins", "/journal", "/auth/sign-in"):
            await page.goto(path)
            await expect(page.get_by_role("link", name="Call 988")).to_have_attribute("href", "tel:988")
            assert "Grace" not in await visitor.everything()
        await page.goto("/")
        await expect(page.get_by_text("The portal cannot be reached")).to_be_visible()
        assert "Grace" not in await visitor.everything()
        await note(visitor, words)
        await kept(page)
        assert words not in await visitor.everything()  # when it was, not what it says
        other = await context.new_page()
        await page.close()  # and from now on another tab, as after a restart
        await other.goto("/")
        await unsent(other).to_have_count(1)
        third = await context.new_page()
        await third.goto("/")
        await context.set_offline(False)
        await expect(other.get_by_role("button", name="Sign out")).to_be_visible()  # goes back by itself
        await third.goto("/")
        await unsent(other).to_have_count(0)
        await unsent(third).to_have_count(0)
        assert len(line.sent) == 1
        visitor.page = other
        await other.goto("/check-ins")
        await expect(visitor.entry(words)).to_have_count(1)
        await visitor.sign_out()
        await context.set_offline(True)
        await other.goto("/help")
        await expect(other.get_by_role("link", name="Call 988")).to_be_visible()
        await other.goto("/")
        await expect(other.get_by_text("Nobody is signed in on this device").first).to_be_visible()
        await expect(other.locator("form[data-outbox]")).to_be_hidden()


@pytest.mark.parametrize("how", ["closed", "out of sight"])
async def test_a_worker_that_follows_another_waits_until_nobody_looks(visit: Visit, how: str) -> None:
    """As after signing in with another language: where it takes over at once, a page that is on its way never comes."""
    async with visit("phone", service_workers="allow") as visitor:
        page, context = visitor.page, visitor.page.context
        await page.goto("/")
        await settled(page)
        await visitor.sign_in(SPANISH)
        await page.wait_for_function(WORKERS, arg=["en", "es"])
        await page.goto("/messages")
        await page.wait_for_function(WORKERS, arg=["en", "es"])
        if how == "closed":
            await page.close()
            page = await context.new_page()
            await page.goto("/help")
        else:
            for worker in context.service_workers:
                await worker.evaluate(NOBODY_LOOKS)
            await page.evaluate(OUT_OF_SIGHT)
        await page.wait_for_function(WORKERS, arg=["es", None])


async def test_an_answer_that_is_lost_and_another_account(visit: Visit) -> None:
    lost, late = f"Sent twice {uuid4().hex[:8]}", f"For one account {uuid4().hex[:8]}"
    async with at_todays_page(visit) as (visitor, line):
        page = visitor.page
        line.deaf = True
        await note(visitor, lost)
        await kept(page)
        line.deaf = False
        await page.reload()
        await told(page).to_contain_text("has arrived")
        assert len(line.sent) == 2
        assert line.sent[0].url == line.sent[1].url
        assert line.bodies[0] == line.bodies[1]
        line.cut = True
        await note(visitor, late)
        await kept(page)
        await visitor.end_session_elsewhere()
        line.cut = False
        await page.goto("/")
        await expect(page.get_by_text("Something on this device is not sent yet.")).to_be_visible()
        await page.get_by_role("link", name="Sign in").click()
        await visitor.fill_in_sign_in(OTHER)
        await expect(page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await page.evaluate("navigator.locks.request('afterglow-outbox', () => 0)")
        await unsent(page).to_have_count(0)
        assert len(line.sent) == 2
        await visitor.sign_out()
        assert await stored(page) == 1
        await visitor.sign_in(CLIENT)
        await told(page).to_contain_text("has arrived")
        assert len(line.sent) == 3
        await page.goto("/check-ins")
        for words in (lost, late):
            await expect(visitor.entry(words)).to_have_count(1)


async def test_full_phone_set_clock_refusal_and_signing_out(visit: Visit) -> None:
    async with at_todays_page(visit) as (visitor, line):
        page = visitor.page
        await page.evaluate("localStorage.setItem('full', 'yes')")
        line.cut = True
        await note(visitor, "No room")
        await told(page).to_contain_text("no room")
        await expect(page.get_by_label("Note")).to_have_value("No room")
        line.cut = False
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page).to_have_url(re.compile(r"/check-ins\?saved="))
        await page.evaluate("localStorage.removeItem('full')")
        for before, after in ((3 * 3_600_000, 3 * 3_600_000), (0, -5 * 3_600_000)):
            await page.evaluate("localStorage.removeItem('set forward by')")
            await page.goto("/")
            line.cut = True
            await set_clock(page, before)
            now = datetime.now(UTC)
            await note(visitor, "By which clock?")
            await kept(page)
            await set_clock(page, after)
            line.cut = False
            await page.evaluate("dispatchEvent(new Event('online'))")
            await told(page).to_contain_text("has arrived")
            assert abs(datetime.fromisoformat(line.bodies[-1]["felt_at"]) - now) < timedelta(minutes=2)
        await set_clock(page, 0)
        for scripted in (True, False):
            await refused_and_corrected(visitor, scripted=scripted)
        await page.goto("/")
        line.cut = True
        await note(visitor, "Only here")
        await kept(page)
        await page.context.set_offline(True)
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("you cannot be signed out right now")).to_be_visible()
        await expect(page.get_by_role("button", name="Delete them")).to_be_hidden()
        await page.get_by_role("button", name="Stay signed in").click()
        await page.context.set_offline(False)
        line.cut = False
        await page.context.route(ONE_CHECK_IN, lambda route: route.fulfill(status=503, body="{}"))
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Stay signed in").click()
        assert await stored(page) == 1
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Delete them and sign out").click()
        await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        assert await stored(page) == 0


async def test_signing_out_on_auths_page_goes_through_the_outbox(visit: Visit) -> None:
    async with at_todays_page(visit) as (visitor, line):
        page = visitor.page
        line.cut = True
        await note(visitor, "Before I go")
        await kept(page)
        await page.context.clear_cookies(name=re.compile("web$"))  # only auth knows who is here; web asks it
        await sign_out_at_auth(page)
        await expect(page.get_by_text("only on this device are sent first")).to_be_visible()
        line.cut, line.broken = False, True
        await page.locator("main").get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("could not be sent just now")).to_be_visible()
        await page.get_by_role("button", name="Stay signed in").click()
        assert await stored(page) == 1
        line.broken = False
        await sign_out_at_auth(page)
        await page.locator("main").get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        assert await stored(page) == 0
        assert len({body["note"] for body in line.bodies}) == 1
        await page.goto("/auth/security")
        await expect(page).to_have_url(SIGN_IN)


async def sign_out_at_auth(page: Page) -> None:
    await page.goto("/auth/security")
    await page.get_by_role("link", name="Sign out").click()
    await expect(page.get_by_role("heading", name="Sign out?")).to_be_visible()
    await page.wait_for_load_state()  # and with it the outbox: before that the entries would stay on the phone


async def set_clock(page: Page, milliseconds: int) -> None:
    await page.evaluate(f"localStorage.setItem('set forward by', '{milliseconds}')")


async def refused_and_corrected(visitor: Visitor, *, scripted: bool) -> None:
    """Too long ago: said, and nothing of it lost until it is corrected."""
    page = visitor.page
    await page.goto("/")
    await note(visitor, "Three days back", felt=f"{datetime.now(UTC) - timedelta(days=3):%Y-%m-%dT%H:%M}")
    for _ in range(2):
        await expect(page.locator(".error-summary")).to_contain_text("two days at most")
        await expect(page.get_by_label("Note")).to_have_value("Three days back")
        await unsent(page).to_have_count(0)
        await page.goto("/")
        await unsent(page).to_contain_text("was not taken as it is")
        await page.get_by_role("button", name="Look at it again").click()
    await page.get_by_label("When was it?").fill("")
    if scripted:
        await page.get_by_role("button", name="Save", exact=True).click()
    else:  # as a form goes that is sent before its script has come
        await page.evaluate("document.querySelector('form[data-outbox]').submit()")
    await expect(page).to_have_url(re.compile(r"/check-ins\?saved="))
    async with asyncio.timeout(10):
        await page.evaluate(
            f"async () => {{ while (await ({COUNTING})()) await new Promise((go) => setTimeout(go, 50)); }}"
        )


async def test_leaving_at_once_leaves_nothing_on_the_phone(visit: Visit) -> None:
    async with at_todays_page(visit) as (visitor, line):
        page = visitor.page
        await page.context.route("https://www.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere"))
        line.cut = True
        await note(visitor, "Nobody must see this")
        await unsent(page).to_have_count(1)
        await page.get_by_role("button", name="Leave now").click()
        await expect(page).to_have_url(re.compile("wikipedia"))
        await page.goto("/help")
        assert await stored(page) == 0


async def test_what_a_visit_weighs(visit: Visit, record_property: Any) -> None:
    """Bytes over the line, without the font: the page first, with what the worker fetches; then once more."""
    async with visit("phone", service_workers="allow") as visitor:
        page = visitor.page
        await visitor.sign_in(CLIENT)
        await expect(page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await settled(page)
        await page.evaluate(WITHOUT_WORKER)
        network = await page.context.new_cdp_session(page)
        await network.send("Network.enable")
        await network.send("Network.clearBrowserCache")
        line = Weighed()
        network.on("Network.requestWillBeSent", line.asked)
        network.on("Network.loadingFinished", line.answered)
        await page.goto("/", wait_until="load")
        await settled(page)
        first = line.bytes()
        fetched = await page.evaluate(BY_THE_WORKER)
        await page.evaluate(WITHOUT_WORKER)
        line.clear()
        await page.goto("/", wait_until="load")  # its requests are not seen where a worker makes them
        again = line.bytes()
        record_property("counted", f"bytes of a visit: {first} and {sum(fetched)} by its worker, then {again}")
        assert 0 < first + sum(fetched) <= FIRST_VISIT
        assert 0 < again + fetched[0] <= NEXT_VISIT


class Weighed:
    """Bytes of each answer as they came over the line, its head among them; none for what the browser had."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.weights: dict[str, float] = {}

    def asked(self, event: dict[str, Any]) -> None:
        self.names[event["requestId"]] = event["request"]["url"]

    def answered(self, event: dict[str, Any]) -> None:
        self.weights[event["requestId"]] = event["encodedDataLength"]

    def clear(self) -> None:
        self.weights.clear()

    def bytes(self) -> int:
        return round(sum(weight for one, weight in self.weights.items() if not self.names[one].endswith(".woff2")))


WITHOUT_WORKER = "navigator.serviceWorker.getRegistration().then((worker) => worker.unregister())"
# What the worker fetches besides: its own source, which it looks at each time; the pages that it keeps; the manifest.
BY_THE_WORKER = """async () => {
    const bytes = [];
    for (const path of ["service-worker.js", "offline", "offline/check-in", "manifest.webmanifest"]) {
        const address = `${location.origin}/${path}?ui_locales=en&counted`;
        await (await fetch(address, { cache: "no-store" })).text();
        bytes.push(performance.getEntriesByName(address)[0].transferSize);
    }
    return bytes;
}"""
