"""A course of treatment in a browser: a therapist plans, opens, records, ends; the client sees it the same minute."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Page, expect

from tests.journeys.browsing import Visit
from tests.journeys.test_accessibility import looks_right
from tests.journeys.visitor import Visitor

CLIENT, THERAPIST = "Farid Haddad", "Hannah Oyelaran"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "plain"])
async def test_from_the_plan_to_the_dose(visit: Visit, javascript: bool) -> None:
    goal = f"To walk to the sea ({'with' if javascript else 'without'} scripts)"
    tomorrow = datetime.now(UTC).astimezone(ZoneInfo("Europe/Lisbon")) + timedelta(days=1)
    async with visit("desktop", javascript=javascript) as visitor:
        page = visitor.page
        await visitor.sign_in(THERAPIST)
        await page.get_by_role("row").get_by_role("link", name=CLIENT).click()
        await page.get_by_role("link", name="Course", exact=True).click()
        await page.get_by_role("link", name="Change the plan").click()
        goals = page.get_by_label("What they want to reach")
        await goals.fill(f"{await goals.input_value()}\n{goal}")
        await page.get_by_label("How many doses are planned").fill("lots")
        await page.get_by_role("button", name="Save the plan").click()
        await expect(page.get_by_role("link", name="Write a whole number from 1 to 100")).to_be_visible()
        visitor.faults.clear()  # the console's word for a form that was refused
        await page.get_by_label("How many doses are planned").fill("2")
        await page.get_by_role("button", name="Save the plan").click()
        await expect(page.locator(".notice")).to_contain_text("The plan is saved.")

        await page.get_by_role("link", name="Plan a session").click()
        await page.get_by_role("radio", name="Dosing").check()
        await page.get_by_label("Day and hour").fill(f"{tomorrow:%Y-%m-%d}T07:10")
        await page.get_by_role("button", name="Plan it").click()
        await expect(page.locator(".notice")).to_contain_text("The session is planned.")
        await page.locator("#to-come").get_by_role("link", name=re.compile("07:10")).first.click()
        await page.get_by_role("link", name="Another time or kind").click()
        await page.get_by_label("Day and hour").fill(f"{tomorrow:%Y-%m-%d}T07:15")
        await page.get_by_role("button", name="Save the change").click()
        await expect(page.locator("#history")).to_contain_text("07:15")
        address = page.url

        async with visit("phone", javascript=javascript) as other:
            await other.sign_in(CLIENT)
            await other.page.get_by_role("link", name=re.compile("07:15 Dosing session")).click()
            await expect(other.page.get_by_role("heading", name="My path")).to_be_visible()
            await expect(other.page.get_by_text(goal)).to_be_visible()
            await expect(other.page.locator("#to-come")).to_contain_text("Moved from")

            await page.goto(address)
            await page.get_by_role("button", name="Open the session").click()
            await go_through_the_list(visitor)
            await page.get_by_role("button", name="Open the session").click()
            await keep_a_word(visitor, other)
            await record_dose(visitor, tomorrow - timedelta(days=4))
            await expect(page.locator("#given")).to_contain_text("Ketamine 44 mg into a muscle (0.55 mg/kg)")
            await measure(page)
            await page.get_by_role("button", name="End the session").click()
            await expect(page.locator(".notice")).to_contain_text("The session has ended.")

            await other.page.goto("/path")
            await expect(other.page.locator("#so-far")).to_contain_text("Ketamine 44 mg into a muscle (0.55 mg/kg)")
            await other.page.locator("#so-far").get_by_role("link", name=re.compile("07:15")).first.click()
            await expect(other.page.get_by_text("152/88")).to_be_visible()
            await other.page.goto("/check-ins")
            await expect(other.page.get_by_text(re.compile("A dose is marked on")).first).to_be_visible()


async def keep_a_word(opening: Visitor, visitor: Visitor) -> None:
    """The client's first page is quiet now: a word, and the way out of it."""
    await expect(opening.page.locator(".notice").first).to_contain_text("The session is open.")
    page = visitor.page
    await page.goto("/")
    await expect(page.get_by_role("heading", name="A word, if one comes")).to_be_visible()
    await expect(page.get_by_role("navigation")).to_have_count(0)
    if visitor.javascript:
        await looks_right(visitor)
    await page.get_by_label("A word, or none").fill("Warm")
    await page.get_by_role("button", name="Keep it, with the hour").click()
    await expect(page.locator(".notice")).to_contain_text("Kept. Only you can see it.")
    await page.get_by_role("button", name="Leave quiet mode").click()
    await expect(page.locator("#check-in")).to_be_visible()
    await page.goto("/journal")
    await expect(page.locator("li.entry", has_text="Warm").first).to_be_visible()


async def go_through_the_list(visitor: Visitor) -> None:
    """The session did not open: a step is ticked, and a sentence says why it goes on without the others."""
    page = visitor.page
    await expect(page.locator(".notice", has_text="A step before the dose is not ticked.")).to_be_visible()
    visitor.faults.clear()  # the console's word for what was refused
    await page.locator("#readiness").get_by_role("link", name="Go through the list").click()
    await page.get_by_role("checkbox", name="Somebody will take them home").check()
    await page.get_by_label("Why it goes on without the rest").fill("Talked over with the prescriber.")
    await page.get_by_role("button", name="Save the list").click()
    await expect(page.locator("#readiness")).to_contain_text("1 of 5 ticked")


async def record_dose(visitor: Visitor, day: datetime) -> None:
    """Some days ago: after one of today this client could share nothing in the journeys to come.

    So far from its session it is asked about once more.
    """
    page = visitor.page
    await page.get_by_role("link", name="Record what was given").click()
    await page.get_by_label("When it was given").fill(f"{day:%Y-%m-%d}T12:00")
    await page.get_by_label("Medicine").fill("Ketamine")
    await page.get_by_role("radio", name="into a muscle").check()
    await page.get_by_label("Dose in milligrams").fill("44")
    await page.get_by_label("Weight in kilograms").fill("80")
    await page.get_by_role("button", name="Record it").click()
    await expect(page.locator(".error-summary")).to_contain_text("more than twelve hours")
    visitor.faults.clear()  # the console's word for a form that was refused
    await page.get_by_role("checkbox", name="Yes, it was given on").check()
    await page.get_by_role("button", name="Record it").click()


async def measure(page: Page) -> None:
    await page.get_by_role("link", name="Add a reading").click()
    await page.get_by_role("radio", name="40 minutes after it").check()
    await page.get_by_label("When it was measured").fill(f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}T12:45")
    await page.get_by_label("Blood pressure, upper").fill("152")
    await page.get_by_label("Blood pressure, lower").fill("88")
    await page.get_by_role("button", name="Record it").click()
    await expect(page.locator("#vital-signs")).to_contain_text("Upper blood pressure is high")
