"""Passkeys in a real browser: made on the security page, used at sign-in by a press or in the address field, or not."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from playwright.async_api import expect

from tests.journeys.authenticators import VirtualAuthenticator, authenticator
from tests.journeys.browsing import Visit
from tests.journeys.visitor import Visitor

CLIENT = "Maya Lindqvist"
PASSKEYS = "/auth/security/passkeys"
USE, NAME = "Use a passkey", "My phone"
NO_OFFER = "if (window.PublicKeyCredential) PublicKeyCredential.isConditionalMediationAvailable = async () => false"
REFUSED = re.compile("status of (400|422)")  # the console's word for a page that says what went wrong


class Holding(NamedTuple):
    """Somebody who is signed in, and the authenticator of their browser, with a passkey of theirs."""

    visitor: Visitor
    phone: VirtualAuthenticator


@asynccontextmanager
async def holding(visit: Visit, size: str = "desktop", *, offers: bool = False) -> AsyncIterator[Holding]:
    """Add a passkey; at the end take it away again, since others sign in as the same person with a password alone.

    `offers`: a browser that offers passkeys in the address field. The virtual one is touched at once, so it takes them.
    """
    async with visit(size) as visitor, authenticator(visitor.page) as phone:
        if not offers:
            await visitor.page.add_init_script(NO_OFFER)
        await visitor.sign_in(CLIENT)
        await arrive(visitor)
        await add(visitor)
        await expect(visitor.page.get_by_role("heading", name=NAME)).to_be_visible()
        yield Holding(visitor, phone)
        await remove(visitor)


async def add(visitor: Visitor) -> None:
    """On the security page; somebody who has just signed in is not asked again who they are."""
    await visitor.page.goto(f"{PASSKEYS}/new")
    await visitor.page.get_by_label("A name for it").fill(NAME)
    await visitor.page.get_by_role("button", name="Add the passkey").click()


async def remove(visitor: Visitor) -> None:
    await visitor.page.goto(PASSKEYS)
    await visitor.page.get_by_role("link", name="Rename or remove").click()
    await visitor.page.get_by_role("link", name="Remove this passkey").click()
    await visitor.page.get_by_label("Your password").fill(visitor.demonstration.account(CLIENT).password)
    await visitor.page.get_by_role("button", name="Remove it").click()
    await expect(visitor.page.get_by_text("The passkey is removed.").first).to_be_visible()


async def arrive(visitor: Visitor) -> None:
    """Signed in; whoever has a second factor for the first time gets recovery codes on the way."""
    page = visitor.page
    codes, inside = page.get_by_role("button", name="Show my codes"), page.get_by_role("button", name="Sign out")
    await expect(codes.or_(inside).first).to_be_visible()
    if await codes.is_visible():
        await codes.click()
        await page.get_by_label("I have printed or saved them").check()
        await page.get_by_role("button", name="Go on").click()
    await expect(inside).to_be_visible()


async def to_sign_in(held: Holding) -> None:
    """Out, and on to the sign-in page."""
    await held.visitor.page.goto("/")
    await held.visitor.sign_out()
    await held.visitor.page.get_by_role("link", name="Sign in").click()


async def use(held: Holding) -> None:
    await held.visitor.page.get_by_role("button", name=USE).click()


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_a_passkey_signs_in_by_one_press(visit: Visit, size: str):
    async with holding(visit, size) as held:
        assert len(await held.phone.credentials()) == 1
        await to_sign_in(held)
        await use(held)
        await arrive(held.visitor)


async def test_the_browser_offers_it_in_the_address_field(visit: Visit):
    async with holding(visit, offers=True) as held:
        await to_sign_in(held)
        await arrive(held.visitor)


async def test_whoever_is_not_recognised_is_told_calmly_and_can_try_again(visit: Visit):
    async with holding(visit) as held:
        await to_sign_in(held)
        await held.phone.recognise(owner=False)
        await use(held)
        await expect(
            held.visitor.page.locator("[data-passkey-says]").filter(has_text="nothing was sent")
        ).to_be_visible()
        await expect(held.visitor.page.get_by_label("Password")).to_be_editable()
        await held.phone.recognise(owner=True)
        await use(held)
        await arrive(held.visitor)


async def test_an_authenticator_keeps_one_passkey_for_an_account(visit: Visit):
    async with holding(visit) as held:
        await add(held.visitor)
        told = held.visitor.page.get_by_text("This device has a passkey for your account already.")
        await expect(told).to_be_visible()
        assert len(await held.phone.credentials()) == 1


async def test_a_passkey_that_was_removed_opens_nothing(visit: Visit):
    async with holding(visit) as held:
        await remove(held.visitor)
        assert len(await held.phone.credentials()) == 1  # the device still shows it
        await to_sign_in(held)
        await use(held)
        await expect(held.visitor.page.locator(".notice, .error-summary").first).to_be_visible()
        await held.phone.forget()
        await held.visitor.fill_in_sign_in(CLIENT)
        await arrive(held.visitor)
        await add(held.visitor)
        await expect(held.visitor.page.get_by_role("heading", name=NAME)).to_be_visible()
        held.visitor.faults[:] = [fault for fault in held.visitor.faults if not REFUSED.search(fault)]


async def test_a_page_that_lay_open_through_lunch_still_signs_in(visit: Visit):
    """Its challenge is over: the module fetches the page once more before it asks."""
    async with holding(visit) as held:
        await held.visitor.page.clock.install()
        await to_sign_in(held)
        form = held.visitor.page.locator('form[data-passkey="sign-in"]')
        before = await form.get_attribute("data-options")
        await held.visitor.page.clock.fast_forward("45:00")
        async with held.visitor.page.expect_response(lambda answer: "/auth/sign-in?" in answer.url) as fetched:
            await use(held)
        assert (await fetched.value).request.resource_type == "fetch"
        await arrive(held.visitor)
        assert before


async def test_without_javascript_nothing_asks_for_a_passkey(visit: Visit):
    async with visit(javascript=False) as visitor:
        await visitor.page.goto("/")
        await visitor.page.get_by_role("link", name="Sign in").click()
        await expect(visitor.page.locator("form[data-passkey]")).to_be_hidden()
        await visitor.fill_in_sign_in(CLIENT)
        await arrive(visitor)
        await visitor.page.goto(f"{PASSKEYS}/new")
        await expect(visitor.page.locator("noscript p")).to_be_visible()
        await expect(visitor.page.get_by_role("button", name="Add the passkey")).to_be_hidden()
