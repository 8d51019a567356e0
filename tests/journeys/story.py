"""The whole story, told once for every place where it must hold: the demonstration, and containers over TLS.

An admin invites a client and assigns a therapist; the client follows the mail, signs in, checks in and writes; the
therapist answers and the client sees it without doing anything; the admin disables the client, whose next request is
refused.
"""

import re
from uuid import uuid4

from playwright.async_api import Page, expect

from tests.journeys.arriving import take_up, walk_in
from tests.journeys.browsing import Visit
from tests.journeys.mailbox import Mailbox
from tests.journeys.visitor import Account, Visitor


def newcomer() -> Account:
    """A client nobody knew before."""
    mark = uuid4().hex[:8]
    return Account(
        role="client",
        email=f"ines.{mark}@example.org",
        password=f"a long walk by the lake {uuid4().hex[:8]}",
        id="",
        name=f"Ines Morrow {mark}",
    )


async def tell(visit: Visit, mailbox: Mailbox, *, admin_name: str, therapist_name: str) -> None:
    """Live through it all, in three browsers of the same system."""
    client = newcomer()
    async with visit("desktop") as admin, visit("phone") as own, visit("desktop") as therapist:
        admin.demonstration.accounts.append(client)
        await admin.sign_in(admin_name)
        await walk_in(admin.page, admin.demonstration.account(admin_name))
        await invite(admin.page, client)
        await assign(admin.page, therapist_name)
        await take_up(own.page, await mailbox.link_for(client.email, "/auth/invitation"), client)
        await own.choose(check_ins="Me and my therapist", journal="Only me")
        await own.check_in(mood=2, energy=1, anxiety=4, note=f"First evening of {client.name}")
        question, answer = f"May I bring my sister? {uuid4().hex[:8]}", f"Yes, gladly. {uuid4().hex[:8]}"
        await write(own.page, question)
        await therapist.sign_in(therapist_name)
        await walk_in(therapist.page, therapist.demonstration.account(therapist_name))
        await answer_to(therapist.page, client, question, answer)
        await expect(own.page.get_by_role("listitem").filter(has_text=answer)).to_have_count(1)
        await therapist.page.goto("/caseload")
        await expect(therapist.page.get_by_role("row").filter(has_text=client.name)).to_contain_text("+2")
        await disable(admin.page, client)
        await refused_from_now_on(own, therapist, answer)


async def invite(page: Page, client: Account) -> None:
    await page.goto("/people")
    await page.get_by_role("link", name="Invite somebody").click()
    await page.get_by_label("Name", exact=True).fill(client.name)
    await page.get_by_label("E-mail address").fill(client.email)
    await page.get_by_role("radio", name=re.compile("client", re.IGNORECASE)).check()
    await page.get_by_role("button", name="Invite").click()
    await expect(page.get_by_role("heading", name=client.name)).to_be_visible()


async def assign(page: Page, therapist: str) -> None:
    await page.get_by_role("link", name="Assign a therapist").click()
    await page.get_by_role("radio", name=therapist).check()
    await page.get_by_role("button", name="Assign").click()
    await expect(page.get_by_role("row").filter(has_text=therapist)).to_be_visible()


async def write(page: Page, text: str) -> None:
    await page.get_by_role("navigation").get_by_role("link", name="Messages").click()
    await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("listitem").filter(has_text=text)).to_have_count(1)


async def answer_to(page: Page, client: Account, question: str, answer: str) -> None:
    """The new message is counted in the navigation, found in the list, read and answered."""
    messages = page.get_by_role("navigation").get_by_role("link", name="Messages")
    await expect(messages).to_contain_text(re.compile(r"\d"))
    await messages.click()
    await page.locator("#waiting").get_by_role("link", name=client.name).click()
    await expect(page.get_by_role("listitem").filter(has_text=question)).to_have_count(1)
    await page.get_by_label("Your message").fill(answer)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("listitem").filter(has_text=answer)).to_have_count(1)


async def disable(page: Page, client: Account) -> None:
    await page.goto("/people")
    await page.get_by_label("Name or e-mail address").fill(client.email)
    await page.get_by_role("link", name=client.name).click()
    await page.get_by_role("link", name="Disable the account").click()
    await page.get_by_role("button", name=re.compile("Disable")).click()
    await expect(page.get_by_role("heading", name=client.name)).to_be_visible()


async def refused_from_now_on(own: Visitor, therapist: Visitor, answer: str) -> None:
    """The client's very next request leads to sign-in, which refuses too; the therapist may go on reading."""
    await own.page.goto("/check-ins")
    await expect(own.page.get_by_label("Password")).to_be_visible()
    assert answer not in await own.everything()
    await therapist.page.goto("/caseload")
    await expect(therapist.page.get_by_role("heading", name="Caseload")).to_be_visible()
    own.faults[:] = [fault for fault in own.faults if "status of 401" not in fault]  # the open page asked once more
