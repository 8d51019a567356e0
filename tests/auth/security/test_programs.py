"""Programs that somebody allowed in, on their security page: shown, and taken back with all that they were given."""

import pytest
import pytest_asyncio
from afterglow_auth.audit import Verb
from afterglow_auth.consents.models import Consent
from afterglow_auth.consents.service import take_back
from afterglow_auth.sessions.models import Session
from afterglow_auth.sessions.service import SignedIn
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import delete, select
from sqlmodel import col

from tests.auth.arranging import Program, audited
from tests.auth.security.visiting import Visitor

DIARY = "https://diary.example/callback"
SCOPES = "openid profile offline_access portal"


@pytest_asyncio.fixture(loop_scope="session")
async def diary(database: RolledBackDatabase) -> Program:
    async with database.arrange() as session:
        return await Program("diary", DIARY, scopes=SCOPES, built_in=False, run_by="Dusk").register(session)


async def allowed(visitor: Visitor, program: Program) -> dict[str, str]:
    """Allow it; the tokens it gets."""
    asked = await visitor.browser.client.get("/auth/authorize", params=program.request())
    answer = await visitor.browser.consent(asked)
    code = answer.headers["location"].partition("code=")[2].partition("&")[0]
    tokens = await visitor.browser.client.post("/auth/token", data=program.code_form(code))
    assert tokens.status_code == 200, tokens.text
    return dict(tokens.json())


async def test_it_says_what_each_may_do_and_since_when(visitor: Visitor, stranger: Visitor, diary: Program):
    assert "None." in await visitor.look("/programs")
    await allowed(visitor, diary)
    page = await visitor.look("/programs")
    for words in ("The program diary", "Run by Dusk", "check-ins", "Allowed", "Last used"):
        assert words in page
    assert "The program diary" not in await stranger.look("/programs")


async def test_taken_back_it_ends_with_all_it_gave_and_asks_anew(visitor: Visitor, diary: Program):
    tokens = await allowed(visitor, diary)
    bearing = {"authorization": f"Bearer {tokens['access_token']}"}
    client = visitor.browser.client
    assert (await client.get("/auth/userinfo", headers=bearing)).status_code == 200
    assert "Take back what you allowed?" in await visitor.look("/programs/diary")
    await visitor.done("/programs/diary", "/programs?done=removed")
    refreshed = await client.post("/auth/token", data=diary.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"
    assert (await client.get("/auth/userinfo", headers=bearing)).status_code == 401
    assert "None." in await visitor.look("/programs")
    assert (
        (await client.get("/auth/authorize", params=diary.request())).headers["location"].startswith("/auth/consent/")
    )
    assert await visitor.outcomes(Verb.consent_taken_back) == [("success", "diary")]
    assert [letter for letter, _ in await visitor.letters()] == ["program_allowed", "program_removed"]


async def test_a_code_on_its_way_ends_with_it(visitor: Visitor, diary: Program):
    await allowed(visitor, diary)
    given = await visitor.browser.client.get("/auth/authorize", params=diary.request())
    await visitor.done("/programs/diary", "/programs?done=removed")
    code = given.headers["location"].partition("code=")[2].partition("&")[0]
    answer = await visitor.browser.client.post("/auth/token", data=diary.code_form(code))
    assert answer.json()["error"] == "invalid_grant"


async def test_what_it_was_given_without_a_consent_that_is_left_ends_too(
    visitor: Visitor, diary: Program, database: RolledBackDatabase
):
    tokens = await allowed(visitor, diary)
    async with database.arrange() as session:
        signed_in = SignedIn(
            visitor.person,
            (await session.scalars(select(Session).where(col(Session.person_id) == visitor.person.id))).one(),
        )
        await session.execute(delete(Consent))
        assert await take_back(session, signed_in, "diary")
        assert not await take_back(session, signed_in, "diary")
    refreshed = await visitor.browser.client.post("/auth/token", data=diary.refresh_form(tokens["refresh_token"]))
    assert refreshed.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("program_id", ["diary", "web", "nothing"])
async def test_nobody_takes_back_what_others_allowed(
    visitor: Visitor, stranger: Visitor, diary: Program, program_id: str
):
    tokens = await allowed(visitor, diary)
    await stranger.look(f"/programs/{program_id}", status=404)
    await stranger.refused(f"/programs/{program_id}", 404)
    refreshed = await visitor.browser.client.post("/auth/token", data=diary.refresh_form(tokens["refresh_token"]))
    assert refreshed.status_code == 200
    refused = await audited(visitor.database, Verb.consent_taken_back)
    assert [(event.subject_id, event.outcome) for event in refused] == [(stranger.person.id, "refused")] * 2
