"""Every page and form of the security page: is somebody there, is the form ours, is it still them."""

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

import pytest
from afterglow_auth.accounts.service import disable
from afterglow_auth.audit import AuditEvent
from afterglow_auth.main import create
from afterglow_auth.security.visits import START
from afterglow_auth.settings import Settings
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.walker import walk
from sqlalchemy import func, select, text
from sqlmodel import col

from tests.auth.security.visiting import Visitor, words

LOOKING = {"", "/activity", "/notices/confirm", "/notices/sent", "/passkeys", "/programs", "/sessions"}  # no change
BY_ITS_LINK = {"/notices/confirm"}  # whoever asked for it has proved who they are


@pytest.fixture(scope="module")
def gets(settings: Settings) -> list[str]:
    return routes(settings, "GET")


@pytest.fixture(scope="module")
def posts(settings: Settings) -> list[str]:
    return routes(settings, "POST")


def routes(settings: Settings, method: str) -> list[str]:
    found = [route.path for route in walk(create(settings)) if route.method == method and route.path.startswith(START)]
    assert len(found) > 10
    ids = dict.fromkeys(("passkey_id", "program_id", "session_id"), new_id())
    return [path.removeprefix(START).format(**ids) for path in found]


async def traces(database: RolledBackDatabase) -> tuple[int, int]:
    """Events in the audit that are no refusals, and letters."""
    async with database.arrange() as session:
        done = select(func.count()).where(col(AuditEvent.outcome) == "success")
        return (
            await session.scalar(done) or 0,
            await session.scalar(text("SELECT count(*) FROM jobs.pgqueuer")) or 0,
        )


async def test_without_a_session_everything_leads_to_sign_in_and_back(visitor: Visitor, gets: Sequence[str]):
    visitor.browser.client.cookies.clear()
    for path in gets:
        answer = await visitor.browser.client.get(START + path)
        assert answer.status_code == 303, path
        there = urlsplit(answer.headers["location"])
        assert (there.path, parse_qs(there.query)["next"]) == ("/auth/sign-in", [START + path])


async def test_what_changes_something_wants_a_proof_of_the_last_minutes(
    visitor: Visitor, gets: Sequence[str], posts: Sequence[str]
):
    await visitor.grow_stale()
    before = await traces(visitor.database)
    asked = [("GET", path) for path in gets if path not in LOOKING]
    asked += [("POST", path) for path in posts if path not in BY_ITS_LINK]
    for method, path in asked:
        sent = {"data": {"csrf_token": visitor.token, "name": "N"}} if method == "POST" else {}
        answer = await visitor.browser.client.request(method, START + path, **sent)
        assert answer.status_code == 303, (method, path)
        there = urlsplit(answer.headers["location"])
        assert (there.path, parse_qs(there.query)["next"]) == ("/auth/sign-in/confirm", [START + path])
    assert await traces(visitor.database) == before
    for path in sorted(LOOKING - BY_ITS_LINK - {"/notices/sent"}):
        await visitor.look(path)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(visitor: Visitor, posts: Sequence[str], headers: dict[str, str]):
    before = await traces(visitor.database)
    for path in posts:
        sent = {"csrf_token": visitor.token, "name": "N"}
        answer = await visitor.browser.client.post(START + path, data=sent, headers=headers)
        assert answer.status_code == 403, path
        assert "set-cookie" not in answer.headers
    assert await traces(visitor.database) == before
    async with visitor.database.arrange() as session:
        forged = select(func.count()).where(
            col(AuditEvent.purpose) == "forged_form", col(AuditEvent.subject_id) == visitor.person.id
        )
        assert await session.scalar(forged) == len(posts)


async def test_a_form_without_its_browsers_token_changes_nothing(
    visitor: Visitor, stranger: Visitor, posts: Sequence[str]
):
    before = await traces(visitor.database)
    for path in posts:
        for token in ("", "0" * 64, stranger.token):
            answer = await visitor.browser.client.post(START + path, data={"csrf_token": token, "name": "N"})
            assert answer.status_code == 403, path
            assert "Open the page again" in words(answer)
    assert await traces(visitor.database) == before


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
async def test_only_a_form_is_a_form(visitor: Visitor, posts: Sequence[str], content_type: str):
    for path in posts:
        headers = {"content-type": content_type}
        answer = await visitor.browser.client.post(START + path, content=b'{"csrf_token": "x"}', headers=headers)
        assert answer.status_code == 400, path


@pytest.mark.parametrize("body", [b"csrf_token=a&csrf_token=b", b"name=%00", b"name=\xff", b"name=" + b"x" * 70_000])
async def test_what_cannot_be_read_is_refused(visitor: Visitor, posts: Sequence[str], body: bytes):
    for path in posts:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await visitor.browser.client.post(START + path, content=body, headers=headers)
        assert answer.status_code in {400, 403, 413}, path


async def test_whoever_was_disabled_changes_nothing(visitor: Visitor, posts: Sequence[str]):
    async with visitor.database.arrange() as session:
        await disable(session, visitor.person.id)
    before = await traces(visitor.database)
    for path in posts:
        answer = await visitor.send(path, name="N")
        assert answer.headers["location"].startswith("/auth/sign-in?next="), path
    assert await traces(visitor.database) == before


async def test_a_session_that_ran_out_changes_nothing(visitor: Visitor, posts: Sequence[str]):
    async with visitor.database.arrange() as session:
        await session.execute(text("UPDATE sessions SET last_seen_at = now() - interval '8 days'"))
    for path in posts:
        answer = await visitor.send(path, name="N")
        assert answer.headers["location"].startswith("/auth/sign-in?next="), path


async def test_an_id_that_is_none_is_a_calm_page(visitor: Visitor):
    for path in ("/passkeys/nonsense", "/sessions/nonsense"):
        answer = await visitor.browser.client.get(START + path)
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"].startswith("text/html")
