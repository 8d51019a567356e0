"""Download a conversation: said before, freshly proved, a file with a quiet name; or why there is none."""

from datetime import timedelta

import httpx
import pytest
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import Person
from afterglow_web.session.models import WebSession, now
from sqlalchemy import update

from tests.web.browser import Browser, soup, words
from tests.web.fake_messaging import FakeConversation, FakeMessaging
from tests.web.fake_portal import problem


@pytest.fixture
def conversation(client_person: Person, therapist: Person, messaging: FakeMessaging) -> FakeConversation:
    return messaging.open(client_person, therapist, "The sea", "# *no* [markup]")


def page_of(conversation: FakeConversation) -> str:
    return f"/conversations/{conversation.id}/export"


async def test_it_is_said_and_then_it_comes(
    browser: Browser, client_person: Person, conversation: FakeConversation
) -> None:
    before = await browser.open_signed_in(client_person, f"/conversations/{conversation.id}")
    assert soup(before).select_one(f'a[href="{page_of(conversation)}"]') is not None
    asked = words(await browser.get(page_of(conversation)))
    assert "The file is not protected once it leaves" in asked
    assert "The client sees" not in asked
    answer = await browser.post(page_of(conversation), {"kind": "json"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith('attachment; filename="messages-20')
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "no-store" in answer.headers["cache-control"]
    assert [one["text"] for one in answer.json()["messages"]] == ["The sea", "# *no* [markup]"]


async def test_a_therapist_is_told_that_the_client_sees_it(
    browser: Browser, therapist: Person, conversation: FakeConversation
) -> None:
    assert "The client sees that you downloaded it." in words(
        await browser.open_signed_in(therapist, page_of(conversation))
    )


async def test_a_sign_in_from_long_ago_is_proved_anew(
    browser: Browser, client_person: Person, conversation: FakeConversation, database: RolledBackDatabase
) -> None:
    await browser.open_signed_in(client_person, page_of(conversation))
    async with database.arrange() as work:
        await work.execute(update(WebSession).values(auth_time=now() - timedelta(hours=1)))
    answer = await browser.get(page_of(conversation))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/step-up?next=%2Fconversations%2F")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [(403, "export_unavailable", "Please ask the practice."), (409, "conversation_too_long", "too long for one file")],
)
async def test_why_there_is_none(
    *,
    browser: Browser,
    client_person: Person,
    messaging: FakeMessaging,
    conversation: FakeConversation,
    status: int,
    code: str,
    said: str,
) -> None:
    await browser.open_signed_in(client_person, page_of(conversation))
    path = f"conversations/{conversation.id}/exports"
    messaging.answers["POST", path] = problem(status, code)
    answer = await browser.post(page_of(conversation))
    assert answer.status_code == status
    assert said in words(answer)
    assert "content-disposition" not in answer.headers
    messaging.answers["POST", path] = httpx.Response(503)
    assert (await browser.post(page_of(conversation))).status_code >= 500


async def test_a_conversation_of_others(browser: Browser, other_client: Person, conversation: FakeConversation) -> None:
    assert (await browser.open_signed_in(other_client, page_of(conversation))).status_code == 404
    assert (await browser.post(page_of(conversation))).status_code == 404


@pytest.mark.usefixtures("in_spanish")
async def test_in_spanish(browser: Browser, client_person: Person, conversation: FakeConversation) -> None:
    assert "Descargar esta conversación" in words(await browser.open_signed_in(client_person, page_of(conversation)))
