"""Own account in a real browser: an app without JavaScript, e-mails to a safe place, other devices, the keyboard."""

import re

from playwright.async_api import Page, expect
from pyotp import TOTP

from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import SIGN_IN, Visitor

CLIENT, OTHER, THIRD = "Daniel Kowalczyk", "Farid Haddad", "Ellis Thornbury"
SIGNED_OUT = 3_000  # milliseconds: what SECURITY §8 wants of a revocation


async def enter(visitor: Visitor, name: str) -> Page:
    """Signed in, and at the security page by the link beside signing out."""
    await visitor.sign_in(name)
    await visitor.page.get_by_role("link", name="Security").click()
    await expect(visitor.page.get_by_role("heading", name="Security", level=1)).to_be_visible()
    return visitor.page


async def test_an_app_and_recovery_codes_without_javascript(visit: Visit):
    async with visit("phone", javascript=False) as visitor:
        page = await enter(visitor, CLIENT)
        await page.get_by_role("link", name="Set up Authenticator app").click()
        await expect(page.locator("svg.qr")).to_be_visible()
        app = TOTP("".join(await page.locator(".key span").all_inner_texts()))
        await page.get_by_label("The six digits that the app shows").fill(app.now())
        await page.get_by_role("button", name="Set it up").click()
        await page.get_by_role("button", name="Make new codes").click()
        assert len(await page.locator(".codes code").all()) == 10
        async with page.expect_download() as saving:
            await page.get_by_role("button", name="Save as a file").click()
        assert (await saving.value).suggested_filename == "codes.txt"
        await page.get_by_role("button", name="I have them").click()
        await expect(page.get_by_text("10 codes are left")).to_be_visible()
        await page.get_by_role("link", name="Change Authenticator app").click()
        await page.get_by_label("Your password").fill(visitor.demonstration.account(CLIENT).password)
        await page.get_by_role("button", name="Take it away").click()
        await expect(page.get_by_text("Not set up.")).to_be_visible()


async def test_emails_go_to_a_safe_place_and_back(visit: Visit, mailbox: Mailbox):
    safe = "a.safe.place@example.org"
    async with visit() as visitor:
        page = await enter(visitor, OTHER)
        await page.get_by_role("link", name="Change Where e-mails go").click()
        await page.get_by_label("Address for e-mails").fill(safe)
        await page.get_by_role("button", name="Send the link").click()
        await page.goto(await mailbox.link_for(safe, "/auth/security/notices/confirm"))
        await looks_right(visitor)
        await page.get_by_role("button", name="Send them here").click()
        await expect(page.get_by_text("To another address, which you chose.")).to_be_visible()
        await expect(page.get_by_text(safe)).to_have_count(0)  # whoever looks over a shoulder is not told where
        await mailbox.to(safe, "come here now")
        own = visitor.demonstration.account(OTHER).email
        await mailbox.to(own, "go elsewhere now")
        await page.get_by_role("link", name="Change Where e-mails go").click()
        await page.get_by_role("link", name="Send them to the address I sign in with").click()
        await page.get_by_role("button", name="Send them there").click()
        await expect(page.get_by_text(own)).to_be_visible()


async def test_another_device_is_signed_out_from_here(visit: Visit):
    async with visit() as here, visit("phone") as elsewhere:
        await elsewhere.sign_in(THIRD)
        await expect(elsewhere.page.get_by_role("button", name="Sign out")).to_be_visible()
        page = await enter(here, THIRD)
        await page.get_by_role("link", name="Look Where you are signed in").click()
        await expect(page.get_by_text("This one", exact=True)).to_have_count(1)
        await page.get_by_role("link", name="Sign out everywhere but here").click()
        await page.get_by_role("button", name="Sign out everywhere but here").click()
        await expect(page.get_by_text("You are signed out everywhere but here.").first).to_be_visible()
        await elsewhere.page.wait_for_timeout(SIGNED_OUT)
        await elsewhere.page.goto("/check-ins")
        await expect(elsewhere.page).to_have_url(re.compile(f"{SIGN_IN.pattern}|/sign-in|/$"))
        ended = "status of 401"  # what the page that was open there hears when it asks for more
        elsewhere.faults[:] = [fault for fault in elsewhere.faults if ended not in fault]
        await page.goto("/")
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def test_language_and_name_by_the_keyboard_alone(visit: Visit):
    async with visit() as visitor:
        page = await enter(visitor, THIRD)
        await page.get_by_role("link", name="Change You").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Your name")).to_be_visible()
        await page.get_by_label("Your name").focus()
        await page.keyboard.press("Tab")
        await page.keyboard.type("Espa")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="Seguridad", level=1)).to_be_visible()
        await looks_right(visitor)
        await page.goto("/auth/security/you")
        await page.get_by_label("Idioma").select_option("en")
        await page.get_by_role("button", name="Guardar").click()
        await expect(page.get_by_role("heading", name="Security", level=1)).to_be_visible()
