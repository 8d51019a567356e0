"""What is hard to take back takes a sign-in of the last ten minutes: resets, staff, and deciding on proposals."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import pytest_asyncio
from afterglow_auth.accounts.models import Person
from afterglow_auth.sessions.models import Session
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import update

from tests.auth.arranging import Browser, Desk, Program, audited, guest, problem


@pytest_asyncio.fixture(loop_scope="session")
async def resting_desk(browser: Browser, staff: dict[str, Person], web: Program, database: RolledBackDatabase) -> Desk:
    """An admin whose session lives, and who signed in an hour ago."""
    await browser.sign_in(staff["admin"].email, web.request())
    await let_proof_grow_old(database)
    return Desk(browser.client, staff["admin"], await bearing(browser, web))


async def let_proof_grow_old(database: RolledBackDatabase) -> None:
    async with database.arrange() as session:
        await session.execute(update(Session).values(auth_time=datetime.now(UTC) - timedelta(hours=1)))


async def bearing(browser: Browser, web: Program, **changes: str) -> dict[str, str]:
    """A token of the browser's session as it is now."""
    answer = await browser.client.get("/auth/authorize", params=web.request(**changes))
    code = httpx.URL(answer.headers["location"]).params["code"]
    tokens = await browser.client.post("/auth/token", data=web.code_form(code))
    return {"authorization": f"Bearer {tokens.json()['access_token']}"}


@pytest.mark.parametrize(
    ("path", "verb"),
    [
        ("/people/{person}/resets/{id}", "people:reset"),
        ("/oauth-clients/{id}", "oauth_clients:write"),
        ("/oauth-clients/{id}/disablement", "oauth_clients:write"),
        ("/oauth-clients/{id}/keys", "oauth_clients:write"),
        ("/practice", "practice:write"),
        ("/practice/logo", "practice:write"),
        ("/proposals/{id}/approval", "proposals:decide"),
    ],
)
async def test_an_old_sign_in_is_challenged(
    resting_desk: Desk, person: Person, database: RolledBackDatabase, path: str, verb: str
):
    answer = await resting_desk.put(path.format(person=person.id, id=new_id()))
    assert problem(answer) == (401, "step_up_needed")
    assert 'error="insufficient_user_authentication"' in answer.headers["www-authenticate"]
    assert 'max_age="600"' in answer.headers["www-authenticate"]
    (kept,) = await audited(database, verb)
    assert (kept.actor_id, kept.outcome, kept.purpose) == (resting_desk.person.id, "refused", "step_up")


async def test_inviting_staff_is_challenged_and_inviting_a_client_is_not(
    resting_desk: Desk, database: RolledBackDatabase
):
    for role in ("therapist", "admin"):
        assert problem(await resting_desk.put(f"/invitations/{new_id()}", guest(role))) == (401, "step_up_needed")
    assert {(kept.outcome, kept.purpose) for kept in await audited(database, "invitation:made")} == {
        ("refused", "step_up")
    }
    assert (await resting_desk.get("/proposals"))["items"] == []
    assert (await resting_desk.put(f"/invitations/{new_id()}", guest("client"))).status_code == 201


async def test_withdrawing_ones_own_proposal_is_not_challenged_and_anothers_is(
    browser: Browser, other_desk: Desk, staff: dict[str, Person], web: Program, database: RolledBackDatabase
):
    desk = await Desk.of(browser, staff["admin"], web)
    own, anothers = await desk.invite("therapist"), await other_desk.invite("therapist")
    await let_proof_grow_old(database)
    desk.headers = await bearing(browser, web)
    assert problem(await desk.put(f"/proposals/{anothers['id']}/withdrawal")) == (401, "step_up_needed")
    assert (await desk.put(f"/proposals/{own['id']}/withdrawal")).json()["state"] == "withdrawn"
    assert [(one.outcome, one.purpose) for one in await audited(database, "proposal:withdrawn")] == [
        ("refused", "step_up"),
        ("success", None),
    ]


async def test_a_refresh_proves_nothing_anew(
    browser: Browser, staff: dict[str, Person], web: Program, database: RolledBackDatabase, person: Person
):
    await browser.sign_in(staff["admin"].email, web.request())
    await let_proof_grow_old(database)
    answer = await browser.client.get("/auth/authorize", params=web.request())
    code = httpx.URL(answer.headers["location"]).params["code"]
    tokens = (await browser.client.post("/auth/token", data=web.code_form(code))).json()
    for _ in range(2):
        form = web.refresh_form(tokens["refresh_token"])
        tokens = (await browser.client.post("/auth/token", data=form)).json()
        desk = Desk(browser.client, staff["admin"], {"authorization": f"Bearer {tokens['access_token']}"})
        assert problem(await desk.put(f"/people/{person.id}/resets/{new_id()}")) == (401, "step_up_needed")
