"""axe on every page of every role, light and dark, phone and desktop; and nothing wider than the screen."""

import re

import pytest
from afterglow_design.testing.axe import violations
from playwright.async_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitor import Visitor

CLIENT, THERAPIST, ADMIN = "Grace Yamamoto", "Mateo Villanueva", "Robin Castellano"
PAGES = {
    None: ["/", "/help", "/sign-in", "/callback", "/auth/authorize?client_id=nobody", "/auth/sign-out"],
    CLIENT: ["/", "/check-ins", "/welcome", "/help", "/people", "/auth/sign-out"],
    THERAPIST: ["/caseload"],
    ADMIN: ["/people", "/people?q=nobody-of-this-name"],
}
EXPECTED = re.compile(r"status of (40[034]|422)")  # the console's word for the error pages that are looked at here


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
@pytest.mark.parametrize("who", list(PAGES), ids=["nobody", "client", "therapist", "admin"])
async def test_every_page(visit: Visit, who: str | None, size: str, theme: str) -> None:
    async with visit(size, color_scheme=theme) as visitor:
        if who:
            await visitor.sign_in(who)
            await expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()
        for path in PAGES[who]:
            await visitor.page.goto(path)
            await looks_right(visitor)
        if who == THERAPIST:
            await visitor.page.get_by_role("row").get_by_role("link").first.click()
            await expect(visitor.page.get_by_text("Shared with you")).to_be_visible()
            await looks_right(visitor)
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_forms_that_were_refused(visit: Visit, theme: str) -> None:
    """The pages that say what is missing, as a browser without its own checks would get them."""
    async with visit("phone", color_scheme=theme) as visitor:
        await visitor.page.goto("/sign-in")
        await submit_unchecked(visitor, "Sign in")
        await looks_right(visitor)
        await visitor.sign_in(CLIENT)
        await submit_unchecked(visitor, "Save")
        await looks_right(visitor)
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


async def submit_unchecked(visitor: Visitor, button: str) -> None:
    pressed = visitor.page.get_by_role("button", name=button)
    await pressed.evaluate("button => { button.form.noValidate = true; }")
    await pressed.click()
    await expect(visitor.page.locator(".error-summary")).to_be_visible()


async def looks_right(visitor: Visitor) -> None:
    assert await violations(visitor.page) == [], visitor.page.url
    too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await visitor.page.evaluate(too_wide), visitor.page.url
