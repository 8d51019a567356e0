"""A therapist looks at what a client noted around their doses; the client reads that they did."""

import re

import pytest
from playwright.async_api import expect

from tests.journeys.browsing import Visit

CLIENT, THERAPIST = "Amara Nwosu", "Mateo Villanueva"


@pytest.mark.parametrize("javascript", [True, False])
async def test_therapist_then_client(visit: Visit, *, javascript: bool) -> None:
    async with visit("desktop", javascript=javascript) as visitor:
        page = visitor.page
        await visitor.sign_in(THERAPIST)
        await page.get_by_role("row").filter(has_text=CLIENT).get_by_role("link", name=CLIENT).click()
        await page.get_by_role("link", name="Around the doses").click()
        await expect(page.get_by_role("heading", name="Around the doses")).to_be_visible()
        figure = page.get_by_role("figure", name=re.compile("What was noted in shared check-ins before and after"))
        await expect(figure).to_be_visible()
        await expect(figure.locator(".curve-level").first).to_be_attached()
        await page.get_by_label("What", exact=True).select_option(label="Anxiety")
        await page.get_by_label("What", exact=True).press("Tab")
        await expect(page.get_by_label("Which doses")).to_be_focused()
        await page.get_by_label("Which doses").press("Tab")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(re.compile(r"\?item=anxiety&like="))
        await expect(page.get_by_role("heading", name="Anxiety")).to_be_visible()
        await page.get_by_text("The same as a table").press("Enter")
        await expect(page.get_by_role("row", name=re.compile("^8 to 36 hours"))).to_be_visible()
        if javascript:
            reading = page.get_by_role("slider", name="Read one stretch")
            await reading.press("Home")
            await expect(reading).to_have_attribute("aria-valuetext", re.compile("^The week before: Anxiety [^,]+$"))
    async with visit("phone", javascript=javascript) as visitor:
        await visitor.sign_in(CLIENT)
        await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        await visitor.page.goto("/access-log?kind=check_ins")
        await expect(
            visitor.page.get_by_text(f"{THERAPIST}, your therapist, looked at the curve of what you share.").first
        ).to_be_visible()


async def test_on_a_narrow_phone_and_on_paper(visit: Visit) -> None:
    async with visit("phone") as visitor:
        page = visitor.page
        await page.set_viewport_size({"width": 320, "height": 640})
        await visitor.sign_in(THERAPIST)
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await page.goto(f"/clients/{visitor.demonstration.account(CLIENT).id}/dose-curve")
        assert not await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        await page.emulate_media(media="print")
        await expect(page.get_by_label("Which doses")).to_be_hidden()
        await expect(page.locator("#dose-curve-figure")).to_be_visible()
        await expect(page.get_by_role("row", name=re.compile("^8 to 36 hours"))).to_be_visible()
