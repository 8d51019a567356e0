"""Touch and support: the client says it, takes it back by one gesture; whoever treats them sees it at the session."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from afterglow_foundation.testing.people import Person

from tests.web.browser import Browser, form_values, soup, words
from tests.web.course.test_desk import ADA, HERE, in_care
from tests.web.fake_journal import problem
from tests.web.fake_portal import FakePortal
from tests.web.fake_preferences import version
from tests.web.fake_treatment import SESSION, course, session

__all__ = ["in_care"]
OWN, CHANGE, BACK = "/path/preferences", "/path/preferences/change", "/path/preferences/withdrawals"
ONE = f"{HERE}/sessions/{SESSION}"


async def test_saying_it_first(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    page = await browser.open_signed_in(client_person, OWN)
    assert "Nothing is said yet" in words(page)
    page = await browser.get(CHANGE)
    assert soup(page).select("input[checked]") == []  # nobody confirms an answer of ours
    fields = form_values(page, "preferences")
    typed = {
        "hand": "ask",
        "music": "no",
        "helps": " Humming.\r\nSoftly. ",
        "unwanted": "",
        "expectations": "A <rest>.",
    }
    answer = await browser.post(CHANGE, fields | typed)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{OWN}?done=saved")
    body = {"hand": "ask", "shoulder": None, "moving": None, "speaking": None, "music": "no", "support_person": None}
    body |= {"helps": "Humming.\nSoftly.", "unwanted": "", "expectations": "A <rest>.", "base_version": 0}
    assert portal.preferences.sent == [("PUT", f"preferences/{fields['id']}", body)]
    assert "It is saved." in words(await browser.get(f"{OWN}?done=saved"))


async def test_changing_it(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.preferences.versions = [version(version=3)]
    fields = form_values(await browser.open_signed_in(client_person, CHANGE), "preferences")
    told = {name: fields.get(name, "") for name in ("hand", "shoulder", "speaking", "helps", "base_version")}
    assert told == {
        "hand": "ask",
        "shoulder": "no",
        "speaking": "",
        "helps": "Somebody <humming>.",
        "base_version": "3",
    }
    await browser.post(CHANGE, fields | {"hand": "yes"})
    assert (portal.preferences.sent[0][2]["hand"], portal.preferences.sent[0][2]["base_version"]) == ("yes", 3)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (409, "preferences_changed", "This was changed since you opened this page."),
        (409, "locked_until_morning", "nothing more can be allowed"),
        (409, "conflict", "This page was used to save something else before"),
        (503, "unavailable", "Nothing was saved"),
    ],
)
async def test_refusals_keep_what_was_typed(
    *, browser: Browser, client_person: Person, portal: FakePortal, status: int, code: str, said: str
) -> None:
    fields = form_values(await browser.open_signed_in(client_person, CHANGE), "preferences")
    portal.preferences.versions = [version(version=4)]
    portal.preferences.refusal = problem(status, code)
    refused = await browser.post(CHANGE, fields | {"hand": "ask", "helps": "Mine"})
    assert refused.status_code == status
    assert said in words(refused)
    again = form_values(refused, "preferences")
    assert (again["hand"], again["helps"].strip()) == ("ask", "Mine")
    assert (again["base_version"] == "4") == (code == "preferences_changed")
    assert (again["id"] == fields["id"]) == (code not in {"preferences_changed", "conflict"})


async def test_what_is_wrong_is_named(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    fields = form_values(await browser.open_signed_in(client_person, CHANGE), "preferences")
    portal.preferences.refusal = problem(422, "invalid_input", "hand", "helps")
    refused = await browser.post(CHANGE, fields | {"hand": "perhaps"})
    assert refused.status_code == 422
    found = [str(one["href"]) for one in soup(refused).select(".error-summary a")]
    assert found == ["#hand", "#helps"]
    assert all(soup(refused).select_one(named) for named in found)


async def test_taking_one_back(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    """Also while it is locked: then nothing else is offered."""
    portal.preferences.versions = [version()]
    portal.preferences.locked_until = "2026-03-11T06:00:00Z"
    page = await browser.open_signed_in(client_person, OWN)
    forms = [
        {str(one["name"]): str(one["value"]) for one in form.select("input")}
        for form in soup(page).select(f'form[action="{BACK}"]')
    ]
    assert [one["wish"] for one in forms] == ["hand", "moving", "support_person"]
    assert len({UUID(one["id"]) for one in forms}) == 3
    assert soup(page).select(f'a[href="{CHANGE}"]') == []
    assert "until the next morning nothing more can be allowed" in words(page)
    answer = await browser.post(BACK, forms[0])
    assert (answer.status_code, answer.headers["location"]) == (303, f"{OWN}?done=withdrawn")
    assert portal.preferences.sent == [("PUT", f"preferences/withdrawals/{forms[0]['id']}", {"wish": "hand"})]
    assert "It is taken back, from this moment." in words(await browser.get(f"{OWN}?done=withdrawn"))
    assert (await browser.post(BACK, {"wish": "hand"})).status_code == 400


async def test_from_my_path(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [course()]
    page = await browser.open_signed_in(client_person, "/path")
    assert soup(page).select(f'#preferences a[href="{OWN}"]')
    assert "counts as no" in words(page)


@pytest.mark.parametrize(("kind", "seen"), [("dosing", True), ("preparation", True), ("counselling", False)])
async def test_at_the_session(
    *, browser: Browser, therapist: Person, portal: FakePortal, kind: str, seen: bool
) -> None:
    portal.preferences.versions = [version()]
    portal.treatment.courses = [course(sessions=[session(kind=kind)])]
    page = await browser.open_signed_in(therapist, ONE)
    card = soup(page).select_one("#preferences")
    assert (card is not None) == seen
    if card:
        said = card.get_text()
        for line in (
            "Holding my hand",
            "Ask me first",
            "Not said, so no",
            "Somebody <humming>.",
            "Questions.",
        ):
            assert line in said
    asked = [dict(one.url.params) for one in portal.requests if one.url.path.endswith("/preferences")]
    assert asked == ([{"client": ADA}] if seen else [])


async def test_what_was_taken_back_since_the_opening_is_told_first(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    opened = datetime.now(UTC).replace(hour=0).isoformat()
    portal.treatment.courses = [course(sessions=[session(state="open", opened_at=opened)])]
    before = version(withdrawn="music", version=2)
    now = version(hand="no", withdrawn="hand", version=3, made_at=datetime.now(UTC).isoformat())
    portal.preferences.versions = [now, before]
    page = await browser.open_signed_in(therapist, ONE)
    notices = [one.get_text() for one in soup(page).select("#preferences .notice")]
    assert len(notices) == 1
    assert "Holding my hand" in notices[0]


async def test_nothing_said_is_told_as_no(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    portal.treatment.courses = [course(sessions=[session()])]
    assert "The client has said nothing yet, so nothing is allowed" in words(
        await browser.open_signed_in(therapist, ONE)
    )


async def test_of_a_session_that_is_over_it_is_told_how_it_stood(
    browser: Browser, therapist: Person, portal: FakePortal
) -> None:
    over = session(state="ended", opened_at="2026-03-10T15:00:00+00:00", ended_at="2026-03-10T18:00:00+00:00")
    portal.treatment.courses = [course(sessions=[over])]
    later = version(hand="yes", helps="A song.", made_at="2026-03-12T09:00:00+00:00", version=2)
    portal.preferences.versions = [later, version()]
    said = words(await browser.open_signed_in(therapist, ONE))
    assert "as it stood then" in said
    assert "Somebody <humming>." in said
    assert "A song." not in said
    assert "What I expect of this treatment Less <weight>." in said
