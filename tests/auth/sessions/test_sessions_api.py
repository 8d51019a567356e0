"""Somebody's sessions at the accounts API: seen without where from, ended one by one or all at once."""

from afterglow_auth.accounts.models import Person
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI

from tests.auth.arranging import Browser, Desk, Program, audited, open_browser, problem


async def sign_in_somewhere(app: FastAPI, person: Person, web: Program) -> dict[str, str]:
    async with open_browser(app, "198.51.100.77") as client:
        return await Browser(client).tokens(person.email, web)


async def still_refreshes(desk: Desk, web: Program, tokens: dict[str, str]) -> bool:
    answer = await desk.client.post("/auth/token", data=web.refresh_form(tokens["refresh_token"]))
    return answer.status_code == 200


async def test_one_session_ends_and_the_other_goes_on(
    app: FastAPI, desk: Desk, person: Person, web: Program, database: RolledBackDatabase
):
    first, second = [await sign_in_somewhere(app, person, web) for _ in range(2)]
    page = await desk.get(f"/people/{person.id}/sessions")
    assert len(page["items"]) == 2
    assert set(page["items"][0]) == {"id", "created_at", "auth_time", "last_seen_at", "expires_at"}
    for _ in range(2):
        answer = await desk.ask("DELETE", f"/people/{person.id}/sessions/{page['items'][0]['id']}")
        assert (answer.status_code, answer.text) == (204, "")
    assert [await still_refreshes(desk, web, tokens) for tokens in (first, second)] == [False, True]
    assert [one["id"] for one in (await desk.get(f"/people/{person.id}/sessions"))["items"]] == [page["items"][1]["id"]]
    (kept,) = await audited(database, "session:ended")
    assert (kept.actor_id, kept.subject_id, str(kept.object_id)) == (desk.person.id, person.id, page["items"][0]["id"])


async def test_all_sessions_end_and_the_account_stays_open(
    app: FastAPI, desk: Desk, person: Person, web: Program, database: RolledBackDatabase
):
    tokens = [await sign_in_somewhere(app, person, web) for _ in range(2)]
    assert (await desk.ask("DELETE", f"/people/{person.id}/sessions")).status_code == 204
    assert [await still_refreshes(desk, web, each) for each in tokens] == [False, False]
    shown = await desk.get(f"/people/{person.id}")
    assert (shown["sessions"], shown["state"]) == (0, "active")
    await sign_in_somewhere(app, person, web)
    (kept,) = await audited(database, "sessions:ended")
    assert (kept.actor_id, kept.subject_id) == (desk.person.id, person.id)


async def test_sessions_come_page_by_page(app: FastAPI, desk: Desk, person: Person, web: Program):
    for _ in range(3):
        await sign_in_somewhere(app, person, web)
    found: list[str] = []
    params: dict[str, object] = {"limit": 2}
    for _ in range(2):
        page = await desk.get(f"/people/{person.id}/sessions", **params)
        found += [one["id"] for one in page["items"]]
        params["after"] = page["next"]
    assert (len(set(found)), page["next"]) == (3, None)


async def test_an_admin_may_end_their_own_and_is_then_signed_out(desk: Desk):
    assert (await desk.ask("DELETE", f"/people/{desk.person.id}/sessions")).status_code == 204
    assert problem(await desk.ask("GET", "/me")) == (401, "not_authenticated")


async def test_nobodys_sessions_and_somebody_elses_session_are_not_found(
    app: FastAPI, desk: Desk, person: Person, web: Program, database: RolledBackDatabase
):
    await sign_in_somewhere(app, person, web)
    (session,) = (await desk.get(f"/people/{person.id}/sessions"))["items"]
    for method, path in (
        ("GET", f"/people/{new_id()}/sessions"),
        ("DELETE", f"/people/{new_id()}/sessions"),
        ("DELETE", f"/people/{person.id}/sessions/{new_id()}"),
        ("DELETE", f"/people/{desk.person.id}/sessions/{session['id']}"),
    ):
        assert problem(await desk.ask(method, path)) == (404, "not_found")
    assert len((await desk.get(f"/people/{person.id}/sessions"))["items"]) == 1
    assert [one.outcome for one in await audited(database, "session:ended")] == ["refused"] * 2
