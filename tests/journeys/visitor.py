"""What a visitor does, in their own words: sign in, choose, check in, sign out."""

import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Locator, Page, expect
from pydantic import BaseModel

SIGN_IN = re.compile(r"/auth/(authorize|sign-in)\b")  # asked for by web, or come to of itself
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 900}},
}


class Account(BaseModel):
    """`secret` is that of their authenticator app, once they have one."""

    role: str
    email: str
    password: str
    id: str
    name: str
    secret: str = ""


class Demonstration(BaseModel):
    """What `var/demo.json` says."""

    base_url: str
    accounts: list[Account]

    def account(self, name: str) -> Account:
        return next(account for account in self.accounts if account.name == name)

    def of_role(self, role: str) -> list[Account]:
        return [account for account in self.accounts if account.role == role]


class Visitor:
    """One person at one browser; `faults` collects what must not happen in it."""

    def __init__(self, page: Page, demonstration: Demonstration, faults: list[str], *, javascript: bool) -> None:
        self.page = page
        self.demonstration = demonstration
        self.faults = faults
        self.javascript = javascript

    async def sign_in(self, name: str) -> None:
        """From the front page through auth's own page."""
        await self.page.goto("/")
        await self.page.get_by_role("link", name="Sign in").click()
        await self.fill_in_sign_in(name)

    async def fill_in_sign_in(self, name: str) -> None:
        """On auth's own page."""
        account = self.demonstration.account(name)
        await self.type_in(account.email, account.password)

    async def type_in(self, email: str, password: str) -> None:
        """On auth's own page, whoever it is."""
        await expect(self.page).to_have_url(SIGN_IN)
        await self.page.get_by_label("E-mail address").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def choose(self, *, check_ins: str, journal: str) -> None:
        """Make both standing choices; nothing was chosen before."""
        await expect(self.page).to_have_url(re.compile(r"/welcome$"))
        await expect(self.page.locator("input:checked")).to_have_count(0)
        for legend, answer in (("Your check-ins", check_ins), ("Your journal", journal)):
            group = self.page.get_by_role("group", name=legend)
            await group.get_by_role("radio", name=answer, exact=False).first.check()
        await self.page.get_by_role("button", name="Keep these choices").click()

    async def slide(self, name: str, value: int) -> None:
        """Touch one slider: a range with JavaScript, radios on a track without."""
        if self.javascript:
            await self.page.get_by_role("slider", name=name, exact=True).fill(str(value))
        else:
            choice = self.page.get_by_role("group", name=name, exact=True).locator(f'input[value="{value}"]')
            await choice.check(force=True)

    async def check_in(self, *, mood: int, energy: int, anxiety: int, note: str, only_me: bool = False) -> None:
        await self.page.goto("/")
        await self.slide("Mood", mood)
        await self.slide("Energy", energy)
        await self.slide("Anxiety", anxiety)
        await self.page.get_by_text("Add a note").click()
        await self.page.get_by_label("Note").fill(note)
        if only_me:
            await self.page.get_by_text("Change", exact=True).click()
            await self.page.get_by_role("radio", name="Only me").check()
            await expect(self.page.get_by_text("Only you see this.")).to_be_visible()
        await self.page.get_by_role("button", name="Save").click()
        await expect(self.page).to_have_url(re.compile(r"/check-ins\?saved="))

    async def open_messages(self, other: str | None = None) -> None:
        """Into the conversation: a client's only one, or that with `other`."""
        await expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()
        await self.page.get_by_role("navigation").get_by_role("link", name="Messages").click()
        if other:
            await self.page.locator("[id^=conversation-]").get_by_role("link", name=other).click()
        await expect(self.page).to_have_url(re.compile(r"/conversations/"))
        await self.page.wait_for_load_state()  # before its scripts have come a form goes as it is

    async def end_session_elsewhere(self) -> None:
        """End this browser's session without its knowing: another one that holds the same cookies signs out."""
        context = self.page.context
        assert context.browser
        copy = await context.browser.new_context(
            base_url=self.demonstration.base_url, storage_state=await context.storage_state()
        )
        page = await copy.new_page()
        await page.goto("/help")
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
        await copy.close()

    async def invite(self, name: str, role: str) -> str:
        """As an admin; return the address that the invitation goes to, or waits to go to."""
        address = f"{uuid4().hex}@example.org"
        await self.page.goto("/people/invite")
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_label("E-mail address").fill(address)
        await self.page.get_by_role("radio", name=role).check()
        await self.page.get_by_role("button", name="Invite").click()
        await expect(self.page).to_have_url(re.compile(r"\?notice=invit"))
        return address

    async def sign_out(self) -> None:
        await self.page.get_by_role("button", name="Sign out").click()
        await expect(self.page.get_by_role("link", name="Sign in")).to_be_visible()

    def entry(self, note: str) -> Locator:
        return self.page.get_by_role("listitem").filter(has_text=note)

    async def everything(self) -> str:
        """Text of the whole page, closed parts too."""
        return await self.page.content()
