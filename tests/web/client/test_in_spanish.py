"""A client's pages in Spanish: words, figures, dates and what is wrong with a form."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_portal import FakePortal, check_in

MINUS = "\N{MINUS SIGN}"
pytestmark = pytest.mark.usefixtures("in_spanish")


async def test_today(browser: Browser, client_person: Person) -> None:
    page = await browser.open_signed_in(client_person, "/")
    assert soup(page).title.get_text() == "Hoy · Portal de clientes"  # type: ignore[union-attr]  # every page has one
    assert soup(page).select_one(".nav")["aria-label"] == "Principal"  # type: ignore[index]  # it is there
    assert [link.get_text().split()[0] for link in soup(page).select(".nav a")] == [
        "Hoy", "Anotaciones", "Diario", "Mensajes", "Ayuda",
    ]  # fmt: skip
    for said in ("¿Cómo se siente en este momento?", "Ánimo", "desagradable a agradable", "la más fuerte posible"):
        assert said in words(page)


async def test_a_form_that_says_nothing_keeps_its_note(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person, "/")
    sent = {"id": form_values(await browser.get("/"), "check-in")["id"], "mood": "much", "note": "Dormí bien"}
    page = await browser.post("/check-ins", {**sent, "visibility": "only_me"})
    assert page.status_code == 422
    assert [link.get_text() for link in soup(page).select(".error-summary a")] == ["Ánimo: elija un valor en la escala"]
    assert form_values(page, "check-in")["note"] == "Dormí bien"
    assert portal.entries == []


async def test_the_history(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.moods = {0: 1, 1: 2, 2: 3, 6: -1, 10: 0, 11: 1}
    portal.entries = [check_in(back_dated=True, entered_at="2026-03-30T08:00:00Z")]
    page = await browser.open_signed_in(client_person, "/check-ins?saved=only_me")
    said = words(page)
    assert f"Ánimo en 6 días, entre {MINUS}1 y +3; el último, +1, el 30 de marzo. 24 días quedaron sin dato." in said
    assert "Guardado. Solo usted puede verlo." in said
    assert (
        f"dom 29 mar, 21:10 · compartido con su terapeuta · escrito el lun 30 mar, 09:00 Ánimo +2, energía {MINUS}1.5"
        in (said)
    )
    assert "30 mar" in [text.get_text() for text in soup(page).select("#balance-curve text")]


@pytest.mark.parametrize(
    ("moods", "sentence"),
    [
        ({3: 2}, "Ánimo en un solo día: +2 el 27 de marzo. 29 días quedaron sin dato."),
        ({3: 2, 4: 2}, "Ánimo de +2 en cada uno de 2 días; el último, el 27 de marzo."),
        (dict.fromkeys(range(29), 1) | {0: 0}, "el 30 de marzo. Un día quedó sin dato."),
    ],
)
async def test_one_and_many(
    *, browser: Browser, client_person: Person, portal: FakePortal, moods: dict[int, float], sentence: str
) -> None:
    portal.moods = moods
    assert sentence in words(await browser.open_signed_in(client_person, "/check-ins"))


async def test_the_standing_choices(browser: Browser, client_person: Person) -> None:
    await browser.open_signed_in(client_person, "/welcome")
    page = await browser.post("/welcome", {"check_ins": "only_me"})
    assert (page.status_code, "Diga quién puede ver su diario" in words(page)) == (422, True)
