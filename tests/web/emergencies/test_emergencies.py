"""Opening a record in an emergency, who sees that it was, and its review."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from afterglow_foundation.testing.people import Person
from afterglow_web.emergencies import asking

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, in_care
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_emergencies import GRANT, NAMES, WHY, emergency, explained
from tests.web.fake_journal import problem
from tests.web.fake_portal import FakePortal

__all__ = ["in_care"]
OPEN, LIST, ONE = "/emergency", "/emergencies", f"/emergencies/{GRANT}"
TYPED = {"email": " ada@example.org ", "reason": "danger", "words": WHY}


async def test_opening_a_record(
    browser: Browser, therapist: Person, portal: FakePortal, accounts: FakeAccounts
) -> None:
    page = await browser.open_signed_in(therapist, OPEN)
    assert soup(page).select("main input[name=reason][checked]") == []
    fields = form_values(page, "emergency")
    portal.reasons.unknown = 2  # the grant is still on its way
    answer = await browser.post(OPEN, fields | TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/clients/{emergency()['client']['id']}")
    assert accounts.emergencies.sent == [("open", {"email": "ada@example.org", "reason": "danger"})]
    assert portal.reasons.sent == [(f"break-glass/{fields['id']}", {"words": WHY})]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"email": " "}, "email", "Type the whole e-mail address"),
        ({"reason": ""}, "reason", "Choose what kind of emergency"),
        ({"reason": "curious"}, "reason", "Choose what kind of emergency"),
        ({"words": " "}, "words", "Write why"),
        ({"words": "x" * 1001}, "words", "Write why"),
    ],
)
async def test_what_is_missing_is_named_before_anything_is_opened(
    *,
    browser: Browser,
    therapist: Person,
    accounts: FakeAccounts,
    changes: dict[str, str],
    field: str,
    sentence: str,
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, OPEN), "emergency") | TYPED | changes
    answer = await browser.post(OPEN, fields)
    assert answer.status_code == 422
    (link,) = soup(answer).select(".error-summary a")
    assert (link["href"], sentence in words(answer)) == (f"#{field}", True)
    assert accounts.emergencies.sent == []


@pytest.mark.parametrize(
    ("status", "code", "shown", "sentence"),
    [
        (404, "not_found", 422, "No client signs in with exactly this address"),
        (409, "already_assigned", 409, "You treat this client"),
        (409, "already_open", 409, "opened this record already"),
        (409, "conflict", 409, "Send it once more"),
        (429, "too_many_requests", 429, "Wait some minutes"),
    ],
)
async def test_what_auth_refuses_is_said_and_what_was_typed_kept(
    *,
    browser: Browser,
    therapist: Person,
    portal: FakePortal,
    accounts: FakeAccounts,
    status: int,
    code: str,
    shown: int,
    sentence: str,
) -> None:
    fields = form_values(await browser.open_signed_in(therapist, OPEN), "emergency")
    accounts.answers["PUT", f"break-glass/{fields['id']}"] = problem(status, code)
    answer = await browser.post(OPEN, fields | TYPED)
    assert (answer.status_code, sentence in words(answer)) == (shown, True)
    again = form_values(answer, "emergency")
    assert again["words"] == WHY
    assert (again["id"] == fields["id"]) is (code != "conflict")
    assert portal.reasons.sent == []


async def test_a_grant_that_does_not_arrive_is_sent_once_more(
    browser: Browser, therapist: Person, portal: FakePortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PAUSES", (0.0,))
    fields = form_values(await browser.open_signed_in(therapist, OPEN), "emergency")
    portal.reasons.unknown = 2
    answer = await browser.post(OPEN, fields | TYPED)
    assert (answer.status_code, "not open yet" in words(answer)) == (503, True)
    assert (await browser.post(OPEN, form_values(answer, "emergency"))).status_code == 303


@pytest.mark.parametrize("said_before", [False, True])
async def test_a_record_that_is_open_already_gets_its_words_and_is_shown(
    *, browser: Browser, therapist: Person, portal: FakePortal, accounts: FakeAccounts, said_before: bool
) -> None:
    """As where the page was closed before the words had arrived: the record would stay closed for an hour."""
    lasting = {"ends_at": (datetime.now(UTC) + timedelta(minutes=30)).isoformat()}
    own = {"therapist": {"id": str(therapist.id), "name": therapist.name}}
    accounts.emergencies.grants = [emergency(**lasting, **own), emergency(**own), emergency(**lasting)]
    fields = form_values(await browser.open_signed_in(therapist, OPEN), "emergency")
    accounts.answers["PUT", f"break-glass/{fields['id']}"] = problem(409, "already_open")
    if said_before:
        portal.answers["PUT", f"break-glass/{GRANT}"] = problem(409, "conflict")
    answer = await browser.post(OPEN, fields | TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/clients/{emergency()['client']['id']}")
    assert portal.reasons.sent == ([] if said_before else [(f"break-glass/{GRANT}", {"words": WHY})])


async def test_the_chart_says_so(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.reasons.items = [explained(), explained(starts_at=(datetime.now(UTC) - timedelta(days=31)).isoformat())]
    page = await browser.open_signed_in(therapist, f"/clients/{ADA}")
    (card,) = soup(page).select("#opened")
    assert "<nobody>" in card.get_text()
    assert [link["href"] for link in card.select("a")] == [ONE]
    portal.clients[ADA]["reading_ends_at"] = "2026-03-30T14:40:00Z"
    assert "You can read until Mon 30 Mar" in words(await browser.get(f"/clients/{ADA}"))
    portal.clients[ADA]["open_until"] = "2026-03-30T14:40:00Z"
    assert "Open to you until" in words(await browser.get(f"/clients/{ADA}"))


def lasting(therapist: Person) -> dict[str, Any]:
    """Opened by whoever is signed in, and open still."""
    own = {"id": str(therapist.id), "name": therapist.name}
    return {"therapist": own, "ends_at": (datetime.now(UTC) + timedelta(minutes=30)).isoformat()}


async def test_the_chart_has_a_button_to_be_done(
    browser: Browser, therapist: Person, portal: FakePortal, accounts: FakeAccounts
) -> None:
    own = lasting(therapist)
    accounts.emergencies.grants = [emergency(**own, yours_to_end=True, yours_to_review=False)]
    portal.clients[ADA]["open_until"] = own["ends_at"]
    portal.reasons.items = [explained(), explained(**own)]
    page = await browser.open_signed_in(therapist, f"/clients/{ADA}")
    done = await browser.post(f"{ONE}/end", form_values(page, "open-now"))
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}?ended=true")
    assert accounts.emergencies.sent == [("end", GRANT)]
    listed = await browser.get(done.headers["location"])
    assert "the record is closed again" in words(listed)
    assert "ended early" in words(listed)
    assert soup(listed).select(f'form[action="{ONE}/end"]') == []
    assert f"Ended early by {NAMES['therapist']}" in words(await browser.get(ONE))


@pytest.mark.parametrize("own", [False, True])
async def test_whoever_treats_the_client_and_whose_hour_is_over_have_none(
    *, browser: Browser, therapist: Person, portal: FakePortal, own: bool
) -> None:
    values = lasting(therapist)
    portal.reasons.items = [explained(**{"therapist" if own else "ends_at": values["therapist" if own else "ends_at"]})]
    page = await browser.open_signed_in(therapist, f"/clients/{ADA}")
    assert soup(page).select("#open-now") == []


async def test_an_admin_ends_it_from_the_list_or_from_its_page(
    browser: Browser, admin: Person, accounts: FakeAccounts
) -> None:
    accounts.emergencies.grants = [emergency(yours_to_end=True)]
    listed = await browser.open_signed_in(admin, LIST)
    assert soup(listed).select_one(f'#waiting form[action="{ONE}/end"] button') is not None
    done = await browser.post(f"{ONE}/end", form_values(await browser.get(ONE), "end"))
    assert (done.status_code, accounts.emergencies.sent) == (303, [("end", GRANT)])


async def test_one_that_is_not_theirs_to_end(browser: Browser, therapist: Person, accounts: FakeAccounts) -> None:
    accounts.emergencies.grants = [emergency()]
    fields = form_values(await browser.open_signed_in(therapist, ONE), "review")
    for status, code in ((403, "forbidden"), (404, "not_found")):
        accounts.answers["PUT", f"break-glass/{GRANT}/end"] = problem(status, code)
        assert (await browser.post(f"{ONE}/end", fields)).status_code == status


async def test_the_client_reads_when_it_ended_early(
    browser: Browser, client_person: Person, portal: FakePortal
) -> None:
    portal.reasons.items = [explained(ended_early=True)]
    said = "before the hour was over"
    assert said in words(await browser.open_signed_in(client_person, "/access-log"))
    portal.reasons.items = [explained()]
    assert said not in words(await browser.get("/access-log"))


async def test_the_client_reads_who_and_why(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.reasons.items = [explained()]
    portal.openings = [
        {
            "id": GRANT,
            "at": "2026-03-30T14:40:00Z",
            "actor_id": GRANT,
            "actor_name": "Mateo Villanueva",
            "actor_role": "therapist",
            "action": "client.opened",
            "object_id": GRANT,
            "in_emergency": True,
            "kind": "record",
        }
    ]
    page = await browser.open_signed_in(client_person, "/access-log")
    assert "<nobody>" in words(page)
    assert "Mateo Villanueva, a therapist who does not treat you, opened your record." in words(page)
    assert soup(page).select("#opened a") == []


@pytest.mark.parametrize("role", ["therapist", "admin"])
async def test_reviewing_it(
    *, browser: Browser, therapist: Person, admin: Person, portal: FakePortal, accounts: FakeAccounts, role: str
) -> None:
    """Whoever treats the client reads the words; an admin who, whose, when and which kind of reason."""
    accounts.emergencies.grants = [emergency(review_due_at="2026-03-01T00:00:00Z")]
    portal.reasons.items = [explained()]
    listed = await browser.open_signed_in(therapist if role == "therapist" else admin, LIST)
    assert (
        soup(listed).select_one(f'main p a[href="{"/caseload" if role == "therapist" else "/practice"}"]') is not None
    )
    assert "overdue" in words(listed)
    assert soup(listed).select_one(f'#waiting a[href="{ONE}"]') is not None
    page = await browser.get(ONE)
    assert ("<nobody>" in words(page)) is (role == "therapist")
    fields = form_values(page, "review")
    wrong = await browser.post(ONE, fields | {"remark": "Rang first."})
    assert (wrong.status_code, form_values(wrong, "review")["remark"]) == (422, "Rang first.")
    done = await browser.post(ONE, fields | {"outcome": "in_order", "remark": "Rang first."})
    assert (done.status_code, done.headers["location"]) == (303, f"{LIST}?reviewed=true")
    assert accounts.emergencies.sent == [("review", {"outcome": "in_order", "remark": "Rang first."})]
    assert "Your review is kept." in words(await browser.get(done.headers["location"]))
    assert "Rang first." in words(await browser.get(ONE))


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [(409, "reviewed_before", "reviewed this meanwhile"), (422, "invalid_input", "Write at most 1,000 characters")],
)
async def test_a_review_that_is_refused_keeps_what_was_typed(
    *, browser: Browser, admin: Person, accounts: FakeAccounts, status: int, code: str, sentence: str
) -> None:
    accounts.emergencies.grants = [emergency()]
    fields = form_values(await browser.open_signed_in(admin, ONE), "review")
    accounts.answers["PUT", f"break-glass/{GRANT}/review"] = problem(status, code)
    answer = await browser.post(ONE, fields | {"outcome": "to_follow_up", "remark": "Rang first."})
    assert (answer.status_code, sentence in words(answer)) == (status, True)
    assert form_values(answer, "review")["remark"] == "Rang first."


async def test_nothing_to_review(browser: Browser, admin: Person) -> None:
    assert "Nothing to review" in words(await browser.open_signed_in(admin, LIST))
    assert (await browser.get(ONE)).status_code == 404
