"""Every act on somebody: it asks first where it takes something away, is done once, and says what happened."""

import re

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.base import AuditEvent
from sqlalchemy import select
from sqlmodel import col

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, soup, words
from tests.web.fake_portal import problem

ID = "0195e3a0-0000-7000-8000-0000000000"


def fill(pattern: str, practice: Practice) -> str:
    """A pattern with the ids of the practice in it."""
    ids = {name: getattr(practice, name)["id"] for name in ("client", "therapist", "guest", "disabled", "care")}
    return pattern.format(**ids, session=f"{ID}e1", invitation=practice.guest["invitation"]["id"])


CONFIRMED = [
    pytest.param(
        "/people/{client}/disablement",
        [("PUT", "people/{client}/disablement")],
        "Maya Lindqvist is signed out everywhere within seconds and cannot sign in.",
        "/people/{client}?notice=disabled",
        id="disable",
    ),
    pytest.param(
        "/people/{client}/sessions/end",
        [("DELETE", "people/{client}/sessions")],
        "whoever knows the password can sign in again at once",
        "/people/{client}?notice=sessions-ended",
        id="end-sessions",
    ),
    pytest.param(
        "/people/{client}/care/{care}/end",
        [("PUT", "care-relationships/{care}/end")],
        "Hannah Oyelaran can read what Maya Lindqvist has shared for 14 more days",
        "/people/{client}?notice=care-ended",
        id="end-care",
    ),
    pytest.param(
        "/people/{guest}/invitations/{invitation}/withdrawal",
        [("PUT", "invitations/{invitation}/withdrawal")],
        "The account that was prepared for them is disabled.",
        "/people/{guest}?notice=invitation-withdrawn",
        id="withdraw-invitation",
    ),
]
AT_ONCE = [
    pytest.param(
        "/people/{client}/sessions/{session}/end",
        ("DELETE", "people/{client}/sessions/{session}"),
        "/people/{client}?notice=session-ended",
        id="end-session",
    ),
    pytest.param(
        "/people/{disabled}/enablement",
        ("DELETE", "people/{disabled}/disablement"),
        "/people/{disabled}?notice=enabled",
        id="enable",
    ),
    pytest.param(
        "/people/{guest}/invitations/{invitation}/mails",
        ("POST", "invitations/{invitation}/mails"),
        "/people/{guest}?notice=sent-again",
        id="send-again",
    ),
]


@pytest.mark.parametrize(("address", "asked", "sentence", "told"), CONFIRMED)
async def test_what_takes_something_away_is_confirmed(
    *,
    browser: Browser,
    admin: Person,
    practice: Practice,
    address: str,
    asked: list[tuple[str, str]],
    sentence: str,
    told: str,
) -> None:
    path = fill(address, practice)
    question = await browser.open_signed_in(admin, path)
    assert sentence in words(question)
    assert "What stays" in words(question)
    assert practice.changed() == []
    form = soup(question).select_one("main form")
    assert form is not None
    assert form["action"] == path
    back = soup(question).select_one("main a.button")
    assert back is not None
    assert back["href"] == fill(told, practice).partition("?")[0]
    for _ in range(2):  # a double click, or Back and once more
        answer = await browser.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, fill(told, practice))
    assert practice.changed() == [(method, fill(one, practice)) for method, one in asked] * 2
    assert soup(await browser.get(fill(told, practice))).select_one(".notice") is not None


@pytest.mark.parametrize(("address", "asked", "told"), AT_ONCE)
async def test_what_takes_nothing_away_is_done_at_once(
    browser: Browser, admin: Person, practice: Practice, *, address: str, asked: tuple[str, str], told: str
) -> None:
    await browser.open_signed_in(admin)
    for _ in range(2):
        answer = await browser.post(fill(address, practice))
        assert (answer.status_code, answer.headers["location"]) == (303, fill(told, practice))
    assert practice.changed() == [(asked[0], fill(asked[1], practice))] * 2
    assert (await browser.get(fill(address, practice))).status_code == 405


EVERY = [*(param.values[0] for param in CONFIRMED), *(param.values[0] for param in AT_ONCE), "/people/{client}/reset"]


@pytest.mark.parametrize("address", [*EVERY, "/people/{client}/care/new", "/people/invite"])
async def test_each_needs_the_token_of_the_form(
    browser: Browser, admin: Person, practice: Practice, database: RolledBackDatabase, address: str
) -> None:
    await browser.open_signed_in(admin)
    answer = await browser.post(fill(address, practice), {"csrf_token": "", "id": f"{ID}01"})
    assert answer.status_code == 403
    foreign = await browser.post(fill(address, practice), {"id": f"{ID}01"}, origin="https://elsewhere.example")
    assert foreign.status_code == 403
    assert practice.changed() == []
    async with database.arrange() as session:
        kept = await session.scalars(select(AuditEvent.action).where(col(AuditEvent.outcome) == "refused"))
        assert sorted(kept) == ["session:cross_site", "session:wrong_token"]


REFUSED = [
    (
        "/people/{client}/disablement",
        "PUT people/{client}/disablement",
        409,
        "last_admin",
        "only admin who can sign in",
    ),
    ("/people/{client}/disablement", "PUT people/{client}/disablement", 403, "own_account", "to their own account"),
    ("/people/{disabled}/enablement", "DELETE people/{disabled}/disablement", 409, "no_longer_open", "has ended in"),
    (
        "/people/{guest}/invitations/{invitation}/mails",
        "POST invitations/{invitation}/mails",
        409,
        "no_longer_open",
        "This has ended in the meantime",
    ),
    (
        "/people/{guest}/invitations/{invitation}/withdrawal",
        "PUT invitations/{invitation}/withdrawal",
        409,
        "no_longer_open",
        "This has ended in the meantime",
    ),
    ("/people/{client}/care/{care}/end", "PUT care-relationships/{care}/end", 409, "no_longer_open", "has ended in"),
]


