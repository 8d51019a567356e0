"""A voice note, from a browser's microphone to the therapist's player."""

import pytest
from afterglow_design.testing.axe import violations
from playwright.async_api import Page, expect

from tests.journeys.browsing import chromium_running, visits
from tests.journeys.visitor import Demonstration

CLIENT, THERAPIST = "Farid Haddad", "Hannah Oyelaran"
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")  # it beeps, and nobody is asked
PLAYS = """audio => new Promise(done => {
    audio.addEventListener("timeupdate", () => audio.currentTime > 0.2 && done());
    audio.play();
})"""


async def record(page: Page) -> None:
    """From the form, with what was typed; listened to, and kept."""
    await page.get_by_label("Your words").fill("Spoken, not typed")
    await page.get_by_role("button", name="Add a voice note").click()
    await page.get_by_role("button", name="Start recording").click()
    await expect(page.locator("#recorder-time")).to_have_text("0:02")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator("#recorder-said")).to_contain_text("kept nowhere yet")
    assert await violations(page) == []
    await page.locator("#recorder audio").evaluate(PLAYS)
    await page.get_by_role("button", name="Keep it").click()
    await expect(page.locator(".notice")).to_contain_text("It belongs to your entry now")
    await expect(page.locator("#voice-notes figcaption")).to_contain_text("Voice note, 0:0")
    assert await violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_spoken_by_a_client_and_played_by_their_therapist(demonstration: Demonstration, theme: str) -> None:
    async with chromium_running(*MICROPHONE) as browser:
        visit = visits(browser, demonstration)
        async with visit("phone", color_scheme=theme) as visitor:
            page = visitor.page
            await visitor.sign_in(CLIENT)
            await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            await page.goto("/journal/new")
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
