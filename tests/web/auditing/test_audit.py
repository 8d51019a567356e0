"""Who did what: every part's events in one order, in plain words, with names; and that somebody looked."""

from typing import Any

import pytest
from afterglow_auth.audit import Verb
from afterglow_auth.permissions import Permission as AtAuth
from afterglow_design.practice import Practice
from afterglow_foundation.security_events.standing import RefusedStanding
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_messaging.audit_actions import AuditAction as InMessaging
from afterglow_messaging.permissions import Permission as AtMessaging
from afterglow_portal.audit_actions import AuditAction as InPortal
from afterglow_portal.permissions import Permission as AtPortal
from afterglow_web.auditing import wording
from afterglow_web.base import AuditEvent
from afterglow_web.permissions import Permission as AtWeb
from sqlalchemy import select
from sqlmodel import col

from tests.web.browser import Browser, soup, words
from tests.web.fake_accounts import FakeAccounts, account
from tests.web.fake_events import event
from tests.web.fake_messaging import FakeMessaging
from tests.web.fake_portal import FakePortal, problem

ADA, BEN = "0195e3a0-0000-7000-8000-00000000000a", "0195e3a0-0000-7000-8000-00000000000b"


@pytest.fixture
def kept(accounts: FakeAccounts, portal: FakePortal, messaging: FakeMessaging) -> FakeAccounts:
    """One event after the other, here and there."""
    accounts.desk.names = {ADA: "Ada Admin", BEN: "Ben Client"}
    accounts.desk.events = [event(1, actor_id=ADA, actor_role="admin", subject_id=ADA)]
    accounts.desk.events += [event(4, action="person:disabled", actor_id=ADA, subject_id=BEN, outcome="refused")]
    portal.events = [event(2, action="check_in.created", actor_id=BEN, subject_id=BEN)]
    messaging.events = [event(3, action="message.sent", actor_id=BEN, subject_id=BEN)]
    return accounts


def acts(answer: Any) -> list[str]:
    return [one.get_text(" ", strip=True) for one in soup(answer).select("#events th[scope=row]")]


@pytest.mark.usefixtures("kept")
async def test_events_of_every_part_stand_in_one_order_with_names(browser: Browser, admin: Person) -> None:
    await browser.open_signed_in(admin, "/audit")
    page = await browser.get("/audit?since=2020-01-01&until=2099-01-01")
    told = [act for act in acts(page) if act not in {"Opened the pages", "Read what the audit keeps"}]
    assert told == ["Disabled an account", "Sent a message", "Saved a check-in", "Signed in"]
    assert "Ada Admin" in words(page)
    assert soup(page).select_one(f'#events a[href="/people/{BEN}"]')
    assert "refused" in words(page)


@pytest.mark.usefixtures("kept")
async def test_one_part_alone(browser: Browser, admin: Person, portal: FakePortal, messaging: FakeMessaging) -> None:
    page = await browser.open_signed_in(admin, "/audit?service=portal")
    assert acts(page) == ["Saved a check-in"]
    assert portal.requests
    assert messaging.requests == []


async def test_the_cursor_of_one_page_fits_every_part(
    browser: Browser, admin: Person, accounts: FakeAccounts, portal: FakePortal
) -> None:
    accounts.desk.events = [event(number, action="person:read") for number in range(1, 140, 2)]
    portal.events = [event(number, action="check_in.read") for number in range(2, 141, 2)]
    seen: list[str] = []
    address = "/audit?service=&action="
    await browser.open_signed_in(admin)
    page = await browser.get(address)
    while True:
        seen += [act for act in acts(page) if act in {"Looked at an account", "Opened a check-in"}]
        link = soup(page).select_one(".more-row a")
        if link is None:
            break
        page = await browser.get(str(link["href"]))
    assert seen == ["Opened a check-in", "Looked at an account"] * 70


async def test_htmx_gets_the_rows_alone(browser: Browser, admin: Person, accounts: FakeAccounts) -> None:
    accounts.desk.events = [event(1)]
    await browser.open_signed_in(admin, "/audit")
    rows = await browser.http.get("/audit?service=auth", headers={"hx-request": "true"})  # rows alone are no page part
    assert "<form" not in rows.text
    assert "Signed in" in rows.text


