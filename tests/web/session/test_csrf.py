"""Cross-site requests: every combination a foreign page could bring about is refused and audited."""

import pytest
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL, Person
from afterglow_web.base import AuditEvent
from afterglow_web.session.csrf import is_token, make_token, new_secret
from sqlalchemy import select
from sqlmodel import col

from tests.web.browser import Browser, words
from tests.web.fake_portal import FakePortal

CHOICES = {"check_ins": "only_me", "journal": "only_me"}
FOREIGN = "https://elsewhere.example"


async def refusals(database: RolledBackDatabase) -> list[str]:
    async with database.arrange() as session:
        events = await session.execute(select(AuditEvent).where(col(AuditEvent.outcome) == "refused"))
        return [event.action for event in events.scalars()]


@pytest.mark.parametrize(
    ("origin", "site"),
    [
        ("", ""),
        ("null", ""),
        (FOREIGN, ""),
        (f"{BASE_URL}.elsewhere.example", ""),
        (BASE_URL, "cross-site"),
        (BASE_URL, "same-site"),
        (BASE_URL, "none"),
        (FOREIGN, "same-origin"),
        ("", "cross-site"),
    ],
)
async def test_provenance(
    browser: Browser,
    client_person: Person,
    database: RolledBackDatabase,
    origin: str,
    site: str,
) -> None:
    await browser.open_signed_in(client_person)
    answer = await browser.post("/welcome", CHOICES, origin=origin, sec_fetch_site=site)
    assert answer.status_code == 403
    assert "did not come from our own page" in words(answer)
    assert await refusals(database) == ["session:cross_site"]


async def test_nobody_fills_the_audit_without_signing_in(browser: Browser, database: RolledBackDatabase) -> None:
    answer = await browser.post("/welcome", CHOICES, origin=FOREIGN, sec_fetch_site="cross-site")
    assert answer.status_code == 403
    assert await refusals(database) == []


@pytest.mark.parametrize(("origin", "site"), [(BASE_URL, ""), ("null", "same-origin"), ("", "same-origin")])
async def test_our_own_pages(
    browser: Browser, client_person: Person, portal: FakePortal, origin: str, site: str
) -> None:
    """A page with `Referrer-Policy: no-referrer` posts `Origin: null`; Fetch Metadata then says where it was."""
    await browser.open_signed_in(client_person)
    answer = await browser.post("/welcome", CHOICES, origin=origin, sec_fetch_site=site)
    assert answer.status_code == 303
    assert portal.choices == CHOICES


# Random, so it bears a name of its own: every worker must collect the same tests.
OF_ANOTHER = pytest.param(make_token(new_secret()), id="of-another-session")


@pytest.mark.parametrize("token", ["", "AAAA", "é", OF_ANOTHER, "A" * 86, "=" * 9])
async def test_token(browser: Browser, client_person: Person, portal: FakePortal, token: str) -> None:
    await browser.open_signed_in(client_person)
    answer = await browser.post("/welcome", {**CHOICES, "csrf_token": token})
    assert answer.status_code == 403
    assert portal.requests == []


async def test_token_of_another_session(
    browser: Browser, other_browser: Browser, client_person: Person, other_client: Person, portal: FakePortal
) -> None:
    await browser.open_signed_in(client_person)
    await other_browser.open_signed_in(other_client)
    answer = await browser.post("/welcome", {**CHOICES, "csrf_token": other_browser.token})
    assert answer.status_code == 403
    assert portal.requests == []


async def test_a_tab_from_an_earlier_sign_in(
    browser: Browser, client_person: Person, database: RolledBackDatabase
) -> None:
    """Refused, audited, and told as what it is."""
    await browser.open_signed_in(client_person)
    answer = await browser.post("/welcome", {**CHOICES, "csrf_token": make_token(new_secret())})
    assert answer.status_code == 403
    assert "Somebody else has signed in in this browser since, or you signed in again." in words(answer)
    assert "did not come from our own page" not in words(answer)
    assert await refusals(database) == ["session:wrong_token"]


async def test_sign_out_needs_it_too(browser: Browser, client_person: Person) -> None:
    await browser.open_signed_in(client_person)
    assert (await browser.post("/sign-out", {"csrf_token": ""})).status_code == 403
    assert (await browser.get("/welcome")).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/json5"])
async def test_json_is_json(browser: Browser, client_person: Person, portal: FakePortal, kind: str) -> None:
    """A foreign page can send these without asking, so JSON under such a name is not JSON."""
    await browser.open_signed_in(client_person)
    answer = await browser.put(
        f"/check-ins/{new_id()}", content='{"mood": 1}', headers={"content-type": kind} if kind else {}
    )
    assert answer.status_code == 415
    assert answer.headers["content-type"] == "application/problem+json"
    assert portal.requests == []


@pytest.mark.parametrize("headers", [{"origin": FOREIGN}, {"sec-fetch-site": "cross-site"}])
async def test_json_from_elsewhere(
    browser: Browser, client_person: Person, portal: FakePortal, headers: dict[str, str]
) -> None:
    await browser.open_signed_in(client_person)
    answer = await browser.put(f"/check-ins/{new_id()}", json={"mood": 1}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "cross_site"
    assert portal.requests == []


async def test_a_form_posted_as_json_or_text(browser: Browser, client_person: Person, portal: FakePortal) -> None:
    await browser.open_signed_in(client_person)
    headers = {"origin": BASE_URL, "content-type": "text/plain"}
    answer = await browser.http.post("/welcome", content="check_ins=only_me&journal=only_me", headers=headers)
    assert answer.status_code == 415
    assert portal.requests == []


def test_tokens_are_masked() -> None:
    secret = new_secret()
    tokens = {make_token(secret) for _ in range(20)}
    assert len(tokens) == 20
    assert all(is_token(token, secret) for token in tokens)
    assert not is_token(next(iter(tokens)), new_secret())
    assert not is_token("", secret)
