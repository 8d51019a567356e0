"""Password and authenticator app by keyboard alone and without JavaScript; and a step-up by a passkey."""

import re
import time
from pathlib import Path

from playwright.async_api import Page, expect
from pyotp import TOTP

from tests.journeys.ageing import let_proof_grow_old
from tests.journeys.authenticators import authenticator
from tests.journeys.browsing import Visit
from tests.journeys.test_passkeys import NO_OFFER
from tests.journeys.visitor import SIGN_IN

CLIENT, ADMIN = "Ellis Thornbury", "Robin Castellano"
APP = "/auth/security/app"
STEP = 30  # seconds; a code is good one step before and after, and each once


async def walk_to(page: Page, name: str, role: str = "button") -> None:
    """Press Tab until the control of that name has the focus; a page has fewer than sixty."""
    wanted = page.get_by_role("textbox", name=name) if role == "textbox" else page.get_by_role("button", name=name)
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await wanted.evaluate_all("found => found.includes(document.activeElement)"):
            return
    raise AssertionError(f"the keyboard does not reach {name}")


async def press(page: Page, name: str) -> None:
    await walk_to(page, name)
    await page.keyboard.press("Enter")


async def write(page: Page, name: str, words: str) -> None:
    await walk_to(page, name, "textbox")
    await page.keyboard.type(words)


async def test_password_and_app_without_javascript_by_keyboard_alone(visit: Visit) -> None:
    async with visit("phone", javascript=False) as visitor:
        page = visitor.page
        account = visitor.demonstration.account(CLIENT)
        await visitor.sign_in(CLIENT)
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await page.goto(APP)
        app = TOTP("".join((await page.locator(".key").inner_text()).split()))
        now = time.time()
        await write(page, "The six digits that the app shows", app.at(now))
        await page.keyboard.press("Enter")
        await expect(
            page.get_by_role("heading", name="Your recovery codes").or_(page.locator(".notice")).first
        ).to_be_visible()
        await page.goto("/")
        await press(page, "Sign out")

        await page.get_by_role("link", name="Sign in").focus()
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(SIGN_IN)
        await write(page, "E-mail address", account.email)
        await write(page, "Password", account.password)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        await write(page, "Code", app.at(now))  # used already, when the app was set up
        await page.keyboard.press("Enter")
        await expect(page.locator(".error-summary")).to_be_visible()
        await page.goto("/check-ins")  # the stage is not skipped by asking for a page
        await expect(page).to_have_url(SIGN_IN)
        await visitor.fill_in_sign_in(CLIENT)
        await write(page, "Code", app.at(now + STEP))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Show my codes")).to_be_visible()
        await press(page, "Show my codes")
        await expect(page.get_by_label("I have printed or saved them")).to_be_visible()
        await page.get_by_label("I have printed or saved them").focus()
        await page.keyboard.press("Space")
        await press(page, "Go on")
        await expect(page).to_have_url(re.compile("/check-ins$"))
        await page.goto(f"{APP}/removal")
        await page.get_by_label("Your password").fill(account.password)
        await page.get_by_role("button", name="Take it away").click()
        await expect(page.get_by_text("Not set up.")).to_be_visible()
        visitor.faults[:] = [fault for fault in visitor.faults if not re.search(r"status of 4(22|00)", fault)]


async def test_a_passkey_confirms_what_needs_a_step_up(visit: Visit, var: Path) -> None:
    """The admin proves who they are by a finger, and the question is asked."""
    async with visit("desktop") as visitor, authenticator(visitor.page):
        page = visitor.page
        await page.add_init_script(NO_OFFER)
        account = visitor.demonstration.account(ADMIN)
        await visitor.sign_in(ADMIN)
        await expect(page).to_have_url(re.compile("/people$"))
        await page.goto("/auth/security/passkeys/new")
        await page.get_by_label("A name for it").fill("My key")
        await page.get_by_role("button", name="Add the passkey").click()
        await expect(page.get_by_role("heading", name="My key")).to_be_visible()
        await let_proof_grow_old(var, account.id)
        await page.context.clear_cookies(name="web")
        await page.goto(f"/people/{visitor.demonstration.account(CLIENT).id}/reset")
        await page.get_by_role("button", name="Use a passkey").click()
        codes, asked = page.get_by_role("button", name="Show my codes"), page.get_by_role("heading", name="Reset the")
        await expect(codes.or_(asked).first).to_be_visible()
        if await codes.is_visible():
            await codes.click()
            await page.get_by_label("I have printed or saved them").check()
            await page.get_by_role("button", name="Go on").click()
        await expect(asked).to_be_visible()
        await page.goto("/auth/security/passkeys")
        await page.get_by_role("link", name="Rename or remove").click()
        await page.get_by_role("link", name="Remove this passkey").click()
        await page.get_by_label("Your password").fill(account.password)
        await page.get_by_role("button", name="Remove it").click()
        await expect(page.get_by_text("The passkey is removed.").first).to_be_visible()
