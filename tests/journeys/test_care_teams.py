"""A care team at four browsers: an admin switches it on, a second therapist joins, all three write to each other."""

import asyncio
import re
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Locator, Page, expect

from tests.journeys.browsing import Visit
from tests.journeys.conftest import afterglow
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import Visitor

ADMIN, CLIENT, FIRST, SECOND = "Robin Castellano", "Priya Raman", "Hannah Oyelaran", "Mateo Villanueva"
PATIENCE = 90  # seconds until every service has heard of it


def message(page: Page, text: str) -> Locator:
    return page.locator(".message").filter(has_text=text)


async def write(page: Page, text: str) -> None:
    await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


async def open_team(visitor: Visitor, name: str) -> None:
    """From the list, once it is there."""
    link = visitor.page.get_by_role("link", name=name, exact=True).first
    async with asyncio.timeout(PATIENCE):
        await visitor.page.goto("/messages")
        while not await link.count():
            await visitor.page.goto("/messages")
    await link.click()
    await expect(visitor.page.locator("#team")).to_be_visible()
    await visitor.page.wait_for_load_state()  # before its scripts have come a form goes as it is


# As if a page had not yet shown who joined and left, and learned that something changed.
LOOK_AGAIN = """() => {
    for (const line of document.querySelectorAll(".messages .told")) line.remove();
    document.querySelector("[data-conversation]").dataset.covers = "";
}"""


async def end_care(visit: Visit) -> None:
    async with visit("desktop") as admin:
        await admin.sign_in(ADMIN)
        await expect(admin.page.get_by_role("heading", name="People")).to_be_visible()
        await admin.page.goto(f"/people/{admin.demonstration.account(CLIENT).id}")
        await admin.page.get_by_role("link", name=f"End care of {CLIENT} by {SECOND}").click()
        await admin.page.get_by_role("button", name="End this care").click()
        await admin.page.wait_for_url(re.compile("notice=care-ended"))


async def test_all_who_treat_a_client_write_in_one_conversation(visit: Visit, var: Path) -> None:
    async with visit("desktop") as admin:
        await admin.sign_in(ADMIN)
        await expect(admin.page.get_by_role("heading", name="People")).to_be_visible()
        await admin.page.goto("/practice/settings/care-teams")
        await admin.page.get_by_role("checkbox").check()
        await admin.page.get_by_role("button", name="Save").click()
        await expect(admin.page.locator("#main .notice")).to_contain_text("Saved.")
        client, second = (admin.demonstration.account(name).email for name in (CLIENT, SECOND))
    afterglow("people", "assign", client, second, "--var", str(var))
    asked, answered, before, after = (f"Said {uuid4().hex[:8]}" for _ in range(4))
    async with visit("phone") as client_there, visit("desktop") as first_there, visit("phone") as second_there:
        for visitor, name in ((client_there, CLIENT), (first_there, FIRST), (second_there, SECOND)):
            await visitor.sign_in(name)
            await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        await open_team(client_there, "Your care team")
        page, team = client_there.page, expect(client_there.page.locator("#team"))
        await team.to_contain_text(f"{FIRST}, {SECOND}")
        await end_care(visit)
        await expect(page.locator(".told").filter(has_text="left the care team")).to_have_count(
            1, timeout=PATIENCE * 1000
        )
        await team.not_to_contain_text(SECOND)
        await write(page, before)
        await expect(message(page, before)).to_have_count(1)
        afterglow("people", "assign", client, second, "--var", str(var))
        await team.to_contain_text(f"{FIRST}, {SECOND}", timeout=PATIENCE * 1000)
        for visitor in (first_there, second_there):
            await open_team(visitor, f"The care team of {CLIENT}")
        told = page.locator(".messages .told").filter(has_text=f"{SECOND} joined the care team")
        await expect(told).to_have_count(2)
        await write(client_there.page, asked)
        for visitor in (first_there, second_there):
            await expect(message(visitor.page, asked)).to_contain_text(CLIENT)
        await write(second_there.page, answered)
        for visitor in (client_there, first_there):
            await expect(message(visitor.page, answered)).to_contain_text(SECOND)
        await expect(message(second_there.page, before)).to_have_count(0)
        await second_there.page.evaluate(LOOK_AGAIN)
        await write(page, after)
        await expect(second_there.page.locator(".told").filter(has_text="you joined the care team")).to_have_count(2)
        for visitor in (client_there, first_there, second_there):
            await looks_right(visitor)
