"""What a plan said before: linked from the plan where there is something, for its client and at the desk."""

from typing import Any

from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.course.test_desk import HERE, in_care
from tests.web.fake_portal import FakePortal
from tests.web.fake_treatment import COURSE, course

__all__ = ["in_care"]
OWN, DESK = f"/path/plans/{COURSE}/versions", f"{HERE}/plans/{COURSE}/versions"


def versions() -> list[dict[str, Any]]:
    return [course(version=1, goals=["To sleep"]), course(version=2, goals=["To sing"], ended_on="2026-05-01")]


async def test_its_client_reads_it(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(client_person, "/path")
    assert not soup(page).select(f'a[href="{OWN}"]')
    portal.treatment.courses, portal.treatment.versions = [course(version=2)], versions()
    assert soup(await browser.get("/path")).select(f'a[href="{OWN}"]')
    page = await browser.get(OWN)
    assert [one["id"] for one in soup(page).select("section.card[id^=version]")] == ["version-2", "version-1"]
    for line in ("To sleep", "To sing", "Written by Dr Falk", "Why you came, in your words"):
        assert line in words(page)


async def test_the_desk_names_who_changed_it(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    colleague = {"id": "0195e3a0-0000-7000-8000-0000000000bc", "name": "Dr Next"}
    portal.treatment.courses = [course(version=2, edited_by=colleague, edited_at="2026-03-11T09:00:00+00:00")]
    said = words(await browser.open_signed_in(therapist, HERE))
    assert "Begun on 1 March 2026 by Dr Falk; last changed on 11 March 2026 by Dr Next." in said


async def test_so_does_whoever_treats_them(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.treatment.courses, portal.treatment.versions = [course(version=2)], versions()
    page = await browser.open_signed_in(therapist, HERE)
    assert soup(page).select(f'a[href="{DESK}"]')
    page = await browser.get(DESK)
    assert "ended on 1 May 2026" in words(page)
    assert "Written by Dr Falk" in words(page)
    portal.clients.clear()
    portal.requests.clear()
    assert (await browser.get(DESK)).status_code == 404
    assert len(portal.requests) == 1  # one refusal, not two
