"""From the first words to a reader: a draft that survives, a second tab, sharing, and who read it."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.journeys.browsing import Visit

CLIENT, THERAPIST = "Farid Haddad", "Hannah Oyelaran"


async def begin(page: Page, words: str) -> None:
    """Open the journal by the navigation, and write."""
    await page.get_by_role("navigation").get_by_role("link", name="Journal", exact=True).click()
    await page.get_by_role("link", name="Write", exact=True).click()
    await expect(page).to_have_url(re.compile(r"/journal/[0-9a-f-]{36}/write$"))
    await page.get_by_label("Your words").fill(words)


async def share(page: Page) -> None:
    """Choose the therapist by name, and save."""
    await page.get_by_text("Change", exact=True).click()
    await page.get_by_role("radio", name=f"Me and {THERAPIST}").check()
    await expect(page.get_by_text(f"You and {THERAPIST} see this.")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Nobody has opened it yet.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
async def test_client_writes_and_therapist_reads(visit: Visit, *, javascript: bool) -> None:
    words = f"The sea was *inside* the room {uuid4().hex[:8]}"
    async with visit("phone", javascript=javascript) as visitor:
        page = visitor.page
        await visitor.sign_in(CLIENT)
        await expect(page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await begin(page, words)
        if javascript:
            await expect(page.locator("#kept")).to_contain_text("Kept as a draft at")
            other = await page.context.new_page()
            await other.goto(page.url)  # as after a crash, and from now on a second tab
            await expect(other.get_by_label("Your words")).to_have_value(words)
            await page.get_by_label("Your words").fill(f"{words}, first tab")
            await expect(page.locator("input[name=revision]")).to_have_value("2")
            await other.get_by_label("Your words").fill(f"{words}, second tab")
            await expect(other.locator("#kept")).to_contain_text("Both are kept")
            assert other.url != page.url
            await other.close()
        else:
            await page.get_by_role("button", name="Keep as a draft").click()
            await page.get_by_role("link", name=words[-8:]).click()
        await share(page)
        address = page.url.partition("?")[0]
    async with visit("desktop", javascript=javascript) as visitor:
        page = visitor.page
        await visitor.sign_in(THERAPIST)
        await page.get_by_role("row").filter(has_text=CLIENT).get_by_role("link", name=CLIENT).click()
        await page.get_by_role("link", name="Journal").click()
        await expect(page.get_by_text("opening this is recorded")).to_be_visible()
        assert words[-8:] not in await visitor.everything()
        await page.get_by_role("link", name="Not opened yet").first.click()
        await expect(page.locator(".written em")).to_have_text("inside")
        assert words[-8:] in await visitor.everything()
    async with visit("phone", javascript=javascript) as visitor:
        await visitor.sign_in(CLIENT)
        await expect(visitor.page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await visitor.page.goto(address)
        await expect(visitor.page.get_by_text(f"{THERAPIST} read it on")).to_be_visible()
        await visitor.page.get_by_role("link", name="Erase this entry").click()
        await expect(visitor.page.get_by_text("cannot be erased here")).to_be_visible()
