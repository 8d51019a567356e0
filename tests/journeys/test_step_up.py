"""Step-up as people meet it: they prove once more who they are, and everything typed is still there."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.journeys.ageing import let_proof_grow_old
from tests.journeys.browsing import Visit
from tests.journeys.visitor import Visitor

ADMIN, CLIENT, OTHER = "Robin Castellano", "Maya Lindqvist", "Tobias Reuter"


async def sign_in_long_ago(visitor: Visitor, var: Path) -> None:
    """The admin's sign-in lies an hour back, and web knows it."""
    await visitor.sign_in(ADMIN)
    await expect(visitor.page).to_have_url(re.compile("/people$"))
    await let_proof_grow_old(var, visitor.demonstration.account(ADMIN).id)
    await visitor.page.context.clear_cookies(name="web")
    await visitor.page.goto("/people")
    await expect(visitor.page).to_have_url(re.compile("/people$"))


async def fill_in(page: Page, address: str) -> None:
    await page.goto("/people/invite")
    await page.get_by_label("Name").fill("Kim Vale")
    await page.get_by_label("E-mail address").fill(address)
    await page.get_by_role("radio", name="Therapist").check()


@pytest.mark.parametrize(("size", "javascript"), [("phone", True), ("desktop", False)])
async def test_a_form_that_needs_it_comes_back_filled_in(
    visit: Visit, var: Path, size: str, *, javascript: bool
) -> None:
    address = f"{uuid4().hex}@example.org"
    async with visit(size, javascript=javascript) as visitor:
        page = visitor.page
        await sign_in_long_ago(visitor, var)
        await fill_in(page, address)
        before = await page.context.cookies()
        await page.get_by_role("button", name="Invite").click()
        await visitor.fill_in_sign_in(ADMIN)
        await expect(page).to_have_url(re.compile(r"/people/invite\?kept="))
        await expect(page.locator("main").get_by_text("What you typed is still here")).to_be_visible()
        await expect(page.get_by_label("Name")).to_have_value("Kim Vale")
        await expect(page.get_by_label("E-mail address")).to_have_value(address)
        await expect(page.get_by_role("radio", name="Therapist")).to_be_checked()
        after = await page.context.cookies()
        assert not {one["value"] for one in before} & {one["value"] for one in after}
        await page.get_by_role("button", name="Invite").click()
        await expect(page).to_have_url(re.compile(r"/proposals\?notice="))
        await expect(page.get_by_text(address)).to_be_visible()


async def test_a_question_is_not_shown_before(visit: Visit, var: Path) -> None:
    """Nobody fills in what would then be turned down."""
    async with visit("phone") as visitor:
        page = visitor.page
        await sign_in_long_ago(visitor, var)
        await page.goto(f"/people/{visitor.demonstration.account(CLIENT).id}/reset")
        await visitor.fill_in_sign_in(ADMIN)
        await expect(page.get_by_role("heading", name=f"Reset the password of {CLIENT}?")).to_be_visible()


async def test_the_other_tab_goes_on_with_what_it_has(visit: Visit, var: Path) -> None:
    """Its form was shown before the session got another cookie and another secret."""
    address = f"{uuid4().hex}@example.org"
    async with visit("desktop") as visitor:
        await sign_in_long_ago(visitor, var)
        other = await visitor.page.context.new_page()
        await fill_in(other, address)
        await visitor.page.bring_to_front()
        await visitor.page.goto(f"/people/{visitor.demonstration.account(CLIENT).id}/reset")
        await visitor.fill_in_sign_in(ADMIN)
        await expect(visitor.page.get_by_role("heading", name=f"Reset the password of {CLIENT}?")).to_be_visible()
        await other.bring_to_front()
        async with other.expect_response("**/session"):
            await other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await other.get_by_role("button", name="Invite").click()
        await expect(other).to_have_url(re.compile(r"/proposals\?notice="))
        await expect(other.get_by_text(address)).to_be_visible()


async def test_somebody_else_gets_nothing_of_it(visit: Visit, var: Path) -> None:
    """Another account's password does not confirm the first one's act, nor does its owner see what was typed."""
    address = f"{uuid4().hex}@example.org"
    async with visit("desktop") as visitor:
        page = visitor.page
        await sign_in_long_ago(visitor, var)
        await fill_in(page, address)
        await page.get_by_role("button", name="Invite").click()
        await visitor.fill_in_sign_in(OTHER)
        await expect(page.get_by_text(address)).to_have_count(0)
        await page.goto("/people/invite")
        assert address not in await page.content()
        visitor.faults[:] = [fault for fault in visitor.faults if not re.search(r"status of 4\d\d", fault)]
