"""Invited, reset and withdrawn, as the person at the other end of the mail sees it."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.journeys.arriving import choose_password, submit, take_up
from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import Account

ADMIN = "Robin Castellano"
PASSWORD = "four words nobody guesses"
GONE = re.compile("status of (404|410|422)")  # the console's word for the pages that are looked at here


async def invite(visit: Visit) -> str:
    """Have the admin invite a client; return the address."""
    address = f"{uuid4().hex[:12]}@example.org"
    async with visit("desktop") as visitor:
        await visitor.sign_in(ADMIN)
        await expect(visitor.page).to_have_url(re.compile("/people$"))
        await visitor.page.goto("/people/invite")
        await visitor.page.get_by_label("E-mail address").fill(address)
        await visitor.page.get_by_label("Name").fill("Kim Vale")
        await visitor.page.get_by_role("radio", name="Client").check()
        await visitor.page.get_by_role("button", name="Invite").click()
        await expect(visitor.page.get_by_text("on its way by mail").first).to_be_visible()
    return address


@pytest.mark.parametrize(
    ("size", "theme", "javascript"),
    [("phone", "light", True), ("phone", "dark", False), ("desktop", "light", False), ("desktop", "dark", True)],
)
async def test_every_page_behind_a_link(
    visit: Visit, mailbox: Mailbox, size: str, theme: str, *, javascript: bool
) -> None:
    address = await invite(visit)
    link = await mailbox.link_for(address, "/auth/invitation")
    async with visit(size, color_scheme=theme) as looking:
        await looking.page.goto(link)
        await expect(looking.page.get_by_label("Is this your name?")).to_have_value("Kim Vale")
        await looks_right(looking)
        await submit(looking.page, "Go on")
        await looks_right(looking)
        for password, again, words in (("too short", None, "at least 15"), (PASSWORD, "other", "not the same")):
            await choose_password(looking.page, password, again)
            await expect(looking.page.locator(".error-summary")).to_contain_text(words)
            await expect(looking.page.get_by_label("New password")).to_have_value("")
            await looks_right(looking)
        await looking.page.goto(link[:-9])
        await expect(looking.page.get_by_role("heading", name="not complete")).to_be_visible()
        await looks_right(looking)
        looking.faults[:] = [fault for fault in looking.faults if not GONE.search(fault)]
    async with visit(size, color_scheme=theme, javascript=javascript) as guest:
        account = Account(role="client", email=address, password=PASSWORD, id="", name="Kim Vale")
        await take_up(guest.page, link, account)
        await expect(guest.page).to_have_url(re.compile("/welcome$"))
    async with visit(size, color_scheme=theme) as late:
        await late.page.goto(link)
        await expect(late.page.get_by_role("heading", name="has been used")).to_be_visible()
        await looks_right(late)
        late.faults[:] = [fault for fault in late.faults if not GONE.search(fault)]
    assert await mailbox.to(address, "A password was chosen for your account")
