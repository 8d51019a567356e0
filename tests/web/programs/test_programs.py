"""Programs at an admin's desk: registered once, changed knowing of others' changes, disabled after a question."""

import json

import pytest
from afterglow_foundation.testing.people import Person
from afterglow_web.programs.form import DEMANDS

from tests.web.browser import Browser, form_values, soup, words
from tests.web.fake_accounts import FakeAccounts
from tests.web.fake_desk import FakeDesk
from tests.web.fake_portal import problem

KEYS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "one"}]}


@pytest.fixture
def desk(accounts: FakeAccounts) -> FakeDesk:
    return accounts.desk


async def fill(browser: Browser, admin: Person, path: str, **typed: str) -> dict[str, str]:
    page = await browser.open_signed_in(admin, path)
    assert page.status_code == 200
    return {**form_values(page, "program"), **typed}


async def test_a_program_on_devices_is_registered_once(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    typed = {"name": " Diary ", "kind": "public", "redirect_uris": " https://a.example/x \r\n\r\norg.example.a:/x"}
    fields = await fill(browser, admin, "/programs/new", **typed, scope_profile="yes")
    for _ in range(2):  # a double click
        answer = await browser.post("/programs/new", fields)
        assert answer.headers["location"] == f"/programs/{fields['id']}?notice=program-registered"
    assert list(desk.programs) == [fields["id"]]
    assert desk.bodies[0][1] == {
        "name": "Diary", "run_by": "", "kind": "public", "redirect_uris": ["https://a.example/x", "org.example.a:/x"],
        "post_logout_redirect_uris": [], "backchannel_logout_uri": None, "backchannel_logout_session_required": False,
        "dpop_bound_access_tokens": False, "require_pushed_authorization_requests": False,
        "scopes": ["openid", "profile"],
    }  # fmt: skip


@pytest.mark.parametrize("pasted", [KEYS, KEYS["keys"][0]])
async def test_keys_are_pasted_as_a_set_or_alone(
    browser: Browser, admin: Person, desk: FakeDesk, pasted: object
) -> None:
    typed = {"name": "Diary", "kind": "confidential", "redirect_uris": "https://a.example/"}
    fields = await fill(browser, admin, "/programs/new", **typed, jwks=json.dumps(pasted))
    assert (await browser.post("/programs/new", fields)).status_code == 303
    assert desk.bodies[0][1]["jwks"] == KEYS


@pytest.mark.parametrize("pasted", ["", "no json", "https://evil.example/jwks.json", "[" * 100_000])
async def test_what_are_no_keys_is_named(browser: Browser, admin: Person, desk: FakeDesk, pasted: str) -> None:
    typed = {"name": "Diary", "kind": "confidential", "redirect_uris": "https://a.example/", "jwks": pasted}
    answer = await browser.post("/programs/new", await fill(browser, admin, "/programs/new", **typed))
    assert answer.status_code == 422
    assert soup(answer).select_one('.error-summary a[href="#jwks"]')
    assert form_values(answer, "program")["jwks"] == pasted
    assert desk.bodies == []


@pytest.mark.parametrize(
    "field",
    ["name", "kind", "redirect_uris.0", "post_logout_redirect_uris.1", "backchannel_logout_uri", "scopes"],
)
async def test_what_auth_refuses_is_named_and_everything_typed_stays(
    browser: Browser, admin: Person, accounts: FakeAccounts, field: str
) -> None:
    typed = {"name": "Diary", "kind": "public", "redirect_uris": "https://*.example/"}
    fields = await fill(browser, admin, "/programs/new", **typed)
    wrong = [{"field": field, "code": "x", "message": "x"}]
    accounts.answers["PUT", f"oauth-clients/{fields['id']}"] = problem(422, "invalid_input", wrong)
    answer = await browser.post("/programs/new", fields)
    assert answer.status_code == 422
    assert soup(answer).select_one(f'.error-summary a[href="#{field.partition(".")[0]}"]')
    again = form_values(answer, "program")
    assert (again["name"], again["redirect_uris"], again["id"]) == ("Diary", "https://*.example/", fields["id"])


async def test_whoever_is_second_is_told_and_loses_nothing(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    path = f"/programs/{desk.register()['client_id']}/change"
    fields = await fill(browser, admin, path, name="Mine")
    next(iter(desk.programs.values())).update(name="Theirs", version=2)
    answer = await browser.post(path, fields)
    assert answer.status_code == 409
    again = form_values(answer, "program")
    assert (again["name"], again["version"]) == ("Mine", "2")
    assert (await browser.post(path, again)).status_code == 303
    assert next(iter(desk.programs.values()))["name"] == "Mine"


async def test_what_it_is_held_to_is_shown_kept_and_taken_away_again(
    browser: Browser, admin: Person, desk: FakeDesk
) -> None:
    made = desk.register()
    path, address = f"/programs/{made['client_id']}/change", "https://diary.example/out"
    ticked = dict.fromkeys(DEMANDS, "yes")
    typed = {"backchannel_logout_uri": f" {address} ", **ticked}
    assert (await browser.post(path, await fill(browser, admin, path, **typed))).status_code == 303
    assert [made["backchannel_logout_uri"], *(made[name] for name in DEMANDS)] == [address, True, True, True]
    shown = words(await browser.get(f"/programs/{made['client_id']}"))
    assert all(said in shown for said in (address, "It must push its requests", "It must prove its key"))
    fields = form_values(await browser.get(path), "program")
    assert {name: fields.pop(name) for name in DEMANDS} == ticked
    assert (await browser.post(path, {**fields, "backchannel_logout_uri": ""})).status_code == 303
    assert [made["backchannel_logout_uri"], *(made[name] for name in DEMANDS)] == [None, False, False, False]


async def test_other_keys(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    made = desk.register()
    path = f"/programs/{made['client_id']}/keys"
    answer = await browser.post(path, await fill(browser, admin, path, jwks=json.dumps(KEYS)))
    assert answer.headers["location"].endswith("?notice=program-changed")
    assert desk.bodies == [("program", {"version": 1, "jwks": KEYS})] or made["jwks"] == KEYS


async def test_disabling_asks_first_and_can_be_undone(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    made = desk.register()
    page = await browser.open_signed_in(admin, f"/programs/{made['client_id']}/disablement")
    assert "Disable Mood diary?" in words(page)
    assert made["disabled_at"] is None
    await browser.post(f"/programs/{made['client_id']}/disablement")
    assert made["disabled_at"]
    assert "disabled" in words(await browser.get(f"/programs/{made['client_id']}"))
    await browser.post(f"/programs/{made['client_id']}/enablement")
    assert made["disabled_at"] is None


async def test_the_systems_own_offer_nothing_to_change(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    desk.register(client_id="web", name="Afterglow", built_in=True)
    page = await browser.open_signed_in(admin, "/programs/web")
    assert "not changed here" in words(page)
    assert soup(page).select("main form, main a.button") == []
    refused = await browser.post("/programs/web/disablement")
    assert (refused.status_code, "not changed here" in words(refused)) == (409, True)


async def test_the_list_keeps_them_apart(browser: Browser, admin: Person, desk: FakeDesk) -> None:
    page = await browser.open_signed_in(admin, "/programs")
    assert "None so far." in words(page)
    desk.register()
    desk.register(client_id="web", name="Afterglow", built_in=True)
    page = await browser.get("/programs")
    assert "Mood diary" in soup(page).find(id="own").get_text()  # type: ignore[union-attr]  # it is there
    assert "Afterglow" in soup(page).find(id="built-in").get_text()  # type: ignore[union-attr]  # it is there
    assert (await browser.get("/programs/unknown")).status_code == 404
