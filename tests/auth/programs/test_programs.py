"""Programs: registered once, changed by version, with keys that are sent and never fetched, ended with all they had."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from afterglow_auth.accounts.models import Person
from afterglow_auth.backchannel.addresses import refuse_unreachable
from afterglow_auth.oauth.models import Authorization
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.errors import InvalidInput
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.testing.databases import RolledBackDatabase
from fastapi import FastAPI
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlmodel import col

from tests.auth.arranging import (
    FEWER_ROUNDS,
    Browser,
    Desk,
    Program,
    add_person,
    answered,
    audited,
    is_sign_in_page,
    open_browser,
    problem,
)

KEY = ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)
OTHER = ECKey.generate_key("P-256", {"kid": "two"}).as_dict(private=False)
ADMIN = RowContext(new_id(), Role.admin)


def public(**changes: Any) -> dict[str, Any]:
    words = {"name": "Mood diary", "redirect_uris": ["http://127.0.0.1:8765/callback"], "scopes": ["openid", "profile"]}
    return {**words, "kind": "public", **changes}


def confidential(**changes: Any) -> dict[str, Any]:
    return public(redirect_uris=["https://diary.example/callback"], kind="confidential", jwks={"keys": [KEY]}) | changes


def words_of(program: dict[str, Any], **changes: Any) -> dict[str, Any]:
    names = ("name", "redirect_uris", "post_logout_redirect_uris", "scopes", "version")
    return {name: program[name] for name in names} | changes


async def register(desk: Desk, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await desk.put(f"/oauth-clients/{new_id()}", wanted or confidential())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_program_is_registered_once(desk: Desk, database: RolledBackDatabase):
    identifier, wanted = new_id(), confidential()
    first = await desk.put(f"/oauth-clients/{identifier}", wanted)
    again = await desk.put(f"/oauth-clients/{identifier}", wanted)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() == await desk.get(f"/oauth-clients/{identifier}")
    made = first.json()
    assert (made["client_id"], made["version"], made["built_in"]) == (str(identifier), 1, False)
    other = await desk.put(f"/oauth-clients/{identifier}", confidential(name="Another"))
    assert problem(other) == (409, "conflict")
    events = [event for event in await audited(database, "oauth_client:registered") if event.actor_id]
    assert [(event.object_id, event.outcome) for event in events] == [(identifier, "success"), (identifier, "refused")]


async def test_where_it_is_told_of_a_sessions_end_is_kept_and_changed(desk: Desk, settings: Settings):
    told = {"backchannel_logout_uri": "https://diary.example/out", "backchannel_logout_session_required": True}
    made = await register(desk, confidential(**told))
    assert {name: made[name] for name in told} == told
    path = f"/oauth-clients/{made['client_id']}/versions"
    moved = await desk.ask("POST", path, words_of(made, backchannel_logout_uri="http://127.0.0.1:8765/out"))
    assert (moved.status_code, moved.json()["backchannel_logout_session_required"]) == (200, False)
    refused = await desk.ask("POST", path, words_of(moved.json(), backchannel_logout_uri="https://192.168.0.1/"))
    assert [error["field"] for error in refused.json()["errors"]] == ["backchannel_logout_uri"]
    production = settings.model_copy(update={"environment": "production"})
    for address in ("http://127.0.0.1:8765/out", "https://localhost/out", "https://[::1]/out"):
        refuse_unreachable(settings, address)
        with pytest.raises(InvalidInput):
            refuse_unreachable(production, address)


async def test_it_is_held_to_push_its_requests_and_to_prove_a_key(desk: Desk, other_browser: Browser):
    made = await register(desk, public())
    path = f"/oauth-clients/{made['client_id']}/versions"
    demands = ("require_pushed_authorization_requests", "dpop_bound_access_tokens")
    program = Program(made["client_id"], "http://127.0.0.1:8765/callback", kind="public", scopes="openid profile")
    for held in (True, False):
        made = (await desk.ask("POST", path, words_of(made, **dict.fromkeys(demands, held)))).json()
        assert [made[name] for name in demands] == [held, held]
        forget_clients(desk)
        asked = await other_browser.client.get("/auth/authorize", params=program.request())
        assert answered(asked).get("error") == ("invalid_request" if held else None)
        redeemed = await other_browser.client.post("/auth/token", data=program.code_form("unknown"))
        assert redeemed.json()["error"] == ("invalid_dpop_proof" if held else "invalid_grant")


async def test_people_sign_in_to_it_with_the_keys_it_brought(desk: Desk, other_browser: Browser, person: Any):
    program = Program("", "https://diary.example/callback", scopes="openid profile offline_access")
    wanted = confidential(jwks={"keys": [program.key.as_dict(private=False)]}, scopes=program.scopes.split())
    program.client_id = (await register(desk, wanted))["client_id"]
    tokens = await other_browser.tokens(person.email, program)
    refreshed = await other_browser.client.post("/auth/token", data=program.refresh_form(tokens["refresh_token"]))
    assert refreshed.status_code == 200, refreshed.text


async def test_a_program_on_a_device_is_led_back_to_by_its_own_scheme(desk: Desk, other_browser: Browser, person: Any):
    made = await register(desk, public(redirect_uris=["example.diary.app:/callback"]))
    program = Program(made["client_id"], "example.diary.app:/callback", kind="public", scopes="openid profile")
    answer = await other_browser.consent(await other_browser.sign_in(person.email, program.request()))
    assert answer.headers["location"].startswith("example.diary.app:/callback?")
    assert "code" in answered(answer)


async def test_a_change_is_made_from_a_version_and_repeats_do_no_harm(desk: Desk, database: RolledBackDatabase):
    made = await register(desk)
    path = f"/oauth-clients/{made['client_id']}/versions"
    change = words_of(made, name="Calm diary", redirect_uris=["https://calm.example/callback"])
    first, again = await desk.ask("POST", path, change), await desk.ask("POST", path, change)
    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    assert (first.json()["name"], first.json()["version"], first.json()["jwks"]) == ("Calm diary", 2, made["jwks"])
    late = await desk.ask("POST", path, words_of(made, name="Loud diary"))
    assert problem(late) == (409, "changed_meanwhile")
    events = await audited(database, "oauth_client:changed")
    assert [(event.outcome, event.purpose) for event in events] == [
        ("success", made["client_id"]), ("refused", made["client_id"]),
    ]  # fmt: skip


async def test_only_the_new_addresses_are_led_back_to(desk: Desk, other_browser: Browser):
    made = await register(desk, public())
    program = Program(made["client_id"], "http://127.0.0.1:8765/callback", kind="public", scopes="openid profile")
    assert is_sign_in_page(await other_browser.client.get("/auth/authorize", params=program.request()))
    path = f"/oauth-clients/{made['client_id']}/versions"
    moved = words_of(made, redirect_uris=["http://127.0.0.1:8766/callback"])
    assert (await desk.ask("POST", path, moved)).status_code == 200
    forget_clients(desk)
    assert (await other_browser.client.get("/auth/authorize", params=program.request())).status_code == 400


def forget_clients(desk: Desk) -> None:
    """As after the moment for which a process remembers a client."""
    app: FastAPI = desk.client._transport.app  # type: ignore[attr-defined]  # httpx has no way to ask
    app.state.provider.clients._known.clear()


async def test_other_keys_replace_those_there_were(desk: Desk, database: RolledBackDatabase):
    made = await register(desk)
    path = f"/oauth-clients/{made['client_id']}/keys"
    answer = await desk.put(path, {"version": 1, "jwks": {"keys": [KEY, OTHER]}})
    assert [key["kid"] for key in answer.json()["jwks"]["keys"]] == ["one", "two"]
    assert problem(await desk.put(path, {"version": 1, "jwks": {"keys": [OTHER]}})) == (409, "changed_meanwhile")
    on_a_device = await register(desk, public())
    refused = await desk.put(f"/oauth-clients/{on_a_device['client_id']}/keys", {"version": 1, "jwks": {"keys": [KEY]}})
    assert [error["field"] for error in refused.json()["errors"]] == ["jwks"]
    assert [event.outcome for event in await audited(database, "oauth_client:keys_changed")] == ["success", "refused"]


SCOPES = "openid profile email offline_access"
DIARY, CALM = "https://diary.example/callback", "https://calm.example/callback"


@dataclass
class Allowed:
    """A program that somebody signed in to, and the refresh token that it was given."""

    desk: Desk
    browser: Browser
    program: Program
    token: str

    @classmethod
    async def by(cls, person: Person, desk: Desk, browser: Browser, **asked: str) -> "Allowed":
        program = Program("", DIARY, scopes=SCOPES)
        keys, addresses = {"keys": [program.key.as_dict(private=False), KEY | {"kid": "spare"}]}, [DIARY, CALM]
        made = await register(desk, confidential(jwks=keys, redirect_uris=addresses, scopes=SCOPES.split()))
        program.client_id = made["client_id"]
        token = (await browser.tokens(person.email, program, prompt="login", **asked))["refresh_token"]
        return cls(desk, browser, program, token)

    async def change(self, **changes: Any) -> None:
        path = f"/oauth-clients/{self.program.client_id}"
        wanted = words_of(await self.desk.get(path), **changes)
        for _ in range(2):
            assert (await self.desk.ask("POST", f"{path}/versions", wanted)).status_code == 200

    async def give_keys(self, *keys: dict[str, Any]) -> None:
        path = f"/oauth-clients/{self.program.client_id}"
        wanted = {"version": (await self.desk.get(path))["version"], "jwks": {"keys": list(keys)}}
        for _ in range(2):
            assert (await self.desk.put(f"{path}/keys", wanted)).status_code == 200

    async def lasts(self) -> bool:
        """Whether the token is still exchanged; the next one takes its place."""
        forget_clients(self.desk)
        form = self.program.refresh_form(self.token)
        answer = (await self.browser.client.post("/auth/token", data=form)).json()
        self.token = answer.get("refresh_token", self.token)
        assert answer.get("error", "invalid_grant") == "invalid_grant"
        return "access_token" in answer


async def test_what_exceeds_a_narrower_registration_ends(
    desk: Desk, other_browser: Browser, person: Person, database: RolledBackDatabase
):
    everything = await Allowed.by(person, desk, other_browser)
    less = await Allowed.by(person, desk, other_browser, scope="openid profile offline_access")
    for one in (everything, less):
        await one.change(name="Calm diary", redirect_uris=[DIARY], post_logout_redirect_uris=["https://diary.example/"])
        assert await one.lasts()
        await one.change(scopes=["openid", "profile", "offline_access"])
    assert [await everything.lasts(), await less.lasts()] == [False, True]
    await less.change(redirect_uris=[CALM])
    assert not await less.lasts()
    ended = await audited(database, "token:revoked")
    assert [(one.actor_id, one.subject_id, one.purpose, one.outcome) for one in ended] == [
        (desk.person.id, person.id, "program changed", "success")
    ] * 2
    async with database.arrange() as session:
        why = await session.scalars(
            select(Authorization).where(col(Authorization.id).in_(one.object_id for one in ended))
        )
        assert {one.revoked_because for one in why} == {"program changed"}


async def test_with_a_key_that_is_taken_away_all_ends_that_people_allowed(
    desk: Desk, other_browser: Browser, person: Person, database: RolledBackDatabase
):
    allowed = await Allowed.by(person, desk, other_browser)
    own, spare = (await desk.get(f"/oauth-clients/{allowed.program.client_id}"))["jwks"]["keys"]
    await allowed.give_keys(own, spare, OTHER)
    assert await allowed.lasts()
    await allowed.give_keys(own, OTHER)
    assert not await allowed.lasts()
    (ended,) = await audited(database, "token:revoked")
    assert (ended.actor_id, ended.subject_id, ended.purpose) == (desk.person.id, person.id, "program keys changed")


async def test_a_code_that_was_given_by_what_was_registered_before_is_good_for_nothing(
    desk: Desk, other_browser: Browser, person: Person, monkeypatch: pytest.MonkeyPatch
):
    """A process remembers a client for a moment, here a longer one, and may give a code by it after the change."""
    monkeypatch.setattr("afterglow_auth.oauth.clients.KNOWN_FOR", 600.0)
    forget_clients(desk)
    allowed = await Allowed.by(person, desk, other_browser)
    known = await desk.client._transport.app.state.provider.clients.find(allowed.program.client_id)  # type: ignore[attr-defined]  # httpx has no way to ask
    assert "email" in known.scopes
    await allowed.change(scopes=["openid", "profile"])
    code = answered(await other_browser.client.get("/auth/authorize", params=allowed.program.request()))["code"]
    answer = await other_browser.client.post("/auth/token", data=allowed.program.code_form(code))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_disabling_ends_what_people_allowed_it_and_enabling_brings_nothing_back(
    desk: Desk, other_browser: Browser, person: Any, database: RolledBackDatabase
):
    scopes = "openid profile offline_access"
    made = await register(desk, public(scopes=scopes.split()))
    program = Program(made["client_id"], "http://127.0.0.1:8765/callback", kind="public", scopes=scopes)
    tokens = await other_browser.tokens(person.email, program)
    path = f"/oauth-clients/{made['client_id']}/disablement"
    for _ in range(2):
        assert (await desk.put(path)).json()["disabled_at"]
    forget_clients(desk)
    own = {"authorization": f"Bearer {tokens['access_token']}"}
    assert (await other_browser.client.get("/auth/userinfo", headers=own)).status_code == 401
    form = program.refresh_form(tokens["refresh_token"])
    assert (await other_browser.client.post("/auth/token", data=form)).status_code == 401
    assert (await other_browser.client.get("/auth/authorize", params=program.request())).status_code == 400
    for _ in range(2):
        assert (await desk.ask("DELETE", path)).json()["disabled_at"] is None
    assert (await other_browser.client.post("/auth/token", data=form)).json()["error"] == "invalid_grant"
    assert (await other_browser.client.get("/auth/authorize", params=program.request())).status_code == 303
    (ended,) = await audited(database, "token:revoked")
    assert (ended.actor_id, ended.subject_id, ended.purpose) == (desk.person.id, person.id, "program disabled")
    assert len(await audited(database, "oauth_client:disabled")) == 1
    assert len(await audited(database, "oauth_client:enabled")) == 1


async def test_a_program_that_opens_records_is_led_nowhere_else_by_an_admin(desk: Desk, database: RolledBackDatabase):
    """Its codes are worth people's records: an admin who gave it an address of their own would read them."""
    async with database.arrange() as session:
        await Program("diary", "https://diary.example/callback", scopes="openid portal").register(session)
    shown = await desk.get("/oauth-clients/diary")
    answers = [
        await desk.ask("POST", "/oauth-clients/diary/versions", words_of(shown, scopes=["openid"])),
        await desk.put("/oauth-clients/diary/keys", {"version": 1, "jwks": {"keys": [KEY]}}),
    ]
    assert [problem(answer) for answer in answers] == [(403, "built_in")] * 2
    assert await desk.get("/oauth-clients/diary") == shown


