"""Messages in Spanish: what people wrote stays as it is, everything around it is translated."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import MORNING, FakeMessaging

pytestmark = pytest.mark.usefixtures("in_spanish")


async def test_a_conversation(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    found = messaging.open(client_person, therapist)
    messaging.write(found, client_person, "You may read this", sent_at=MORNING)
    page = await browser.open_signed_in(client_person, f"/conversations/{found.id}")
    rows = [" ".join(row.get_text(" ").split()) for row in soup(page).select(".messages > li")]
    assert rows == [
        "domingo, 29 de marzo de 2026",
        "Usted 09:05 You may read this Responder al mensaje del dom 29 mar, 09:05",
    ]
    form = soup(page).select_one("form[data-send]")
    assert form is not None
    assert form["data-sent"] == "Su mensaje se envió"
    assert "Por el momento no se pudo enviar." in str(form)
    assert soup(page).select_one("[data-conversation]")["data-several"] == "Varios mensajes nuevos"  # type: ignore[index]  # it is there


async def test_an_empty_message(
    browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging
) -> None:
    found = messaging.open(client_person, therapist)
    await browser.open_signed_in(client_person, f"/conversations/{found.id}")
    page = await browser.post(f"/conversations/{found.id}/messages", {"text": " "})
    assert (page.status_code, "Su mensaje: escriba algo antes de enviar" in words(page)) == (422, True)


@pytest.mark.parametrize(("number", "said"), [(1, "1 nuevo"), (2, "2 nuevos")])
async def test_how_many_are_new(
    *, browser: Browser, client_person: Person, therapist: Person, messaging: FakeMessaging, number: int, said: str
) -> None:
    found = messaging.open(client_person, therapist)
    for hour in range(number):
        messaging.write(found, client_person, f"Hola {hour}", sent_at=MORNING)
    page = await browser.open_signed_in(therapist, "/messages")
    (row,) = soup(page).select("main [id^=conversation-]")
    assert " ".join(row.get_text(" ").split()).endswith(f" {said}")
    assert f"{number} sin leer" in " ".join(soup(page).select(".nav")[0].get_text(" ").split())
