"""In an emergency a record is opened and closed again, without JavaScript too; its client sees, a colleague reviews."""

import re

from playwright.async_api import expect

from tests.journeys.browsing import Visit

OPENER, TREATING, CLIENT, ADMIN = "Mateo Villanueva", "Hannah Oyelaran", "Nadia Brunner", "Robin Castellano"
WHY = "Her sister rang: nobody has heard of her since yesterday."


async def test_a_record_is_opened_and_closed_seen_by_everybody_and_reviewed(visit: Visit) -> None:
    async with visit("phone", javascript=False) as opener:
        page, account = opener.page, opener.demonstration.account(CLIENT)
        await opener.sign_in(OPENER)
        await page.goto(f"/clients/{account.id}")
        await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        opener.faults.clear()  # the console's word for that page
        await page.goto("/emergency")
        await page.locator("#email").fill(account.email)
        await page.get_by_role("radio", name="Somebody may be in danger").check()
        await page.get_by_label("Why it has to be now").fill(WHY)
        await page.get_by_role("button", name="Open the record for an hour").click()
        await expect(page).to_have_url(re.compile(rf"/clients/{account.id}$"))
        await expect(page.get_by_text("in an emergency").first).to_be_visible()
        await expect(page.get_by_text("Shared with you")).to_be_visible()
        await page.get_by_role("button", name="I am done: end the access now").click()
        await expect(page.get_by_text("the record is closed again").first).to_be_visible()
        await expect(page.locator("#others")).to_contain_text("ended early")
        await page.goto(f"/clients/{account.id}")
        await expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
        opener.faults.clear()
    async with visit("phone") as client:
        await client.sign_in(CLIENT)
        await expect(client.page.locator("#check-in")).to_be_visible()
        await client.page.goto("/access-log")
        await expect(client.page.locator("#opened")).to_contain_text(WHY)
        told = f"{OPENER}, a therapist who does not treat you, opened your record in an emergency, for an hour."
        await expect(client.page.get_by_text(told).first).to_be_visible()
        ended = f"{OPENER}, a therapist who does not treat you, ended the access to your record"
        await expect(client.page.get_by_text(ended).first).to_be_visible()
        await expect(client.page.locator("#opened")).to_contain_text("before the hour was over")
    async with visit("desktop") as admin:
        await admin.sign_in(ADMIN)
        await admin.page.goto("/emergencies")
        await expect(admin.page.locator("#waiting")).to_contain_text(CLIENT)
        await expect(admin.page.locator("main")).not_to_contain_text("sister")
    async with visit("desktop") as treating:
        page = treating.page
        await treating.sign_in(TREATING)
        await page.goto(f"/clients/{account.id}")
        await page.locator("#opened").get_by_role("link", name="Review").click()
        await page.get_by_role("radio", name="It was an emergency, and in order").check()
        await page.get_by_label("Remark").fill("Spoken about on the telephone.")
        await page.get_by_role("button", name="Keep the review").click()
        await expect(page.get_by_text("Your review is kept.").first).to_be_visible()
        await expect(page.locator("#others")).to_contain_text(f"reviewed by {TREATING}")