async def test_the_systems_own_are_shown_and_stay_as_they_are(desk: Desk, database: RolledBackDatabase):
    shown = await desk.get("/oauth-clients/web")
    assert shown["built_in"]
    answers = [
        await desk.ask("POST", "/oauth-clients/web/versions", words_of(shown, name="Mine", scopes=["openid"])),
        await desk.put("/oauth-clients/web/keys", {"version": 1, "jwks": {"keys": [KEY]}}),
        await desk.put("/oauth-clients/web/disablement"),
        await desk.ask("DELETE", "/oauth-clients/web/disablement"),
    ]
    assert [problem(answer) for answer in answers] == [(403, "built_in")] * 4
    assert await desk.get("/oauth-clients/web") == shown
    for verb in ("changed", "keys_changed", "disabled", "enabled"):
        (event,) = await audited(database, f"oauth_client:{verb}")
        assert (event.actor_id, event.outcome, event.purpose) == (desk.person.id, "refused", "web")


@pytest.mark.parametrize("act", ["versions", "keys", "disablement"])
async def test_nobody_changes_what_is_not_there(desk: Desk, act: str):
    body = {"versions": words_of(confidential(version=1, post_logout_redirect_uris=[]))}
    body |= {"keys": {"version": 1, "jwks": {"keys": [KEY]}}}
    answer = await desk.ask("POST" if act == "versions" else "PUT", f"/oauth-clients/nobody/{act}", body.get(act))
    assert problem(answer) == (404, "not_found")


