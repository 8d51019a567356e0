"""The words at which a page shows help while a client types: in the page itself, in every language of the practice."""

import json

from afterglow_design.practice import CRISIS_WORDS
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup
from tests.web.fake_messaging import FakeMessaging


async def test_a_clients_page_has_the_words_of_all_languages_and_the_ways_to_get_help(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    conversation = messaging.open(client_person, therapist)
    page = await browser.open_signed_in(client_person, f"/conversations/{conversation.id}")
    (card,) = soup(page).select("[data-crisis-words]")
    words = json.loads(str(card["data-crisis-words"]))
    assert {*map(str, CRISIS_WORDS), "quitarme la vida", "hacerme da\u00f1o"} <= set(words)
    assert len(words) == len(set(words))
    assert card.has_attr("hidden")  # until they are typed
    assert [link["href"] for link in card.select("a")] == ["tel:988", "sms:988", "tel:911"]
    assert "crisis-words" in page.text


async def test_a_therapists_page_has_none(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    conversation = messaging.open(client_person, therapist)
    page = await browser.open_signed_in(therapist, f"/conversations/{conversation.id}")
    assert soup(page).select("[data-crisis-words]") == []
