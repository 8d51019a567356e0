"""What waits for a second person: who asked, when it goes on, and deciding it."""

from datetime import timedelta
from typing import Any

import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.session.models import WebSession, now
from sqlalchemy import update

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words
from tests.web.fake_emergencies import emergency
from tests.web.fake_portal import FakePortal, problem
from tests.web.fake_sealed_notes import opening

ONE, TWO = "0195e3a0-0000-7000-8000-0000000000c1", "0195e3a0-0000-7000-8000-0000000000c2"
GUEST = {"id": None, "name": "Noor Aziz", "email": "noor@example.org", "role": "therapist"}
KIM = {"id": "0195e3a0-0000-7000-8000-00000000ad02", "name": "Kim Colleague"}


@pytest.fixture
def proposed(practice: Practice) -> list[dict[str, Any]]:
    """Inviting a therapist, by the admin, and resetting one, by a colleague."""
    practice.accounts.propose(ONE, "invite", GUEST)
    practice.accounts.propose(TWO, "reset", practice.therapist, own=False, proposed_by=KIM)
    return practice.accounts.proposals


async def test_nothing_waits(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, "/proposals")
    assert "Nothing waits" in words(page)
    assert "None so far." in words(page)
    assert soup(page).select_one("nav [data-count]").has_attr("hidden")  # type: ignore[union-attr]  # it is there
    assert practice.changed() == []


async def test_what_waits(browser: Browser, admin: Person, proposed: list[dict[str, Any]]) -> None:
    proposed[0]["due_at"] = "2026-03-30T20:10:00Z"
    page = await browser.open_signed_in(admin, "/proposals")
    reset, invitation = soup(page).select("article")
    said = " ".join(invitation.get_text(" ").split())
    assert "Invite Noor Aziz as a therapist Asked for by you, Sun 29 Mar, 21:10 E-mail noor@example.org" in said
    assert "Goes on by itself Mon 30 Mar, 21:10, unless somebody withdraws it" in said
    assert "You asked for it, so you cannot approve it." in said
    assert [link.get_text() for link in invitation.select("a")] == ["Withdraw"]
    said = " ".join(reset.get_text(" ").split())
    assert "Reset the password of Hannah Oyelaran, a therapist Asked for by Kim Colleague" in said
    assert "Goes on when another admin approves it" in said
    assert [link.get_text() for link in reset.select("a")] == ["Approve", "Withdraw"]


@pytest.mark.parametrize("path", ["/people", "/people/invite", "/proposals", "/help"])
async def test_how_many_wait_stands_in_the_navigation(
    browser: Browser, admin: Person, proposed: list[dict[str, Any]], path: str
) -> None:
    await browser.open_signed_in(admin)
    page = await browser.get(path)
    count = soup(page).select_one('nav a[href="/proposals"] .pill')
    assert count is not None
    assert (count.get_text(), count.has_attr("hidden")) == (
        ("0 waiting", True) if path == "/nowhere" else ("2 waiting", False)
    )
    assert len(proposed) == 2


@pytest.mark.parametrize("path", ["/people", "/practice", "/emergencies", "/help"])
async def test_so_does_how_many_emergencies_wait_for_a_review(
    browser: Browser, admin: Person, practice: Practice, path: str
) -> None:
    practice.accounts.emergencies.grants = [emergency(), emergency(yours_to_review=False)]
    page = await browser.open_signed_in(admin, path)
    count = soup(page).select_one('nav a[href="/practice"] .pill')
    assert count is not None
    assert (count.get_text(), count.has_attr("hidden")) == ("1 waiting", False)
    told = [one.get_text() for one in soup(page).select('#trust li:has(a[href="/emergencies"]) .pill')]
    assert told == (["1 to be reviewed"] if path == "/practice" else [])


