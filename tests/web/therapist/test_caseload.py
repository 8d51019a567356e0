"""The caseload and one client: from shared entries only, and it says so."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.people import Person
from afterglow_web.therapist.caseload import FIRST_CLIENTS
from bs4 import BeautifulSoup

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import FakePortal, check_in, points

MINUS = "\N{MINUS SIGN}"
ADA = "0195e3a0-0000-7000-8000-0000000000aa"
SESSION = "0195e3a0-0000-7000-8000-0000000000d1"
QUIET = {"id": "0195e3a0-0000-7000-8000-0000000000bb", "name": "Noor Aziz"}
ZONE = "Europe/London"


def entry(**values: Any) -> dict[str, Any]:
    drawn = points({0: 2.0, 1: 1.0, 5: -2.0})
    return {
        "client": {"id": ADA, "name": "Ada Lindqvist"},
        "reasons": [],
        "latest": {
            "mood": 2.0,
            "energy": 1,
            "anxiety": 3,
            "felt_at": "2026-03-30T08:00:00Z",
            "local_date": "2026-03-30",
        },
        "sparkline": {"from": drawn[0]["date"], "moods": [day["mood"] for day in drawn], "doses": []},
        "check_ins_30_days": 3,
        "next_session": None,
        "since": "2026-01-01T00:00:00Z",
        "reading_ends_at": None,
        **values,
    }


def ahead(**span: float) -> dict[str, Any]:
    at = (datetime.now(UTC) + timedelta(**span)).isoformat()
    return {"id": SESSION, "kind": "integration", "state": "planned", "planned_at": at, "time_zone": "UTC"}


def said(row: Any) -> str:
    return " ".join(row.get_text(" ").split())


async def test_caseload(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    empty = {"from": "2026-03-01", "moods": [None] * 30, "doses": []}
    portal.caseload = [entry(), entry(client=QUIET, latest=None, sparkline=empty, check_ins_30_days=0)]
    page = await browser.open_signed_in(therapist, "/caseload")
    first, second = soup(page).select("tbody tr")
    assert "+2 pleasant Mon 30 Mar" in said(first)
    assert first.select_one("a[href]")["href"] == f"/clients/{ADA}"  # type: ignore[index]  # it is there
    assert f"Mood between {MINUS}2 and +2 on 3 of the last 30 days" in str(first)
    assert first.select(".sparkline-mark") == []
    assert "nothing shared yet" in second.get_text()
    assert "none planned" in second.get_text()
    assert "Your clients" in words(page)
    assert "Who needs attention" not in words(page)


async def test_who_needs_attention_and_why(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    dosed = entry()["sparkline"] | {"doses": ["2026-03-24", "2026-03-27"]}
    why = [
        {"kind": "mood_drop", "mood": -3, "usual": 1.3, "day": "2026-03-30"},
        {"kind": "raised_energy", "number": 3, "day": "2026-03-25"},
        {"kind": "silent_after_dose", "day": "2026-03-24"},
        {"kind": "after_dose", "day": "2026-03-27", "number": 3},
        {"kind": "after_dose", "day": "2026-03-30", "number": 0},
        {"kind": "pinned_lines", "number": 1},
        {"kind": "unopened_entries", "number": 2},
        {"kind": "reading_ends", "at": "2026-04-12T10:00:00Z"},
        {"kind": "of_tomorrow", "number": 2},
    ]
    portal.caseload = [entry(reasons=why, sparkline=dosed, next_session=ahead(days=40)), entry(client=QUIET)]
    page = await browser.open_signed_in(therapist, "/caseload")
    row = soup(page).select("tbody tr:not(.group-row)")[0]
    assert [one.get_text() for one in row.select(".reasons li")] == [
        f"Mood {MINUS}3 on Mon 30 Mar; the mean of their other days is +1.3",
        "Raised energy after short nights on 3 days since Wed 25 Mar",
        "No check-in shared in the four days after the dose of 24 March",
        "3 days after a dose",
        "A dose today",
        "One line pinned for the next session",
        "2 shared journal entries not opened yet",
        "You can read until 12 April",
    ]
    assert "; 2 doses, the last on 27 March" in str(row)
    assert len(row.select(".sparkline-mark")) == 2
    session = row.select_one("a[href*=sessions]")
    assert session is not None
    assert (session.get_text(), session["href"]) == ("Integration session", f"/clients/{ADA}/course/sessions/{SESSION}")
    headings = [said(one) for one in soup(page).select("tbody tr th")]
    assert [headings[0], *headings[2:]] == ["Who needs attention", "Everybody else", "Noor Aziz"]
    assert "from shared entries" in words(page)


async def test_sessions_of_today_and_tomorrow(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.sign_in(therapist)
    now = datetime.now(UTC).astimezone(ZoneInfo(ZONE))
    for days, when in enumerate(("today", "tomorrow")):
        at = (now + timedelta(days=days)).replace(hour=14, minute=5)
        next_session = ahead() | {"planned_at": at.isoformat()}
        portal.caseload = [
            entry(reasons=[{"kind": f"session_{when}", "at": at.isoformat()}], next_session=next_session)
        ]
        (row,) = soup(await browser.get("/caseload")).select("tbody tr:not(.group-row)")
        assert f"Session {when}, 14:05" in said(row)
        assert f"Integration session {when}, 14:05" in said(row)
    open_now = ahead() | {"state": "open"}
    portal.caseload = [entry(reasons=[{"kind": "session_open", "at": now.isoformat()}], next_session=open_now)]
    (row,) = soup(await browser.get("/caseload")).select("tbody tr:not(.group-row)")
    assert "A session is open now" in said(row)
    assert "Integration session open now" in said(row)


async def test_what_waits_is_one_question_for_all_rows(
    *,
    browser: Browser,
    client_person: Person,
    other_client: Person,
    therapist: Person,
    portal: FakePortal,
    messaging: FakeMessaging,
) -> None:
    for person, texts in ((client_person, 2), (other_client, 1)):
        found = messaging.open(person, therapist)
        for number in range(texts):
            messaging.write(found, person, f"Hello {number}")
    people = [{"id": str(one.id), "name": one.name} for one in (client_person, other_client)]
    portal.caseload = [*(entry(client=one) for one in people), entry(client=QUIET)]
    page = await browser.open_signed_in(therapist, "/caseload")
    waiting = [said(row.select("td")[-1]) for row in soup(page).select("tbody tr")]
    assert waiting == ["2 messages", "1 message", ""]
    assert soup(page).select_one(f'a[href="/conversations/{found.id}"]') is not None
    assert messaging.called().count("unread") == 1
    assert len([one for one in messaging.requests if "unread" not in one.url.path]) == 0


async def test_what_waits_in_two_conversations_of_a_client_is_one_number(
    browser: Browser, client_person: Person, therapist: Person, portal: FakePortal, messaging: FakeMessaging
) -> None:
    """In theirs and in their care team's."""
    own, team = messaging.open(client_person, therapist), messaging.open(client_person, therapist)
    team.others = [Person(Role.therapist, "Another")]
    for conversation in (own, team, team):
        messaging.write(conversation, client_person, "Hello")
    portal.caseload = [entry(client={"id": str(client_person.id), "name": client_person.name})]
    page = await browser.open_signed_in(therapist, "/caseload")
    link = soup(page).select("tbody tr td")[-1].select_one("a")
    assert link is not None
    assert (said(link), link["href"]) == ("3 messages", "/messages")


