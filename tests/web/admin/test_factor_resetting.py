"""Taking every way in away: asked for on a page of its own, seen on the person's page, and withdrawn."""

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import LATER, THEN
from tests.web.fake_portal import problem


@pytest.mark.parametrize(
    ("who", "told", "sentence"),
    [
        ("client", "/people/{id}?notice=factor-reset-asked", "unless they object"),
        ("therapist", "/proposals?notice=factor-reset-proposed", "waits for a second person"),
    ],
)
async def test_it_is_confirmed_and_asked_for(
    browser: Browser, admin: Person, practice: Practice, *, who: str, told: str, sentence: str
) -> None:
    person = getattr(practice, who)
    question = await browser.open_signed_in(admin, practice.page(who, "factor-reset"))
    assert "A mail tells" in words(question)
    assert ("one of the staff" in words(question)) == (who == "therapist")
    assert practice.changed() == []
    (field,) = soup(question).select("main input[name=id]")
    identifier = str(field["value"])
    for _ in range(2):  # a double click
        answer = await browser.post(practice.page(who, "factor-reset"), {"id": identifier})
        assert (answer.status_code, answer.headers["location"]) == (303, told.format(id=person["id"]))
    assert practice.changed() == [("PUT", f"people/{person['id']}/factor-resets/{identifier}")] * 2
    assert sentence in words(await browser.get(answer.headers["location"]))


async def test_it_is_seen_and_withdrawn(browser: Browser, admin: Person, practice: Practice) -> None:
    asked = {"id": str(new_id()), "state": "open", "created_at": THEN, "due_at": LATER, "objected_at": None}
    practice.client["factor_reset"] = asked
    page = await browser.open_signed_in(admin, practice.page("client"))
    assert "They can stop it until" in words(page)
    assert soup(page).select_one(f"a[href='{practice.page('client', 'factor-reset')}']") is None
    path = practice.page("client", "factor-resets", str(asked["id"]), "withdrawal")
    assert soup(page).select_one(f"a[href='{path}']") is not None
    assert "What stays" in words(await browser.get(path))
    answer = await browser.post(path)
    assert answer.headers["location"] == practice.page("client") + "?notice=factor-reset-withdrawn"
    assert practice.changed() == [("PUT", f"factor-resets/{asked['id']}/withdrawal")]


async def test_an_objection_is_not_overlooked(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.client["factor_reset"] = {
        "id": str(new_id()),
        "state": "objected",
        "created_at": THEN,
        "due_at": LATER,
    } | {"objected_at": THEN}
    page = await browser.open_signed_in(admin, practice.page("client"))
    assert "they said that they had not asked for it" in words(page)


async def test_a_refusal_is_said_in_words(browser: Browser, admin: Person, practice: Practice) -> None:
    identifier = str(new_id())
    path = f"people/{practice.client['id']}/factor-resets/{identifier}"
    await browser.open_signed_in(admin, practice.page("client"))
    for code, sentence in (("already_asked", "asked for already"), ("account_disabled", "Enable it first")):
        practice.accounts.answers["PUT", path] = problem(409, code)
        answer = await browser.post(practice.page("client", "factor-reset"), {"id": identifier})
        assert answer.status_code == 409
        assert sentence in words(answer)


@pytest.mark.parametrize("who", ["own", "guest", "disabled"])
async def test_it_is_not_offered_where_it_makes_no_sense(
    browser: Browser, admin: Person, practice: Practice, who: str
) -> None:
    page = await browser.open_signed_in(admin, practice.page(who))
    assert soup(page).select_one(f"a[href='{practice.page(who, 'factor-reset')}']") is None


async def test_a_question_about_one_that_is_not_there_leads_nowhere(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    path = practice.page("client", "factor-resets", str(new_id()), "withdrawal")
    assert (await browser.open_signed_in(admin, path)).status_code == 404