@pytest.mark.usefixtures("desk")
async def test_the_database_lets_admins_only_and_not_even_them_touch_the_systems_own(database: RolledBackDatabase):
    touch = text("UPDATE oauth_clients SET name = 'Mine' WHERE client_id = 'web' RETURNING name")
    for context in (ADMIN, RowContext(new_id(), Role.therapist), RowContext()):
        async with database.unit_of_work(context) as session:
            assert (await session.execute(touch)).all() == []
    insert = text("""
        INSERT INTO oauth_clients (client_id, name, kind, redirect_uris, post_logout_redirect_uris,
            token_endpoint_auth_method, scopes, grants, created_at)
        VALUES (:client_id, 'x', :kind, '{}', '{}', :method, '{}', '{}', now())
    """)
    mine = {"client_id": "x", "kind": "public", "method": "none"}
    service = {"client_id": "y", "kind": "service", "method": "private_key_jwt"}
    for context, values in ((RowContext(), mine), (RowContext(new_id(), Role.client), mine), (ADMIN, service)):
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with database.unit_of_work(context) as session:
                await session.execute(insert, values)
    async with database.unit_of_work(ADMIN) as session:
        await session.execute(insert, mine)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"kind": "service"}, "kind"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["https://diary.example/a"] * 2}, "redirect_uris"),
        ({"redirect_uris": ["https://diary.example/*"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://*.diary.example/"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://diary.example/#x"]}, "redirect_uris.0"),
        ({"redirect_uris": ["https://diary.example/", "http://diary.example/"]}, "redirect_uris.1"),
        ({"redirect_uris": ["https://a@diary.example/"]}, "redirect_uris.0"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris.0"),
        ({"redirect_uris": ["data:text/html,x"]}, "redirect_uris.0"),
        ({"redirect_uris": ["example.diary.app:/callback"]}, "redirect_uris.0"),  # it is a confidential one
        ({"redirect_uris": ["https://diary.example/" + "a" * 300]}, "redirect_uris.0"),
        ({"redirect_uris": [f"https://diary.example/{number}" for number in range(11)]}, "redirect_uris"),
        ({"post_logout_redirect_uris": ["example.diary.app:/out"]}, "post_logout_redirect_uris.0"),
        ({"backchannel_logout_uri": "example.diary.app:/out"}, "backchannel_logout_uri"),
        ({"backchannel_logout_uri": "https://a@diary.example/"}, "backchannel_logout_uri"),
        ({"backchannel_logout_uri": "https://diary.example/#out"}, "backchannel_logout_uri"),
        ({"backchannel_logout_uri": "http://diary.example/"}, "backchannel_logout_uri"),
        ({"backchannel_logout_uri": "https://10.0.0.1/"}, "backchannel_logout_uri"),
        ({"backchannel_logout_uri": "https://[::ffff:169.254.169.254]/"}, "backchannel_logout_uri"),
        ({"backchannel_logout_uri": "https://diary.example/" + "a" * 300}, "backchannel_logout_uri"),
        ({"backchannel_logout_session_required": "maybe"}, "backchannel_logout_session_required"),
        ({"require_pushed_authorization_requests": None}, "require_pushed_authorization_requests"),
        ({"dpop_bound_access_tokens": "maybe"}, "dpop_bound_access_tokens"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["security_events"]}, "scopes.0"),
        ({"scopes": ["openid", "openid"]}, "scopes"),
        ({"scopes": ["openid", "portals"]}, "scopes.1"),
        ({"run_by": "a\nb"}, "run_by"),
        ({"run_by": "a" * 101}, "run_by"),
        ({"built_in": True}, "built_in"),
        ({"scopes": ["accounts"]}, "scopes.0"),
        ({"jwks": None}, "jwks"),
        ({"jwks": {"keys": []}}, "jwks.keys"),
        ({"jwks": {"keys": [KEY, KEY]}}, "jwks.keys"),
        ({"jwks": {"keys": [KEY | {"d": "x" * 43}]}}, "jwks.keys.0.d"),
        ({"jwks": {"keys": [KEY | {"x5u": "https://evil.example/"}]}}, "jwks.keys.0.x5u"),
        ({"jwks": {"keys": [KEY | {"crv": "P-384"}]}}, "jwks.keys.0.crv"),
        ({"jwks": {"keys": [KEY | {"x": "A" * 43}]}}, "jwks.keys"),
        ({"jwks": {"keys": [KEY | {"alg": "HS256"}]}}, "jwks.keys.0.alg"),
        ({"jwks": {"keys": [KEY], "jwks_uri": "https://evil.example/"}}, "jwks.jwks_uri"),
        ({"jwks_uri": "http://169.254.169.254/latest/"}, "jwks_uri"),
        ({"client_secret": "x"}, "client_secret"),
        ({"client_id": "web"}, "client_id"),
        ({"logo_uri": "https://evil.example/"}, "logo_uri"),
    ],
)
async def test_what_cannot_be_registered_names_its_field(desk: Desk, changes: dict[str, Any], field: str):
    answer = await desk.put(f"/oauth-clients/{new_id()}", confidential() | changes)
    assert problem(answer) == (422, "invalid_input")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_keys_of_another_kind_are_none(desk: Desk):
    rsa = RSAKey.generate_key(2048).as_dict(private=False)
    answer = await desk.put(f"/oauth-clients/{new_id()}", confidential(jwks={"keys": [rsa]}))
    assert {error["field"] for error in answer.json()["errors"]} >= {"jwks.keys.0.kty"}
    answer = await desk.put(f"/oauth-clients/{new_id()}", public(jwks={"keys": [KEY]}))
    assert [error["field"] for error in answer.json()["errors"]] == ["jwks"]


async def test_they_are_listed_page_by_page(desk: Desk, database: RolledBackDatabase):
    made = {(await register(desk))["client_id"] for _ in range(3)}
    first = await desk.get("/oauth-clients", limit=2)
    rest = await desk.get("/oauth-clients", after=first["next"])
    assert {one["client_id"] for one in first["items"] + rest["items"]} == made | {"web"}
    assert rest["next"] is None
    assert len(await audited(database, "oauth_clients:listed")) == 2


async def test_of_twenty_at_once_one_registers_and_one_changes(committed_app: FastAPI, committed_superuser: Database):
    async with committed_superuser.sessions() as session, session.begin():
        admin = await add_person(session, "admin")
        web = await Program(f"web-{new_id().hex}").register(session)
    async with open_browser(committed_app) as client:
        desk = await Desk.of(Browser(client), admin, web)
        for _ in range(FEWER_ROUNDS):
            path = f"/oauth-clients/{new_id()}"
            answers = await asyncio.gather(*(desk.put(path, confidential()) for _ in range(20)))
            assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 19}
            made = answers[0].json()
            changes = [words_of(made, name=f"Diary {number}") for number in range(20)]
            answers = await asyncio.gather(*(desk.ask("POST", f"{path}/versions", one) for one in changes))
            assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
