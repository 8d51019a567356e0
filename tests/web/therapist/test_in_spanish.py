"""A therapist's pages in Spanish."""

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal
from tests.web.therapist.test_caseload import ADA, MINUS, entry

pytestmark = pytest.mark.usefixtures("in_spanish")


async def test_caseload(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    raised = {"kind": "raised_energy", "number": 3, "day": "2026-03-24"}
    why = [raised, {"kind": "pinned_lines", "number": 2}, {"kind": "silent_after_dose", "day": "2026-03-24"}]
    portal.caseload = [entry(reasons=why)]
    page = await browser.open_signed_in(therapist, "/caseload")
    assert soup(page).title.get_text() == "Pacientes · Portal de clientes"  # type: ignore[union-attr]  # every page has one
    (row,) = soup(page).select("tbody tr:not(.group-row)")
    assert "+2 agradable lun 30 mar" in " ".join(row.get_text(" ").split())
    assert f"Ánimo entre {MINUS}2 y +2 en 3 de los últimos 30 días" in str(row)
    assert [one.get_text() for one in row.select(".reasons li")] == [
        "Energía alta tras noches cortas en 3 días desde el mar 24 mar",
        "2 líneas fijadas para la próxima sesión",
        "Ninguna anotación compartida en los cuatro días después de la dosis del 24 de marzo",
    ]
    headers = [header.get_text() for header in soup(page).select("thead th")]
    assert headers == ["Paciente", "Último ánimo", "Últimos 30 días", "Próxima sesión", "En espera"]


async def test_one_client(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}
    said = words(await browser.open_signed_in(therapist, f"/clients/{ADA}"))
    assert "A su cargo desde el 5 de enero de 2026" in said
    assert "Ninguna anotación compartida en los últimos 30 días." in said