@pytest.mark.parametrize("path", ["/people", "/practice", "/sealed-notes"])
async def test_and_how_often_somebody_waits_for_sealed_notes(
    browser: Browser, admin: Person, practice: Practice, portal: FakePortal, path: str
) -> None:
    practice.accounts.emergencies.grants = [emergency()]
    portal.sealed_notes.openings = [opening(), opening(state="declined")]
    page = await browser.open_signed_in(admin, path)
    assert soup(page).select_one('nav a[href="/practice"] .pill').get_text() == "2 waiting"  # type: ignore[union-attr]  # it is there
    told = [one.get_text() for one in soup(page).select('#trust li:has(a[href="/sealed-notes"]) .pill')]
    assert told == (["1 to be decided"] if path == "/practice" else [])


async def test_without_portal_the_other_numbers_stand(
    browser: Browser, admin: Person, practice: Practice, portal: FakePortal
) -> None:
    practice.accounts.emergencies.grants = [emergency()]
    portal.sealed_notes.refusals["GET"] = problem(503, "unavailable")
    page = await browser.open_signed_in(admin, "/practice")
    assert soup(page).select_one('nav a[href="/practice"] .pill').get_text() == "1 waiting"  # type: ignore[union-attr]  # it is there


async def test_the_number_is_no_condition_for_a_page(browser: Browser, admin: Person, practice: Practice) -> None:
    practice.accounts.answers["GET", "proposals/waiting"] = problem(503, "unavailable")
    page = await browser.open_signed_in(admin, "/people")
    assert page.status_code == 200
    assert soup(page).select_one('nav a[href="/proposals"] .pill').has_attr("hidden")  # type: ignore[union-attr]  # it is there


async def test_a_part_of_a_page_needs_no_number(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    practice.accounts.requests.clear()
    await browser.fragment("/people?q=maya")
    assert practice.accounts.asked("GET") == ["people"]


async def test_nobody_else_is_counted_for(browser: Browser, therapist: Person, practice: Practice) -> None:
    await browser.open_signed_in(therapist, "/help")
    assert practice.accounts.requests == []


@pytest.mark.parametrize(
    ("proposal", "sentences"),
    [
        (ONE, ["An invitation goes to noor@example.org at once.", "becomes a therapist here", "reads what clients"]),
        (
            TWO,
            [
                "every session of theirs ends",
                "or to where they have e-mails sent instead.",
                "Kim Colleague stays on record as the one who asked",
            ],
        ),
    ],
)
async def test_approving_says_what_it_means_and_is_safe_twice(
    browser: Browser,
    admin: Person,
    practice: Practice,
    proposed: list[dict[str, Any]],
    *,
    proposal: str,
    sentences: list[str],
) -> None:
    page = await browser.open_signed_in(admin, f"/proposals/{proposal}/approval")
    assert all(sentence in words(page) for sentence in sentences)
    assert practice.changed() == []
    for _ in range(2):
        answer = await browser.post(f"/proposals/{proposal}/approval")
        assert answer.headers["location"] == "/proposals?notice=approved"
    assert practice.changed() == [("PUT", f"proposals/{proposal}/approval")] * 2
    assert "Approved and carried out." in words(await browser.get(answer.headers["location"]))
    assert len(proposed) == 2


async def test_withdrawing_is_confirmed_and_safe_twice(
    browser: Browser, admin: Person, practice: Practice, proposed: list[dict[str, Any]]
) -> None:
    page = await browser.open_signed_in(admin, f"/proposals/{ONE}/withdrawal")
    assert "Withdraw: invite Noor Aziz as a therapist?" in words(page)
    assert "It stays on record, with who asked for it and who withdrew it." in words(page)
    for _ in range(2):
        answer = await browser.post(f"/proposals/{ONE}/withdrawal")
        assert answer.headers["location"] == "/proposals?notice=proposal-withdrawn"
    assert practice.changed() == [("PUT", f"proposals/{ONE}/withdrawal")] * 2
    assert len(proposed) == 2


async def test_withdrawing_what_one_asked_for_oneself_needs_no_proof_and_the_rest_does(
    browser: Browser,
    admin: Person,
    practice: Practice,
    proposed: list[dict[str, Any]],
    database: RolledBackDatabase,
) -> None:
    await browser.open_signed_in(admin)
    async with database.arrange() as work:
        await work.execute(update(WebSession).values(auth_time=now() - timedelta(hours=1)))
    assert (await browser.get(f"/proposals/{ONE}/withdrawal")).status_code == 200
    assert (await browser.post(f"/proposals/{ONE}/withdrawal")).headers["location"].startswith("/proposals?notice=")
    asked = await browser.get(f"/proposals/{TWO}/withdrawal")
    assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, "/step-up")
    assert practice.changed() == [("PUT", f"proposals/{ONE}/withdrawal")]
    assert len(proposed) == 2


