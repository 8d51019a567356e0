"""axe on every page of every role, light and dark, phone and desktop; and nothing wider than the screen."""

import re
from uuid import uuid4

import pytest
from afterglow_design.testing.axe import violations
from playwright.async_api import expect

from tests.journeys.browsing import Visit
from tests.journeys.visitor import Visitor

CLIENT, THERAPIST, ADMIN = "Grace Yamamoto", "Mateo Villanueva", "Robin Castellano"
SECURITY = [
    *("", "/activity", "/app", "/codes", "/notices", "/passkeys", "/passkeys/new", "/password", "/password/removal"),
    *("/sessions", "/sessions/all", "/sessions/others", "/you"),
]
PAGES = {
    None: [
        "/",
        "/help",
        "/offline",
        "/offline/check-in",
        "/sign-in",
        "/callback",
        "/auth/authorize?client_id=nobody",
        "/auth/sign-out",
    ],
    CLIENT: [
        *("/", "/check-ins", "/check-ins?period=all", "/journal", "/journal/new", "/welcome", "/messages", "/help"),
        *("/access-log", "/agenda", "/earlier-shares", "/notices", "/reminders", "/people", "/path"),
        *("/path/preferences", "/path/preferences/change", "/auth/sign-out", "/sign-out", "/messages/search"),
        "/messages/seen",
        *(f"/auth/security{page}" for page in SECURITY),
    ],
    THERAPIST: [
        *("/caseload", "/cover", "/emergencies", "/emergency", "/messages", "/messages/search", "/messages/seen"),
        *("/messages/answering", "/messages/answers", "/messages/answers/new", "/notices"),
    ],
    ADMIN: [
        *("/people", "/people?q=nobody-of-this-name", "/people/import", "/people/invite", "/proposals"),
        *("/emergencies", "/sealed-notes", "/practice", "/practice/settings/hours", "/practice/settings/care-teams"),
        *("/audit", "/keys", "/programs"),
    ],
}
SHEETS = ("readiness", "vital-signs", "adverse-event", "observation", "discharge")
ABOUT_SOMEBODY = {
    ADMIN: ["", "/sessions/end"],
    CLIENT: ["", "/care", "/care/new", "/disablement", "/factor-reset", "/reset", "/sessions/end"],
    THERAPIST: ["", "/care", "/care/new?q=nobody-of-this-name", "/cover/new", "/reset", "/role"],
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
        if who == CLIENT:
            await visitor.page.goto("/check-ins")
            one = await visitor.page.locator("li.entry a").first.get_attribute("href")
            for page in ("", "/change", "/deletion"):
                await visitor.page.goto(f"{one}{page}")
                await looks_right(visitor)
        if who == THERAPIST:
            await visitor.page.goto("/caseload")
            somebody = visitor.page.get_by_role("row").filter(has_text="Amara Nwosu")  # with doses and sessions
            await somebody.get_by_role("link").first.click()
            await expect(visitor.page.get_by_text("Shared with you")).to_be_visible()
            await looks_right(visitor)
            one = visitor.page.url
            for page in (
                "/brief",
                "/course",
                "/course/plan",
                "/course/sessions/new",
                "/dose-curve",
                "/dose-curve?dose=8",
                "/journal",
                "/agenda",
                "/process-notes",
                "/process-notes/new",
            ):
                await visitor.page.goto(f"{one}{page}")
                await looks_right(visitor)
            await visitor.page.goto(f"{one}/process-notes")
            note = await visitor.page.locator("li.entry a").first.get_attribute("href")
            for page in ("", "/change", "/versions", "/erasure"):
                await visitor.page.goto(f"{note}{page}")
                await looks_right(visitor)
            await visitor.page.goto(f"{one}/course")
            plan = await visitor.page.locator("#plan a", has_text="What it said before").get_attribute("href")
            session = await visitor.page.locator("#to-come li.entry a").first.get_attribute("href")
            dosing = (
                await visitor.page.locator("#so-far li.entry", has_text="mg").locator("a").first.get_attribute("href")
            )
            await visitor.page.goto(str(dosing))
            correction = await visitor.page.locator("#given a", has_text="Correct it").first.get_attribute("href")
            day = (f"{dosing}/day/{one}" for one in SHEETS)
            for address in (
                session,
                f"{session}/time",
                f"{session}/cancellation",
                dosing,
                f"{dosing}/dose",
                correction,
                str(correction).replace("/correction", "/withdrawal"),
                *day,
                f"{dosing}/summary",
                f"{dosing}/tasks/new",
                f"{one}/course/long-term",
                plan,
            ):
                await visitor.page.goto(str(address))
                await looks_right(visitor)
            await visitor.page.goto(one)
            await (
                visitor.page.get_by_role("navigation", name="Of this client")
                .get_by_role("link", name="Messages")
                .click()
            )
            await expect(visitor.page.get_by_label("Your message")).to_be_visible()
            await looks_right(visitor)
        visitor.faults[:] = [fault for fault in visitor.faults if not EXPECTED.search(fault)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_what_an_admin_sees_of_somebody(visit: Visit, size: str, theme: str) -> None:
    async with visit(size, color_scheme=theme) as visitor:
        await visitor.sign_in(ADMIN)
        await expect(visitor.page.get_by_role("heading", name="People")).to_be_visible()
        for name, pages in ABOUT_SOMEBODY.items():
            for path in pages:
                await visitor.page.goto(f"/people/{visitor.demonstration.account(name).id}{path}")
                await looks_right(visitor)
        await visitor.page.get_by_role("link", name="Leave everything as it is").click()
        await visitor.page.get_by_role("link", name="End care").first.click()
        await expect(visitor.page.get_by_role("heading", name="End the care of")).to_be_visible()
        await looks_right(visitor)
        for role, shown in (("Client", "Withdraw it"), ("Therapist", "Withdraw")):
            await visitor.invite(f"Somebody {uuid4().hex[:8]}", role)
            await looks_right(visitor)
            await visitor.page.get_by_role("link", name=shown, exact=True).first.click()
            await expect(visitor.page.get_by_text("Please confirm")).to_be_visible()
            await looks_right(visitor)
            await visitor.page.get_by_role("button", name="Withdraw").click()
            await expect(visitor.page.locator(".notice")).to_be_visible()
            await looks_right(visitor)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_forms_that_were_refused(visit: Visit, theme: str) -> None:
    """The pages that say what is missing, as a browser without its own checks would get them."""
    async with visit("phone", color_scheme=theme) as visitor:
        await visitor.page.goto("/sign-in")
        await submit_unchecked(visitor, "Sign in")
        await looks_right(visitor)
        await visitor.sign_in(ADMIN)
        await expect(visitor.page.get_by_role("heading", name="People")).to_be_visible()
        for path, button in (
            ("/people/invite", "Invite"),
            (f"/people/{visitor.demonstration.account(CLIENT).id}/care/new", "Assign"),
        ):
            await visitor.page.goto(path)
            await submit_unchecked(visitor, button)
            await looks_right(visitor)
        await visitor.sign_out()
        await visitor.sign_in(CLIENT)
        await submit_unchecked(visitor, "Save")
        await looks_right(visitor)
        await visitor.page.goto("/messages")
        await submit_unchecked(visitor, "Send")
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
