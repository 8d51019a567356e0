"""From the front page to a check-in that the right people see."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.journeys.browsing import Visit
from tests.journeys.visitor import SIGN_IN, Visitor

THERAPIST = "Hannah Oyelaran"
WAYS = [
    pytest.param("Maya Lindqvist", "phone", True, True, id="phone"),
    pytest.param("Tobias Reuter", "phone", False, True, id="phone-without-javascript"),
    pytest.param("Daniel Kowalczyk", "desktop", True, False, id="desktop"),
    pytest.param("Farid Haddad", "desktop", False, False, id="desktop-without-javascript"),
]


@pytest.mark.parametrize(("client", "size", "javascript", "first_time"), WAYS)
async def test_client_then_therapist(
    visit: Visit, client: str, size: str, *, javascript: bool, first_time: bool
) -> None:
    shared, private = f"For both of us {uuid4().hex[:8]}", f"For me alone {uuid4().hex[:8]}"
    async with visit(size, javascript=javascript) as visitor:
        await visitor.sign_in(client)
        if first_time:
            await visitor.choose(check_ins="Me and my therapist", journal="Only me")
        await expect(visitor.page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await expect(visitor.page.get_by_text("You and your therapist see this.")).to_be_visible()
        await visitor.check_in(mood=4, energy=-2, anxiety=3, note=shared)
        await expect(visitor.page.get_by_text("Saved. You and your therapist can see it.").first).to_be_visible()
        newest = visitor.page.locator("li.entry").first
        await expect(newest).to_contain_text(shared)
        await expect(newest).to_contain_text("Mood +4, energy \N{MINUS SIGN}2, anxiety 3")
        await expect(visitor.page.locator("#balance-curve polyline, #balance-curve circle").first).to_be_attached()
        await visitor.check_in(mood=-5, energy=0, anxiety=9, note=private, only_me=True)
        await expect(visitor.page.get_by_text("Saved. Only you can see it.").first).to_be_visible()
        await expect(visitor.entry(private)).to_contain_text("only you")
    async with visit("phone" if size == "desktop" else "desktop", javascript=javascript) as visitor:
        await visitor.sign_in(THERAPIST)
        await expect(visitor.page).to_have_url(re.compile(r"/caseload$"))
        row = visitor.page.get_by_role("row").filter(has_text=client)
        await expect(row).to_contain_text("+4")
        await expect(row.get_by_role("img", name=re.compile("Mood between"))).to_be_visible()
        assert private not in await visitor.everything()
        await row.get_by_role("link", name=client).click()
        await expect(visitor.page.get_by_role("heading", name=client)).to_be_visible()
        await expect(visitor.page.get_by_text("opening this is recorded")).to_be_visible()
        await expect(visitor.entry(shared)).to_contain_text("Mood +4")
        assert private not in await visitor.everything()


async def test_the_admin_sees_accounts_and_nothing_clinical(visit: Visit) -> None:
    async with visit("desktop") as visitor:
        await visitor.sign_in("Robin Castellano")
        await expect(visitor.page).to_have_url(re.compile(r"/people$"))
        for account in visitor.demonstration.accounts:
            await expect(visitor.page.get_by_role("row").filter(has_text=account.email)).to_contain_text(account.role)
        content = (await visitor.everything()).lower()
        assert not any(word in content for word in ("mood", "energy", "anxiety", "polyline"))
        await visitor.page.get_by_label("Name or e-mail address").press_sequentially("maya")
        await expect(visitor.page.locator("#people tbody tr")).to_have_count(1)
        await expect(visitor.page.get_by_label("Name or e-mail address")).to_be_focused()
        client = visitor.demonstration.account("Maya Lindqvist")
        for path in ("/caseload", f"/clients/{client.id}", "/check-ins"):
            answer = await visitor.page.request.get(path, headers={"accept": "text/html"})
            assert answer.status == 403


async def test_a_therapist_finds_no_client_of_another(visit: Visit) -> None:
    async with visit("desktop") as visitor:
        await visitor.sign_in("Mateo Villanueva")
        foreign = visitor.demonstration.account("Maya Lindqvist")
        answer = await visitor.page.request.get(f"/clients/{foreign.id}", headers={"accept": "text/html"})
        assert answer.status == 404
        assert foreign.name not in await answer.text()


@pytest.mark.parametrize("javascript", [True, False])
async def test_sign_out_really_ends(visit: Visit, *, javascript: bool) -> None:
    async with visit("phone", javascript=javascript) as visitor:
        await visitor.sign_in("Amara Nwosu")
        note = f"Gone after sign-out {uuid4().hex[:8]}"
        await visitor.check_in(mood=1, energy=1, anxiety=1, note=note)
        await visitor.sign_out()
        await visitor.page.go_back()
        assert note not in await visitor.everything()
        await visitor.page.goto("/check-ins")
        await expect(visitor.page.get_by_label("Password")).to_be_visible()
        cookies = {cookie["name"]: cookie for cookie in await visitor.page.context.cookies()}
        assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies.values())


async def test_two_people_at_one_browser(visit: Visit) -> None:
    """After sign-out the next person gets their own pages, not the last one's session at auth."""
    async with visit("desktop") as visitor:
        await visitor.sign_in("Amara Nwosu")
        await expect(visitor.page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        await visitor.sign_out()
        await visitor.sign_in("Robin Castellano")
        await expect(visitor.page.get_by_role("heading", name="People")).to_be_visible()


async def test_earlier_entries_come_without_leaving_the_page(visit: Visit) -> None:
    """The next entries come by htmx in place of the link, and the focus goes to the first of them."""
    async with visit("phone") as visitor:
        await visitor.sign_in("Daniel Kowalczyk")
        await visitor.page.goto("/check-ins")
        await expect(visitor.page.locator("li.entry")).to_have_count(10)
        await visitor.page.get_by_role("link", name="Show earlier entries").click()
        await expect(visitor.page.locator("li.entry")).to_have_count(20)
        await expect(visitor.page.locator("li.entry").nth(10)).to_be_focused()
        await expect(visitor.page).to_have_url(re.compile(r"/check-ins$"))


async def test_keyboard_only(visit: Visit) -> None:
    """No pointer at all: signing in, three sliders by arrow keys, a note, who sees it, Save."""
    async with visit("desktop") as visitor:
        page, account = visitor.page, visitor.demonstration.account("Grace Yamamoto")
        await page.goto("/")
        await tab_to(visitor, "Sign in")
        await page.keyboard.press("Enter")
        await page.wait_for_url(SIGN_IN)
        await tab_to(visitor, "email")
        await page.keyboard.type(account.email)
        await page.keyboard.press("Tab")
        await page.keyboard.type(account.password)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="How is it right now?")).to_be_visible()
        note = f"Typed {uuid4().hex[:8]}"
        for slider in ("slider-mood-range", "slider-energy-range", "slider-anxiety-range"):
            await tab_to(visitor, slider)
            await page.keyboard.press("ArrowRight")
        await tab_to(visitor, "Add a note, words or an earlier time if you like")
        await page.keyboard.press("Enter")
        await tab_to(visitor, "note")
        await page.keyboard.type(note)
        await tab_to(visitor, "Save")
        await page.keyboard.press("Enter")
        await page.wait_for_url(re.compile("/check-ins"))
        await expect(visitor.entry(note)).to_contain_text("Mood +0.5, energy +0.5, anxiety 5.5")


async def tab_to(visitor: Visitor, wanted: str) -> None:
    """Press Tab until the element of that id or text has the focus."""
    for _ in range(60):
        await visitor.page.keyboard.press("Tab")
        found = await visitor.page.evaluate("[document.activeElement.id, document.activeElement.textContent.trim()]")
        if wanted in found:
            return
    pytest.fail(f"Tab never reached {wanted}")