async def test_without_messaging_the_list_says_so(
    browser: Browser, therapist: Person, portal: FakePortal, messaging: FakeMessaging
) -> None:
    messaging.down = True
    portal.caseload = [entry()]
    page = await browser.open_signed_in(therapist, "/caseload")
    assert page.status_code == 200
    assert "How many messages wait is not known at the moment." in words(page)
    assert soup(page).select("tbody tr")


async def test_filters(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.caseload = [entry(reasons=[{"kind": "pinned_lines", "number": 2}]), entry(client=QUIET)]
    await browser.sign_in(therapist)
    page = await browser.get("/caseload?show=attention&q=a")
    assert [said(one) for one in soup(page).select(".periods a")] == [
        "Everybody 2",
        "Need attention 1",
        "After a dose 0",
        "Session within a week 0",
    ]
    assert [one["href"] for one in soup(page).select(".periods a")][:2] == [
        "/caseload?q=a",
        "/caseload?q=a&show=attention",
    ]
    assert [said(one) for one in soup(page).select(".periods [aria-current]")] == ["Need attention 1"]
    assert len(soup(page).select("tbody tr:not(.group-row)")) == 1
    asked = portal.requests[-1].url.params
    assert (asked["limit"], asked["q"], asked["show"]) == (str(FIRST_CLIENTS), "a", "attention")
    page = await browser.get("/caseload?q=nobody-of-this-name")
    assert "Nobody here" in words(page)
    assert soup(page).select_one("input[name=q]")["value"] == "nobody-of-this-name"  # type: ignore[index]  # it is there


@pytest.mark.parametrize("query", ["show=worst", "q=%00", f"q={'x' * 300}"])
async def test_a_filter_that_cannot_be_is_everybody(
    browser: Browser, therapist: Person, portal: FakePortal, query: str
) -> None:
    await browser.sign_in(therapist)
    page = await browser.get(f"/caseload?{query}")
    assert page.status_code == 200
    asked = portal.requests[-1].url.params
    assert (asked["show"], len(asked["q"])) == ("all", 100 if "xxx" in query else 0)


async def test_the_others_follow_the_first_by_themselves(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    pinned = [{"kind": "pinned_lines", "number": 2}]
    portal.caseload, portal.caseload_next = [entry(reasons=pinned)], "further"
    await browser.sign_in(therapist)
    page = await browser.get("/caseload?q=a")
    more = soup(page).select_one("tr.more-row a[hx-trigger=load]")
    assert more is not None
    assert more["href"] == more["hx-get"] == "/caseload?q=a&after=further&within=attention"
    portal.caseload, portal.caseload_next = [entry(reasons=pinned), entry(client=QUIET)], None
    rest = await browser.http.get(str(more["href"]), headers={"hx-request": "true"})
    assert (portal.requests[-1].url.params["after"], portal.requests[-1].url.params["limit"]) == ("further", "500")
    rows = BeautifulSoup(f"<table>{rest.text}</table>", "html.parser")
    headings = [said(one).partition(" 2 lines")[0] for one in rows.select("tr > th")]
    assert headings == ["Ada Lindqvist", "Everybody else", "Noor Aziz"]
    assert rows.select("h1, .more-row") == []


async def test_the_link_to_the_others_is_a_page_of_its_own(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.caseload = [entry(reasons=[{"kind": "pinned_lines", "number": 2}])]
    await browser.sign_in(therapist)
    page = await browser.get("/caseload?after=further&within=attention")
    assert said(soup(page).select("tbody th")[0]) == "Who needs attention"
    assert soup(page).select("h1")


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


async def test_days_of_raised_energy_are_marked_in_drawing_sentence_and_table(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}
    portal.moods = {0: 2, 3: 1, 4: 1}
    portal.marks = {4: "dose"}
    portal.raised = [4, 3, 0]
    shown = soup(await browser.open_signed_in(therapist, f"/clients/{ADA}"))
    figure = shown.select("#balance-curve")[0]
    assert len(figure.select("svg.curve .curve-raised")) == 3
    assert [one.get_text() for one in figure.select("svg.curve .curve-mark-word")] == ["Dose"]
    assert "Raised energy" in figure.select(".legend")[0].get_text()
    summary = figure.select("figcaption")[0].get_text()
    assert "Raised energy after short nights is marked on 3 days, the last on 30 March 2026." in summary
    rows = [one.get_text() for one in figure.select("tbody th")]
    assert rows == ["Thu 26 Mar, a dose, raised energy", "Fri 27 Mar, raised energy", "Mon 30 Mar, raised energy"]
    portal.raised = []
    shown = soup(await browser.get(f"/clients/{ADA}"))
    assert shown.select(".curve-raised") == []
    assert "Raised" not in shown.get_text()


async def test_entries_until_a_day_of_theirs(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    zone = "America/New_York"
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": zone, "since": "2026-01-05T00:00:00Z"}
    await browser.sign_in(therapist)
    assert (await browser.get(f"/clients/{ADA}?until=2026-03-26")).status_code == 200
    asked = [request.url.params.get("to") for request in portal.requests if request.url.path.endswith("check-ins")]
    assert asked == ["2026-03-26T23:59:59.999999-04:00"]
    for wrong in ("tomorrow", "2026-02-30"):
        assert (await browser.get(f"/clients/{ADA}?until={wrong}")).status_code == 404
    assert (await browser.get(f"/clients/{ADA}?until=9999-12-31")).status_code == 200


async def test_a_foreign_client_is_one_refusal(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    await browser.sign_in(therapist)
    assert (await browser.get(f"/clients/{ADA}")).status_code == 404
    assert [request.url.path for request in portal.requests] == [f"/api/portal/clients/{ADA}"]


async def test_nothing_shared(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.clients[ADA] = {"id": ADA, "name": "Ada Lindqvist", "time_zone": "UTC", "since": "2026-01-05T00:00:00Z"}
    page = await browser.open_signed_in(therapist, f"/clients/{ADA}")
    assert "No shared check-in in the last 30 days" in words(page)
