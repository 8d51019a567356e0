"""An admin at work, with a guest at another browser: invited, assigned, signed in, ended, reset, disabled, enabled."""

import re
import time
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.journeys.arriving import choose_password, take_up
from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox
from tests.journeys.visitor import SIGN_IN, Account, Visitor

ADMIN, THERAPIST = "Robin Castellano", "Hannah Oyelaran"
PASSWORD, ANOTHER = "slow-river-under-willows", "green-door-at-the-corner"
REFUSED = re.compile(r"status of (400|401|403)")  # the console's word for a sign-in that was refused
SECONDS_UNTIL_REFUSED = 3.0


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without-javascript"])
async def test_from_the_invitation_to_the_end(visit: Visit, mailbox: Mailbox, *, javascript: bool) -> None:
    name = f"Ida Brandt {uuid4().hex[:6]}"
    async with (
        visit("desktop", javascript=javascript) as admin,
        visit("phone", javascript=javascript) as guest,
    ):
        await admin.sign_in(ADMIN)
        await expect(admin.page.get_by_role("heading", name="People")).to_be_visible()
        address = await admin.invite(name, "Client")
        await expect(admin.page.get_by_role("heading", name=name)).to_be_visible()
        await assign(admin, THERAPIST)
        link = await mailbox.link_for(address, "/auth/invitation")
        account = Account(role="client", email=address, password=PASSWORD, id="", name=name)
        await take_up(guest.page, link, account)
        await guest.choose(check_ins="Me and my therapist", journal="Only me")
        await expect(guest.page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await see_in_the_list(admin, name, "active")
        await act(admin, "End every session", "End every session", "Every session was ended.")
        await is_signed_out_soon(guest.page)
        await guest.type_in(address, PASSWORD)
        await expect(guest.page.get_by_role("button", name="Sign out")).to_be_visible()
        await act(
            admin, "Reset the password", "Reset the password", "A link to choose a new one is on its way by mail."
        )
        await is_signed_out_soon(guest.page)
        await guest.type_in(address, PASSWORD)
        await expect(guest.page.get_by_text("do not belong together").first).to_be_visible()
        await guest.page.goto(await mailbox.link_for(address, "/auth/reset"))
        await choose_password(guest.page, ANOTHER)
        await expect(guest.page.get_by_role("button", name="Sign out")).to_be_visible()
        await act(admin, "Disable the account", f"Disable {name}", "The account is disabled")
        await is_signed_out_soon(guest.page)
        await guest.type_in(address, ANOTHER)
        await expect(guest.page.get_by_text("do not belong together").first).to_be_visible()
        await admin.page.get_by_role("button", name="Enable the account").click()
        await expect(admin.page.get_by_text("The account is open again.").first).to_be_visible()
        await guest.page.goto("/sign-in")
        await guest.type_in(address, ANOTHER)
        await expect(guest.page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        assert len(await sessions(admin)) == 1
        guest.faults[:] = [fault for fault in guest.faults if not REFUSED.search(fault)]


async def assign(admin: Visitor, therapist: str) -> None:
    """Search, choose, assign; the person's page then names the therapist."""
    await admin.page.get_by_role("link", name="Assign a therapist").click()
    await admin.page.get_by_label("Name or e-mail address").fill(therapist.split(maxsplit=1)[0].upper())
    await admin.page.get_by_role("button", name="Search").click()
    await expect(admin.page.get_by_role("radio")).to_have_count(1)
    await admin.page.get_by_role("radio", name=therapist).check()
    await admin.page.get_by_role("button", name="Assign").click()
    await expect(admin.page.get_by_text("Client and therapist are told by mail.").first).to_be_visible()
    await expect(admin.page.get_by_role("row").filter(has_text=therapist)).to_be_visible()


async def see_in_the_list(admin: Visitor, name: str, state: str) -> None:
    """Find somebody by name and state, and open their page."""
    page = admin.page
    await page.goto("/people")
    await page.get_by_label("Name or e-mail address").fill(name)
    await page.get_by_label("State").select_option(state)
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("#people tbody tr")).to_have_count(1)
    await expect(page.get_by_role("row").filter(has_text=name)).to_contain_text(state)
    await page.get_by_role("link", name=name).click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def act(admin: Visitor, asked: str, confirmed: str, notice: str) -> None:
    """Ask for an act on the person whose page is open, confirm it on the next, and read what happened."""
    await admin.page.reload()
    await admin.page.get_by_role("link", name=asked, exact=True).click()
    await expect(admin.page.get_by_text("What will happen")).to_be_visible()
    await admin.page.get_by_role("button", name=confirmed, exact=True).click()
    await expect(admin.page.get_by_text(notice).first).to_be_visible()


async def is_signed_out_soon(page: Page) -> None:
    """Their next request leads to sign-in, at the latest within the seconds that SECURITY §1 gives."""
    ended = time.monotonic()
    while not SIGN_IN.search(page.url):
        assert time.monotonic() - ended < SECONDS_UNTIL_REFUSED, page.url
        await page.goto("/check-ins")


async def sessions(admin: Visitor) -> list[str]:
    """When the sessions began that go on, of the person whose page is open."""
    await admin.page.reload()
    return await admin.page.locator("#sessions tbody tr th").all_inner_texts()


async def test_a_therapist_waits_a_day_and_can_be_withdrawn(visit: Visit, mailbox: Mailbox) -> None:
    """The demonstration has a single admin: the other staff hear of it, and nobody is invited yet."""
    async with visit("phone") as admin:
        await admin.sign_in(ADMIN)
        await expect(admin.page.get_by_role("heading", name="People")).to_be_visible()
        await admin.page.goto("/people/invite")
        await expect(admin.page.get_by_text("does not go out at once. It waits a day").first).to_be_visible()
        address = await admin.invite(f"Tomas {uuid4().hex[:6]}", "Therapist")
        waiting = admin.page.get_by_role("article").filter(has_text=address)
        await expect(waiting).to_contain_text("You asked for it, so you cannot approve it.")
        await expect(admin.page.locator('nav [data-count="waiting"]')).to_be_visible()
        await mailbox.to(admin.demonstration.account(THERAPIST).email, "A change to a staff account was asked for")
        await waiting.get_by_role("link", name="Withdraw").click()
        await admin.page.get_by_role("button", name="Withdraw").click()
        await expect(admin.page.get_by_text("Withdrawn. It will not be carried out.").first).to_be_visible()
        await expect(waiting).to_have_count(0)
        assert all(mail["to"] != address for mail in mailbox.read())


async def test_the_list_follows_what_is_typed(visit: Visit) -> None:
    """With JavaScript the list changes below the search, which keeps the focus; Back brings the same list again."""
    async with visit("desktop") as admin:
        await admin.sign_in(ADMIN)
        await admin.page.get_by_label("Name or e-mail address").press_sequentially("maya")
        await expect(admin.page.locator("#people tbody tr")).to_have_count(1)
        await expect(admin.page.get_by_label("Name or e-mail address")).to_be_focused()
        await admin.page.get_by_label("Role").select_option("therapist")
        await expect(admin.page.get_by_text("Nobody found for “maya”.")).to_be_visible()
        await admin.page.get_by_label("Name or e-mail address").fill("")
        await expect(admin.page.get_by_role("link", name="Mateo Villanueva")).to_be_visible()
        await admin.page.get_by_role("link", name="Mateo Villanueva").click()
        await expect(admin.page.get_by_role("heading", name="Mateo Villanueva")).to_be_visible()
        await admin.page.go_back()
        await expect(admin.page.get_by_label("Role")).to_have_value("therapist")
        await expect(admin.page.get_by_role("link", name="Maya Lindqvist")).to_have_count(0)


async def test_keyboard_only(visit: Visit) -> None:
    """From the list to an assignment with Tab, arrows, Space and Enter alone."""
    async with visit("desktop") as admin:
        await admin.sign_in(ADMIN)
        await expect(admin.page.get_by_role("heading", name="People")).to_be_visible()
        client = admin.demonstration.account("Ellis Thornbury")
        await admin.page.goto(f"/people/{client.id}")
        await tab_to(admin, "Assign a therapist")
        await admin.page.keyboard.press("Enter")
        await admin.page.wait_for_url(re.compile("/care/new"))
        await tab_to(admin, "radio")
        await admin.page.keyboard.press("Space")
        await tab_to(admin, "Assign")
        await admin.page.keyboard.press("Enter")
        await admin.page.wait_for_url(re.compile("notice=assigned"))
        await tab_to(admin, re.compile("^End care of Ellis"))
        await admin.page.keyboard.press("Enter")
        await admin.page.wait_for_url(re.compile("/end$"))
        await tab_to(admin, "End this care")
        await admin.page.keyboard.press("Enter")
        await admin.page.wait_for_url(re.compile("notice=care-ended"))
        await expect(admin.page.get_by_text("Nobody treats them at the moment.")).to_be_visible()


async def tab_to(visitor: Visitor, wanted: str | re.Pattern[str]) -> None:
    """Press Tab until the element of that kind or text has the focus."""
    for _ in range(60):
        await visitor.page.keyboard.press("Tab")
        kind, text = await visitor.page.evaluate(
            "[document.activeElement.type ?? '', document.activeElement.textContent.trim()]"
        )
        if wanted in {kind, text} or (isinstance(wanted, re.Pattern) and wanted.search(text)):
            return
    pytest.fail(f"Tab never reached {wanted}")
