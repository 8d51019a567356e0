"""An admin's pages in Spanish: lists, filters, questions, refusals and who somebody is."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, form_values, soup, words

pytestmark = pytest.mark.usefixtures("in_spanish")


async def test_people(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, "/people")
    assert soup(page).title.get_text() == "Personas · Portal de clientes"  # type: ignore[union-attr]  # every page has one
    assert f'data-say="Se muestran {len(practice.accounts.people)} cuentas"' in page.text
    roles = [option.get_text() for option in soup(page).select("#role option")]
    assert roles == ["todas", "pacientes", "terapeutas", "administración"]
    found = await browser.get("/people?q=Maya")
    assert 'data-say="Se muestra 1 cuenta"' in found.text
    assert "No se encontró a nadie con «zzz»." in words(await browser.get("/people?q=zzz"))


async def test_a_person(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.client["last_sign_in_at"] = "2026-03-29T20:10:00Z"
    said = words(await browser.open_signed_in(admin, practice.page("client")))
    assert "Paciente Maya Lindqvist" in said
    assert "Estado activa Correo person1@practice.example Último acceso dom 29 mar, 21:10" in said
    assert (
        "Hannah Oyelaran 29 de marzo de 2026 Terminar la atención de Maya Lindqvist a cargo de Hannah Oyelaran" in said
    )


async def test_a_question_before_an_act(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("client", "disablement"))
    assert "¿Desactivar la cuenta de Maya Lindqvist?" in words(page)
    answer = await browser.post(practice.page("client", "disablement"))
    assert "La cuenta está desactivada" in words(await browser.get(answer.headers["location"]))


async def test_an_invitation_without_a_name(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, "/people/invite")
    page = await browser.post("/people/invite", {**form_values(page, "invite"), "email": "a@b.example"})
    assert page.status_code == 422
    errors = [link.get_text() for link in soup(page).select(".error-summary a")]
    assert errors == ["Escriba su nombre, con 200 caracteres como máximo", "Diga qué será esta persona aquí"]
    assert practice.changed() == []


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (None, "Otra persona de administración tiene que aprobarlo antes."),
        ("PT1H", "Queda en espera 1 hora;"),
        ("PT36H", "Queda en espera 36 horas;"),
    ],
)
async def test_what_takes_a_second_person(
    *, browser: Browser, admin: Person, practice: Practice, wait: str | None, sentence: str
) -> None:
    practice.accounts.single_admin_wait = wait
    page = await browser.open_signed_in(admin, practice.page("therapist", "reset"))
    assert f"Hannah Oyelaran es parte del personal. {sentence}" in words(page)


async def test_a_proposal(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.accounts.propose("0195e3a0-0000-7000-8000-0000000000d1", "reset", practice.therapist, own=False)
    page = await browser.open_signed_in(admin, "/proposals")
    assert "Restablecer la contraseña de Hannah Oyelaran, terapeuta" in words(page)
    page = await browser.get("/proposals/0195e3a0-0000-7000-8000-0000000000d1/approval")
    assert "¿Aprobar lo siguiente: restablecer la contraseña de Hannah Oyelaran, terapeuta?" in words(page)
