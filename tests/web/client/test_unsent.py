"""What a phone kept: sent for nobody but whoever wrote it, and shown again where it was not taken."""

from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_portal import FakePortal

ONE = "0195e3a0-0000-7000-8000-000000000001"
BODY = {"mood": 1, "felt_at": "2026-03-30T10:00:00Z", "time_zone": "UTC", "visibility": "only_me"}


async def test_it_is_sent_for_whoever_wrote_it(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person)
    mine, others = {"afterglow-person": str(client_person.id)}, {"afterglow-person": ONE}
    refused = await browser.put(f"/check-ins/{ONE}", json=BODY, headers=others)
    assert (refused.status_code, refused.json()["code"]) == (403, "earlier_session")
    assert portal.check_ins == {}
    for status in (201, 200):
        assert (await browser.put(f"/check-ins/{ONE}", json=BODY, headers=mine)).status_code == status
    assert (await browser.put(f"/check-ins/{ONE}", json=BODY | {"mood": 2}, headers=mine)).status_code == 409


async def test_it_is_shown_with_what_is_wrong_and_not_saved(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person)
    typed = {"id": ONE, "mood": "2", "note": "Three days back", "felt_at": "2026-03-27T10:00", "visibility": "only_me"}
    refused = ",".join(["felt_at too_long_ago", "<b>", "no such_thing", *["x y"] * 40])
    page = await browser.post("/check-ins/unsent", {**typed, "refused": refused})
    assert page.status_code == 200
    assert "two days at most" in words(page)
    assert "<b>" not in page.text
    assert form_values(page, "check-in")["note"] == "Three days back"
    assert form_values(page, "check-in")["id"] == ONE
    page = await browser.post("/check-ins/unsent", {**typed, "refused": "conflict"})
    assert "saved before with other values" in words(page)
    page = await browser.post("/check-ins/unsent", {**typed, "note": "x" * 90_000, "refused": "too_large"})
    assert ("at most 4,000 characters" in words(page), len(form_values(page, "check-in")["note"])) == (True, 90_000)
    assert portal.check_ins == {}


async def test_the_page_that_auth_leads_to_asks_before_it_signs_out(
    browser: Browser, other_browser: Browser, client_person: Person, admin: Person
) -> None:
    assert (await browser.get("/sign-out")).headers["location"] == "/sign-in?next=%2Fsign-out"
    page = await browser.open_signed_in(client_person, "/sign-out")
    assert "only on this device are sent first" in words(page)
    assert soup(page).select("#unsent-at-sign-out")
    assert len(soup(page).select("form[action='/sign-out']")) == 1
    assert (await browser.get("/check-ins")).status_code == 200  # asking ends nothing
    assert (await browser.post("/sign-out")).status_code == 303
    assert (await browser.get("/check-ins")).status_code == 303
    staff = await other_browser.open_signed_in(admin, "/sign-out")
    assert "only on this device" not in words(staff)
    assert not soup(staff).select("#unsent-at-sign-out")