@pytest.mark.parametrize(
    ("act", "status", "code", "sentence"),
    [
        ("approval", 403, "needs_another_person", "You asked for this yourself, so another admin has to approve it."),
        ("approval", 409, "no_longer_open", "This has ended in the meantime"),
        ("approval", 409, "address_taken", "Somebody here has this address already."),
        ("approval", 409, "account_disabled", "This account is disabled."),
        ("approval", 409, "proposer_gone", "Whoever asked for this is not an admin any more."),
        ("withdrawal", 409, "no_longer_open", "This has ended in the meantime"),
    ],
)
async def test_a_refusal_is_said_in_words(
    browser: Browser,
    admin: Person,
    practice: Practice,
    proposed: list[dict[str, Any]],
    *,
    act: str,
    status: int,
    code: str,
    sentence: str,
) -> None:
    await browser.open_signed_in(admin)
    practice.accounts.answers["PUT", f"proposals/{ONE}/{act}"] = problem(status, code)
    answer = await browser.post(f"/proposals/{ONE}/{act}")
    assert answer.status_code == 409
    assert sentence in words(answer)
    assert len(proposed) == 2


async def test_a_proposal_that_there_is_none_of(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    for act in ("approval", "withdrawal"):
        assert (await browser.get(f"/proposals/{ONE}/{act}")).status_code == 404
    assert practice.changed() == []


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        (
            {"state": "carried_out", "approved_by": KIM, "carried_out_at": "2026-03-30T08:00:00Z"},
            "approved by Kim",
        ),
        ({"state": "carried_out", "carried_out_at": "2026-03-30T08:00:00Z"}, "carried out when its time had come, Mon"),
        ({"state": "withdrawn", "withdrawn_by": KIM, "withdrawn_at": "2026-03-30T08:00:00Z"}, "withdrawn by Kim Col"),
        ({"state": "failed", "failed_at": "2026-03-30T08:00:00Z"}, "not carried out: it did not fit any more, Mon"),
    ],
)
async def test_what_became_of_the_rest(
    browser: Browser, admin: Person, proposed: list[dict[str, Any]], values: dict[str, Any], outcome: str
) -> None:
    proposed[0].update(values)
    page = await browser.open_signed_in(admin, "/proposals")
    (row,) = soup(page).select("tbody tr")
    assert outcome in " ".join(row.get_text(" ").split())
    assert len(soup(page).select("article")) == 1


async def test_many(browser: Browser, admin: Person, practice: Practice) -> None:
    for number in range(60):
        proposal = f"0195e3a0-0000-7000-8000-{number:012d}"
        practice.accounts.propose(proposal, "invite", GUEST, state="withdrawn", withdrawn_at="2026-03-30T08:00:00Z")
    page = await browser.open_signed_in(admin, "/proposals")
    link = str(soup(page).find("a", string="Show earlier proposals")["href"])  # type: ignore[index]  # it is there
    part = await browser.http.get(link, headers={"hx-request": "true"})
    assert part.text.count("<th") == 10
