"""With the network cut: where to find help always shows, and nothing of anybody."""

from playwright.async_api import Page, expect

from tests.journeys.browsing import Visit


async def settled(page: Page) -> None:
    """Until the browser has kept what it shows without a network."""
    await page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.state)")


async def test_help_shows_without_a_network_signed_in_and_out(visit: Visit) -> None:
    async with visit("phone", service_workers="allow") as visitor:
        page, context = visitor.page, visitor.page.context
        await visitor.sign_in("Grace Yamamoto")
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await settled(page)
        for signed_in in (True, False):
            await context.set_offline(True)
            for path in ("/help", "/check-ins", "/journal"):
                await page.goto(path)
                await expect(page.get_by_role("link", name="Call 988")).to_have_attribute("href", "tel:988")
                assert "Grace" not in await visitor.everything()
            await context.set_offline(False)
            await page.get_by_role("link", name="Try again").click()
            if signed_in:
                await expect(page.get_by_role("heading", name="Your journal")).to_be_visible()
                await visitor.sign_out()