async def test_somebody_is_found_by_name_or_chosen(browser: Browser, admin: Person, accounts: FakeAccounts) -> None:
    client = account(1, name="Maya Lindqvist")
    accounts.people = [client, account(2, name="Hannah Oyelaran")]
    accounts.desk.events = [event(1, subject_id=client["id"]), event(2, subject_id=BEN)]
    await browser.open_signed_in(admin, "/audit")
    page = await browser.get(f"/audit?service=auth&who={client['email']}")
    assert (acts(page), "What Maya Lindqvist did" in words(page)) == (["Signed in"], True)
    several = await browser.get("/audit?service=auth&who=example")
    chosen = soup(several).find(id="candidates")
    assert chosen is not None
    page = await browser.get(str(chosen.select_one("a")["href"]))  # type: ignore[index]  # it is there
    assert page.status_code == 200
    nobody = await browser.get("/audit?who=Nobody+At+All")
    assert nobody.status_code == 422
    assert "Nobody here has this name" in words(nobody)


@pytest.mark.parametrize(("name", "typed"), [("since", "yesterday"), ("until", "2026-02-30"), ("until", "9999-12-31")])
async def test_a_day_that_is_none_is_named(browser: Browser, admin: Person, name: str, typed: str) -> None:
    await browser.open_signed_in(admin)
    page = await browser.get(f"/audit?{name}={typed}")
    assert page.status_code == 422
    field = soup(page).find(id=name)
    assert field is not None
    assert field["aria-invalid"] == "true"


async def test_what_there_is_none_of_is_as_good_as_none(browser: Browser, admin: Person) -> None:
    await browser.open_signed_in(admin)
    page = await browser.get("/audit?service=x&action=x&outcome=x&person=x&after=x")
    assert page.status_code == 200


@pytest.mark.usefixtures("kept")
async def test_a_part_that_does_not_answer_is_said(
    browser: Browser, admin: Person, portal: FakePortal, messaging: FakeMessaging
) -> None:
    portal.down = True
    messaging.answers["GET", "audit-events"] = problem(503, "unavailable")
    await browser.open_signed_in(admin, "/audit")
    page = await browser.get("/audit?service=&since=2020-01-01")
    assert page.status_code == 200
    assert "do not answer at the moment" in words(page)
    assert "Disabled an account" in acts(page)


async def test_looking_is_kept_here_too(browser: Browser, admin: Person, database: RolledBackDatabase) -> None:
    page = await browser.open_signed_in(admin, "/audit?service=web")
    assert "Read what the audit keeps" in acts(page)
    async with database.arrange() as session:
        (event,) = await session.scalars(select(AuditEvent).where(col(AuditEvent.action) == "audit:read"))
    assert (event.actor_id, event.outcome) == (admin.id, "success")


async def test_nobody_else_looks(browser: Browser, therapist: Person, portal: FakePortal) -> None:
    assert (await browser.open_signed_in(therapist, "/audit")).status_code == 403
    assert portal.requests == []


def test_every_verb_of_every_part_has_its_words() -> None:
    kept = {str(verb) for verbs in (Verb, InPortal, InMessaging, RefusedStanding) for verb in verbs}
    refused = {str(one) for permissions in (AtAuth, AtPortal, AtMessaging, AtWeb) for one in permissions}
    assert sorted((kept | refused) - set(wording.WORDS)) == []


def test_settings_of_the_practice_that_were_changed_are_named() -> None:
    assert wording.SETTINGS.keys() == Practice.model_fields.keys() - {"logo"}
    assert wording.purpose_words("name telephone") == "name, telephone"
    assert wording.purpose_words("name <b>") == "<code>name &lt;b&gt;</code>"


def test_a_verb_of_a_newer_part_is_shown_as_it_is() -> None:
    assert wording.purpose_words("something_new") == "<code>something_new</code>"
    assert "<b>" not in wording.purpose_words("<b>")


def test_why_a_part_acting_for_somebody_was_refused_has_words_behind_its_name() -> None:
    assert wording.purpose_words("portal: step_up") == "<code>portal</code>: asked to prove it anew first"
    assert wording.purpose_words("<b>: step_up").startswith("<code>&lt;b&gt;</code>")
    assert wording.purpose_words("portal: something_new") == "<code>portal: something_new</code>"
