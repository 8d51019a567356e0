"""The caseload and one client: from shared entries only, and it says so."""

from typing import Any

from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import FakePortal, check_in, points

MINUS = "\N{MINUS SIGN}"
ADA = "0195e3a0-0000-7000-8000-0000000000aa"


def entry(**values: Any) -> dict[str, Any]:
    moods = {0: 2.0, 1: 1.0, 5: -2.0}
    return {
        "client": {"id": ADA, "name": "Ada Lindqvist"},
        "latest": {
            "mood": 2.0,
            "energy": 1,
            "anxiety": 3,
            "felt_at": "2026-03-30T08:00:00Z",
            "local_date": "2026-03-30",
        },
        "sparkline": [{"date": day["date"], "mood": day["mood"]} for day in points(moods)],
        "check_ins_30_days": 3,
        "since": "2026-01-01T00:00:00Z",
        "reading_ends_at": None,
        **values,
    }


async def test_caseload(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    quiet = {"id": "0195e3a0-0000-7000-8000-0000000000bb", "name": "Noor Aziz"}
    empty = [{"date": day["date"], "mood": None} for day in points({})]
    portal.caseload = [entry(), entry(client=quiet, latest=None, sparkline=empty, check_ins_30_days=0)]
    page = await browser.open_signed_in(therapist, "/caseload")
    first, second = soup(page).select("tbody tr")
    assert "+2 pleasant Mon 30 Mar" in " ".join(first.get_text(" ").split())
    assert first.select_one("a[href]")["href"] == f"/clients/{ADA}"  # type: ignore[index]  # it is there
    assert f"Mood between {MINUS}2 and +2 on 3 of the last 30 days" in str(first)
    assert "nothing shared yet" in second.get_text()
    assert "from shared entries" in words(page)


async def test_nobody_in_care(browser: Browser, therapist: Person) -> None:
    page = await browser.open_signed_in(therapist, "/caseload")
    assert "Nobody yet" in words(page)


async def test_one_client(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}
    portal.moods = {0: 2, 1: 1}
    portal.entries = [check_in()]
    page = await browser.open_signed_in(therapist, f"/clients/{ADA}")
    assert "opening this is recorded" in words(page)
    assert "from shared entries" in words(page)
    assert f"Mood +2, energy {MINUS}1.5" in words(page)
    assert "shared with your therapist" not in words(page)
    asked = [request.url.params.get("client") for request in portal.requests if "check-ins" in request.url.path]
    assert asked == [ADA, ADA]


async def test_a_foreign_client_is_one_refusal(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.sign_in(therapist)
    assert (await browser.get(f"/clients/{ADA}")).status_code == 404
    assert [request.url.path for request in portal.requests] == [f"/api/portal/clients/{ADA}"]


async def test_nothing_shared(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}
    page = await browser.open_signed_in(therapist, f"/clients/{ADA}")
    assert "No shared check-in in the last 30 days" in words(page)
