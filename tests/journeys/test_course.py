"""A course of treatment in a browser: a therapist plans, opens, records, ends; the client sees it the same minute."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.journeys.browsing import Visit

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
            await page.get_by_role("link", name="Record what was given").click()
            # Some days ago: after one of today this client could share nothing in the journeys to come.
            await page.get_by_label("When it was given").fill(f"{tomorrow - timedelta(days=4):%Y-%m-%d}T12:00")
            await page.get_by_label("Medicine").fill("Ketamine")
            await page.get_by_role("radio", name="into a muscle").check()
            await page.get_by_label("Dose in milligrams").fill("44")
            await page.get_by_label("Weight in kilograms").fill("80")
            await page.get_by_role("button", name="Record it").click()
            await expect(page.locator("#given")).to_contain_text("Ketamine 44 mg into a muscle (0.55 mg/kg)")
            await page.get_by_role("button", name="End the session").click()
            await expect(page.locator(".notice")).to_contain_text("The session has ended.")

            await other.page.reload()
            await expect(other.page.locator("#so-far")).to_contain_text("Ketamine 44 mg into a muscle (0.55 mg/kg)")
            await other.page.goto("/check-ins")
            await expect(other.page.get_by_text(re.compile("A dose is marked on")).first).to_be_visible()
