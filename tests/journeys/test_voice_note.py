"""A voice note, from a browser's microphone to the therapist's player."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from afterglow_design.testing.axe import violations
from playwright.async_api import Page, Route, expect

from tests.journeys.browsing import chromium_running, visits
from tests.journeys.visitor import Demonstration, Visitor

CLIENT, THERAPIST = "Farid Haddad", "Hannah Oyelaran"
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # it beeps, and nobody is asked
EXPECTED = re.compile(r"ERR_FAILED|status of 4")
UPLOAD = re.compile(r"/voice-notes/[0-9a-f-]{36}$")
SOUND = {"name": "rain.wav", "mimeType": "audio/wav", "buffer": b"RIFF\0\0\0\0WAVEfmt " + bytes(200_000)}
REFUSED = [
    (404, {"code": "not_found"}, "is gone"),
    (409, {"code": "too_many_voice_notes"}, "too many voice notes"),
    (413, {"code": "too_large"}, "too large"),
    (415, {"code": "unsupported_media_type"}, "no recording that can be played"),
    (422, {"code": "invalid_input", "errors": [{"field": "seconds", "code": "too_long"}]}, "too large"),
    (422, {"code": "invalid_input", "errors": [{"field": "media_type", "code": "enum"}]}, "no recording"),
    (403, {"code": "forbidden"}, "It was not taken"),
    (409, {"code": "conflict"}, "It was not taken"),
]
PLAYS = """audio => new Promise(done => {
    audio.addEventListener("timeupdate", () => audio.currentTime > 0.2 && done());
    audio.play();
})"""


async def speak(page: Page) -> None:
    """From the form, with what was typed."""
    await page.goto("/journal/new")
    await page.get_by_label("Your words").fill("Spoken, not typed")
    await page.get_by_role("button", name="Add a voice note").click()
    await page.get_by_role("button", name="Start recording").click()
    await expect(page.locator("#recorder-time")).to_have_text("0:02")
    await page.get_by_role("button", name="Stop").click()
    await said(page, "kept nowhere yet")
    await expect(page.locator("#recorder-size")).to_contain_text("MB")


async def said(page: Page, words: str) -> None:
    await expect(page.locator("#recorder-said")).to_contain_text(words)


async def record(page: Page) -> None:
    """Listened to, and kept."""
    await speak(page)
    assert await violations(page) == []
    await page.locator("#recorder audio").evaluate(PLAYS)
    await keep(page)
    await expect(page.locator("#voice-notes figcaption")).to_contain_text("Voice note, 0:0")
    assert await violations(page) == []


async def keep(page: Page) -> None:
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator(".notice")).to_contain_text("It belongs to your entry now")


@asynccontextmanager
async def at_a_microphone(demonstration: Demonstration) -> AsyncIterator[Visitor]:
    """The client, on whose phone refusals and cuts are part of the story."""
    async with chromium_running(*MICROPHONE) as browser, visits(browser, demonstration)("phone") as visitor:
        await visitor.sign_in(CLIENT)
        await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        yield visitor
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_spoken_by_a_client_and_played_by_their_therapist(demonstration: Demonstration, theme: str) -> None:
    async with chromium_running(*MICROPHONE) as browser:
        visit = visits(browser, demonstration)
        async with visit("phone", color_scheme=theme) as visitor:
            page = visitor.page
            await visitor.sign_in(CLIENT)
            await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            await record(page)
            await page.get_by_role("link", name="Go on writing").click()
            await expect(page.get_by_label("Your words")).to_have_value("Spoken, not typed")
            await page.get_by_text("Change", exact=True).click()
            await page.get_by_role("radio", name=f"Me and {THERAPIST}").check()
            await page.get_by_role("button", name="Save").click()
            await expect(page.get_by_text("Nobody has opened it yet.")).to_be_visible()
            entry = page.url.partition("?")[0].rpartition("/")[2]
        async with visit("desktop", color_scheme=theme) as visitor:
            page = visitor.page
            await visitor.sign_in(THERAPIST)
            await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            await page.goto(f"/clients/{demonstration.account(CLIENT).id}/journal/{entry}")
            await expect(page.get_by_text("So is playing a voice note.")).to_be_visible()
            assert await violations(page) == []
            await page.locator("audio").evaluate(PLAYS)
        async with visit("phone", color_scheme=theme) as visitor:
            await visitor.sign_in(CLIENT)
            await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
            await visitor.page.goto(f"/journal/{entry}")
            await expect(visitor.page.locator("figcaption")).to_contain_text(f"{THERAPIST} played it on")


async def test_a_network_that_stays_away_is_not_waited_for_without_end(demonstration: Demonstration) -> None:
    async with at_a_microphone(demonstration) as visitor:
        page, tries = visitor.page, 0

        async def cut(route: Route) -> None:
            nonlocal tries
            tries += 1
            await route.abort()

        await speak(page)
        await page.route(UPLOAD, cut)
        await page.clock.install()
        await page.get_by_role("button", name="Keep it").click()
        await said(page, "tried again by itself")
        while await page.get_by_role("button", name="Keep it").is_hidden():
            await page.clock.fast_forward(30_000)
            await asyncio.sleep(0.05)
        await said(page, "It is still here")
        assert tries == 9
        await expect(page.get_by_role("link", name="Store it on this device")).to_have_attribute(
            "href", re.compile("^blob:")
        )
        assert await violations(page) == []
        await page.unroute(UPLOAD)
        await keep(page)


async def test_an_upload_goes_on_where_it_was(demonstration: Demonstration) -> None:
    """Neither a lost answer nor a part that never arrived makes it begin anew, and once only it is there."""
    async with at_a_microphone(demonstration) as visitor:
        page, offsets = visitor.page, list[str]()

        async def hinder(route: Route) -> None:
            if route.request.method == "PUT":
                await route.fallback()
                return
            offsets.append(route.request.headers["upload-offset"])
            if len(offsets) == 1:
                await route.abort()
            elif len(offsets) == 2:
                await route.fetch()
                await route.abort()  # it is stored, and nobody hears so
            else:
                await route.fallback()

        await speak(page)
        await page.route(UPLOAD, hinder)
        await keep(page)
        assert offsets == ["0", "0", "0"]
        await expect(page.locator("#voice-notes figure")).to_have_count(1)


def refusing(status: int, problem: dict[str, object]) -> Callable[[Route], Awaitable[None]]:
    async def refuse(route: Route) -> None:
        await route.fulfill(status=status, body=json.dumps(problem))

    return refuse


async def test_each_refusal_has_its_words(demonstration: Demonstration) -> None:
    async with at_a_microphone(demonstration) as visitor:
        page = visitor.page
        await speak(page)
        await page.get_by_label("A recording from this device").set_input_files([SOUND])
        await expect(page.locator("#chosen-size")).to_contain_text("0.2 MB")
        await page.get_by_role("button", name="Keep this recording").click()
        await said(page, "Keep or delete what you recorded first")
        for status, problem, words in REFUSED:
            await page.route(UPLOAD, refusing(status, problem))
            await page.get_by_role("button", name="Keep it").click()
            await said(page, words)
            await page.unroute(UPLOAD)
        await page.get_by_role("button", name="Delete and start over").click()
        large = {**SOUND, "buffer": bytes(11_000_000)}
        await page.get_by_label("A recording from this device").set_input_files([large])
        await page.get_by_role("button", name="Keep this recording").click()
        await said(page, "too large")
        await page.get_by_label("A recording from this device").set_input_files([SOUND])
        await page.get_by_role("button", name="Keep this recording").click()
        await expect(page.locator(".notice")).to_contain_text("It belongs to your entry now")


async def test_a_session_that_ends_takes_no_recording_with_it(demonstration: Demonstration) -> None:
    """It stays, unseen, until the same person has signed in again, in another tab."""
    async with at_a_microphone(demonstration) as visitor:
        page = visitor.page
        await speak(page)
        await visitor.end_session_elsewhere()
        await expect(page.get_by_text("What you recorded is still here")).to_be_visible()
        await expect(page.locator("#recorder")).to_be_hidden()
        async with page.expect_popup() as opened:
            await page.get_by_role("link", name="Sign in").click()
        visitor.page = await opened.value
        await visitor.fill_in_sign_in(CLIENT)
        await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        await keep(page)
