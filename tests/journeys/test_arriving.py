"""The way in as it looks: every step of it, from the invitation on, and what one meets who cannot get in."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from benchmarks.second_step import next_code
from tests.journeys.arriving import submit
from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox
from tests.journeys.test_accessibility import looks_right

ADMIN = "Robin Castellano"
PASSWORD = "slow tide over seven moss kettles"
REFUSED = re.compile("status of (400|422|429)")  # the console's word for a form that comes back


@pytest.mark.parametrize(("size", "theme"), [("phone", "light"), ("desktop", "dark")])
async def test_every_step_of_the_way_in(visit: Visit, mailbox: Mailbox, size: str, theme: str) -> None:
    async with visit("desktop") as admin:
        await admin.sign_in(ADMIN)
        address = await admin.invite("Kim Vale", "Client")
    async with visit(size, color_scheme=theme) as guest:
        page = guest.page
        await page.goto(await mailbox.link_for(address, "/auth/invitation"))
        await submit(page, "Go on")
        await page.get_by_label("New password").fill(PASSWORD)
        await page.get_by_label("The same once more").fill(PASSWORD)
        await submit(page, "Keep this password")
        await looks_right(guest)
        await page.get_by_role("link", name="Set up an app").click()
        await page.get_by_text("I cannot scan it").click()
        await looks_right(guest)
        secret = "".join((await page.locator("details code").inner_text()).split())
        await page.get_by_label("Code", exact=True).fill("12")
        await submit(page, "Go on")
        await expect(page.locator(".error-summary")).to_be_visible()
        await looks_right(guest)
        await page.get_by_label("Code", exact=True).fill(next_code(secret))
        await submit(page, "Go on")
        await looks_right(guest)
        await submit(page, "Show my codes")
        await looks_right(guest)
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Save as a file").click()
        assert (await saving.value).suggested_filename == "recovery-codes.txt"
        await submit(page, "Go on")
        await expect(page.locator(".error-summary")).to_contain_text("print the codes or save them")
        await page.get_by_label("I have printed or saved them").check()
        await submit(page, "Go on")
        await looks_right(guest)
        await submit(page, "I agree")
        await expect(page).to_have_url(re.compile("/welcome$"))
        await page.goto("/auth/sign-in/confirm")
        await looks_right(guest)
        await page.goto("/auth/sign-in")
        await guest.type_in(address, PASSWORD)
        await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        await looks_right(guest)
        await page.get_by_role("link", name="Use a recovery code instead").click()
        await looks_right(guest)
        guest.faults[:] = [fault for fault in guest.faults if not REFUSED.search(fault)]


@pytest.mark.parametrize(("size", "theme"), [("phone", "dark"), ("desktop", "light")])
async def test_whoever_cannot_get_in_is_told_what_to_do(visit: Visit, size: str, theme: str) -> None:
    async with visit(size, color_scheme=theme) as visitor:
        page = visitor.page
        await page.goto("/auth/sign-in")
        await looks_right(visitor)
        nobody = f"{uuid4().hex}@example.org"
        for _ in range(6):
            await visitor.type_in(nobody, "not the password of anybody")
            await expect(page.locator(".notice")).to_be_visible()
        await expect(page.get_by_text("What you can do meanwhile")).to_be_visible()
        await looks_right(visitor)
        await page.get_by_role("link", name="I forgot my password").click()
        await looks_right(visitor)
        await submit(page, "Send me an e-mail")
        await expect(page.locator(".error-summary")).to_be_visible()
        await page.get_by_label("E-mail address").fill(nobody)
        await submit(page, "Send me an e-mail")
        await expect(page.get_by_text("If there is an account with this address")).to_be_visible()
        await looks_right(visitor)
        visitor.faults[:] = [fault for fault in visitor.faults if not REFUSED.search(fault)]
