"""An invite form that comes after the session's end: nothing typed is lost, and only its writer sees it again."""

from datetime import UTC, datetime, timedelta

import pytest
from afterglow_foundation.callers import Role
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.session.models import KeptForm, WebSession
from sqlalchemy import select, update

from tests.web.admin.practice import Practice
from tests.web.browser import Browser, form_values, words

TYPED = {"name": "Noor Aziz", "email": "noor@example.org", "role": "therapist", "time_zone": "Asia/Tokyo"}


@pytest.fixture
async def lapsed(browser: Browser, admin: Person, database: RolledBackDatabase) -> dict[str, str]:
    """What is posted by a form whose session has run out in between."""
    page = await browser.open_signed_in(admin, "/people/invite")
    async with database.arrange() as session:
        await session.execute(update(WebSession).values(last_seen_at=datetime.now(UTC) - timedelta(minutes=16)))
    return {**form_values(page, "invite"), **TYPED}


async def test_it_is_there_after_signing_in_again(
    browser: Browser, admin: Person, practice: Practice, database: RolledBackDatabase, lapsed: dict[str, str]
) -> None:
    answer = await browser.post("/people/invite", lapsed)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Fpeople%2Finvite%3Fkept%3D")
    assert practice.changed() == []
    begun = await browser.get(answer.headers["location"])
    back = await browser.get(browser.auth.authorize(begun.headers["location"], admin))
    page = await browser.get(back.headers["location"])
    assert "What you typed is still here; nobody is invited yet." in words(page)
    again = form_values(page, "invite")
    assert (TYPED | {"id": lapsed["id"]}).items() <= again.items()
    assert (await browser.post("/people/invite", again)).status_code == 303
    assert practice.changed() == [("PUT", f"invitations/{lapsed['id']}")]
    async with database.arrange() as session:
        assert (await session.scalars(select(KeptForm))).all() == []


async def test_another_admin_does_not_see_it(
    browser: Browser, practice: Practice, database: RolledBackDatabase, lapsed: dict[str, str]
) -> None:
    await browser.post("/people/invite", lapsed)
    async with database.arrange() as session:
        (kept,) = (await session.scalars(select(KeptForm))).all()
    assert b"noor@example.org" not in kept.fields
    page = await browser.open_signed_in(Person(Role.admin, "Kim Colleague"), f"/people/invite?kept={kept.id}")
    assert form_values(page, "invite")["email"] == ""
    assert practice.changed() == []


async def test_without_a_session_it_was_for_it_is_said(browser: Browser, practice: Practice) -> None:
    answer = await browser.post("/people/invite", TYPED)
    assert answer.status_code == 401
    assert "Copy your words before you leave this page: Noor Aziz" in words(answer)
    assert practice.changed() == []