@pytest.mark.parametrize(("address", "asked", "status", "code", "sentence"), REFUSED)
async def test_a_refusal_is_said_in_words_and_leads_back(
    *,
    browser: Browser,
    admin: Person,
    practice: Practice,
    address: str,
    asked: str,
    status: int,
    code: str,
    sentence: str,
) -> None:
    await browser.open_signed_in(admin)
    method, path = fill(asked, practice).split()
    practice.accounts.answers[method, path] = problem(status, code)
    answer = await browser.post(fill(address, practice))
    assert answer.status_code == 409
    notice = soup(answer).select_one(".notice-alarm")
    assert notice is not None
    assert sentence in notice.get_text()
    assert not re.search(r"own_account|last_admin|no_longer_open", words(answer))


async def test_a_question_about_care_that_is_over_leads_nowhere(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    practice.care["ended_at"] = "2026-03-30T00:00:00Z"
    answer = await browser.open_signed_in(admin, practice.page("client", "care", practice.care["id"], "end"))
    assert answer.status_code == 404


async def test_a_question_about_another_ones_invitation_leads_nowhere(
    browser: Browser, admin: Person, practice: Practice
) -> None:
    other = practice.page("client", "invitations", practice.guest["invitation"]["id"], "withdrawal")
    assert (await browser.open_signed_in(admin, other)).status_code == 404


async def test_ending_ones_own_sessions_says_so(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("own", "sessions", "end"))
    assert "You are signed out too, here and everywhere else." in words(page)


async def test_a_client_is_reset_at_once(browser: Browser, admin: Person, practice: Practice) -> None:
    page = await browser.open_signed_in(admin, practice.page("client", "reset"))
    assert "goes to person1@practice.example, or to where they have e-mails sent instead." in words(page)
    assert "second" not in words(page)
    fields = posted(page)
    for _ in range(2):
        answer = await browser.post(practice.page("client", "reset"), fields)
        assert answer.headers["location"] == f"{practice.page('client')}?notice=reset"
    assert practice.changed() == [("PUT", f"people/{practice.client['id']}/resets/{fields['id']}")] * 2


@pytest.mark.parametrize(
    ("wait", "sentence"),
    [
        (None, "Another admin has to approve it first."),
        ("P1D", "It waits a day; the other staff are told by mail, and it can be withdrawn until then."),
        ("PT36H", "It waits 36 hours;"),
    ],
)
async def test_one_of_the_staff_waits(
    browser: Browser, admin: Person, practice: Practice, wait: str | None, sentence: str
) -> None:
    practice.accounts.single_admin_wait = wait
    page = await browser.open_signed_in(admin, practice.page("therapist", "reset"))
    assert f"Hannah Oyelaran is one of the staff. {sentence}" in words(page)
    answer = await browser.post(practice.page("therapist", "reset"), posted(page))
    assert answer.headers["location"] == "/proposals?notice=reset-proposed"
    assert "Asked for, and not done yet" in words(await browser.get(answer.headers["location"]))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("account_disabled", "This account is disabled."),
        ("no_account_yet", "They have not taken up their invitation yet."),
        ("already_proposed", "This waits for a second person already"),
        ("own_account", "Nobody does this to their own account."),
    ],
)
async def test_a_reset_that_is_refused(
    browser: Browser, admin: Person, practice: Practice, code: str, sentence: str
) -> None:
    page = await browser.open_signed_in(admin, practice.page("client", "reset"))
    fields = posted(page)
    practice.accounts.answers["PUT", f"people/{practice.client['id']}/resets/{fields['id']}"] = problem(409, code)
    answer = await browser.post(practice.page("client", "reset"), fields)
    assert answer.status_code == 409
    assert sentence in words(answer)


async def test_a_reset_without_an_id_is_none(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    for fields in ({}, {"id": "../sessions"}):
        assert (await browser.post(practice.page("client", "reset"), fields)).status_code == 422
    assert practice.changed() == []


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/people/{client}/disablement", "/people/{client}"),
        ("/people/{client}/care/new", "/people/{client}"),
        ("/proposals/{client}/approval", "/proposals"),
    ],
)
async def test_a_sign_in_in_between_leads_back_and_says_that_nothing_was_done(
    browser: Browser, admin: Person, practice: Practice, address: str, page: str
) -> None:
    answer = await browser.post(fill(address, practice))
    assert answer.status_code == 303
    begun = await browser.get(answer.headers["location"])
    back = await browser.get(browser.auth.authorize(begun.headers["location"], admin))
    assert back.headers["location"] == f"{fill(page, practice)}?notice=signed-out"
    assert "You were signed out in between, so nothing was changed." in words(
        await browser.get(back.headers["location"])
    )
    assert practice.changed() == []


async def test_the_same_where_auth_has_ended_the_session(browser: Browser, admin: Person, practice: Practice) -> None:
    await browser.open_signed_in(admin)
    practice.accounts.answers["PUT", f"people/{practice.client['id']}/disablement"] = problem(401, "not_authenticated")
    answer = await browser.post(practice.page("client", "disablement"))
    assert answer.headers["location"].startswith("/sign-in?next=%2Fpeople%2F")


def posted(page: httpx.Response) -> dict[str, str]:
    """What the one form of a question posts."""
    form = soup(page).select_one("main form")
    assert form is not None
    return {str(field["name"]): str(field["value"]) for field in form.select("input")}
