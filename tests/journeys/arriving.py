"""What a person meets between a link, or a password, and their pages: the first time and every time."""

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import Page, expect

from benchmarks.second_step import next_code
from tests.journeys.visitor import Account

STEPS = "/auth/sign-in/"


async def take_up(page: Page, link: str, account: Account) -> None:
    """Follow an invitation: one's name, a password, whatever the practice asks for besides, and one is in."""
    await page.goto(link)
    await expect(page.get_by_label("Is this your name?")).to_have_value(account.name)
    await page.get_by_role("button", name="Go on").click()
    await choose_password(page, account.password)
    await expect(page.locator(".error-summary")).to_have_count(0)
    await walk_in(page, account)


async def choose_password(page: Page, password: str, again: str | None = None) -> None:
    await page.get_by_label("New password").fill(password)
    await page.get_by_label("The same once more").fill(password if again is None else again)
    await submit(page, "Keep this password")


async def walk_in(page: Page, account: Account) -> None:
    """Step by step, until there is none left; a factor that had to be set up stays with the account."""
    while (path := urlsplit(page.url).path).startswith(STEPS):
        if path.endswith("/factor"):
            await set_up_or_decline(page, account)
        elif path.endswith("/codes"):
            await submit(page, "Show my codes")
            await page.get_by_label("I have printed or saved them").check()
            await submit(page, "Go on")
        elif path.endswith("/terms"):
            await submit(page, "I agree")
        else:
            await page.get_by_label("Code", exact=True).fill(await asyncio.to_thread(next_code, account.secret))
            await submit(page, "Go on")
        assert urlsplit(page.url).path != path, await page.locator("main").inner_text()


async def set_up_or_decline(page: Page, account: Account) -> None:
    """An authenticator app where the practice asks for one; whoever may put it off does so."""
    if await page.get_by_role("button", name="Not now").count():
        await submit(page, "Not now")
        return
    await page.get_by_role("link", name="Set up an app").click()
    await page.get_by_text("I cannot scan it").click()
    account.secret = "".join((await page.locator("details code").inner_text()).split())
    await page.get_by_label("Code", exact=True).fill(await asyncio.to_thread(next_code, account.secret))
    await submit(page, "Go on")


async def submit(page: Page, button: str) -> None:
    """Press it, and wait for the page that comes of it."""
    async with page.expect_navigation():
        await page.get_by_role("button", name=button, exact=True).click()
