"""Signing keys at an admin's desk: how they stand, and the next one after a question."""

from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import FakeAccounts


async def test_the_next_key_is_made_after_a_question_and_once(
    browser: Browser, admin: Person, accounts: FakeAccounts
) -> None:
    page = await browser.open_signed_in(admin, "/keys")
    assert "signs now" in words(page)
    assert soup(page).select_one('a[href="/keys/rotation"]')
    assert "Make the next key?" in words(await browser.get("/keys/rotation"))
    assert accounts.desk.keys == []
    answers = [(await browser.post("/keys/rotation")).headers["location"] for _ in range(2)]
    assert answers == ["/keys?notice=key-made", "/keys?notice=key-waits"]
    page = await browser.get("/keys")
    assert "published, signs later" in words(page)
    assert soup(page).select('a[href="/keys/rotation"]') == []
