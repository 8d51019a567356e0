"""Each parameter of an authorization request spoilt in each way: told by name to the program's own address, or here.

Somebody is signed in all the while, so whatever is let through brings a code.
"""

import json
from typing import Any

import httpx
import pytest
from afterglow_foundation.testing.people import BASE_URL

from tests.auth.arranging import FORM, ISSUER, Program, Scene, answered
from tests.auth.oauth.test_malformed_requests import LONGEST_URL, MISSING, UNREADABLE, encoded, spoilt

CODE, HERE = "code", "told here"
MORE = {
    "acr_values": "urn:afterglow:acr:password",
    "claims": json.dumps({"userinfo": {"email": None}}),
    "display": "page",
    "dpop_jkt": "A" * 43,
    "login_hint": "rowan@example.org",
    "max_age": "600",
    "prompt": "none",
    "resource": ISSUER,
    "ui_locales": "en",
}
WITHOUT_IT = {
    "client_id": {HERE},
    "redirect_uri": {HERE},
    "code_challenge": {"invalid_request"},
    "code_challenge_method": {"invalid_request"},
    "response_type": {"invalid_request"},
    "scope": {"invalid_scope", "invalid_target"},
}
AS_ONE_LIKES = {"acr_values", "display", "login_hint", "nonce", "state", "ui_locales"}
GOOD_IN_ANOTHER_CASE = {"code_challenge", "dpop_jkt", "max_age"}  # another challenge, another key
WRONG = {
    "client_id": {HERE},
    "redirect_uri": {HERE},
    "response_type": {"unsupported_response_type"},
    "scope": {"invalid_scope", "invalid_target"},
    "resource": {"invalid_target"},
}
TOO_LONG = "x" * 5_000


def expected(name: str, kind: str, body: str, last: str) -> set[str]:
    if kind == UNREADABLE:
        return {HERE}
    if kind == MISSING:
        return WITHOUT_IT.get(name, {CODE})
    if TOO_LONG in body:  # for itself, or with all the rest for an address
        return (
            {HERE, "invalid_request", CODE} if name in AS_ONE_LIKES else {HERE, *WRONG.get(name, {"invalid_request"})}
        )
    if name in AS_ONE_LIKES or (name in GOOD_IN_ANOTHER_CASE and body == last) or body.endswith("&claims=%7B%7D"):
        return {CODE}
    return WRONG.get(name, {"invalid_request"})


def outcome(answer: httpx.Response, web: Program) -> str:
    """What it comes to. A redirect leads to the address that is registered, names the issuer, and says one thing."""
    if answer.status_code != 303:
        assert (answer.status_code, "location" in answer.headers) == (400, False)
        assert "This sign-in cannot go on" in answer.text
        return HERE
    assert answer.headers["location"].startswith(f"{web.redirect_uri}?"), answer.headers["location"]
    told = answered(answer)
    assert told["iss"] == ISSUER
    assert ("code" in told) != ("error" in told)
    return told.get("error", CODE)


async def ask(scene: Scene, method: str, body: str) -> httpx.Response:
    """By POST it goes on as GET, which is where it is looked at."""
    if method == "GET":
        return await scene.browser.client.get(f"/auth/authorize?{body}")
    answer = await scene.browser.client.post("/auth/authorize", content=body.encode(), headers=FORM)
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/auth/authorize?")
        return await scene.browser.client.get(answer.headers["location"])
    return answer


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_spoilt_parameter_is_told_by_name_and_leads_nowhere_else(
    scene: Scene, method: str, record_property: Any
):
    _browser, person, web, _database = scene
    hint = (await scene.browser.tokens(person.email, web))["id_token"]
    whole = {**web.request(), **MORE, "id_token_hint": hint}
    assert outcome(await ask(scene, method, encoded(whole)), web) == CODE
    wrong, asked = [], 0
    for name in whole:
        bodies = list(spoilt(whole, name))
        for kind, body in bodies:
            if method == "GET" and len(body) > LONGEST_URL:
                continue
            seen = outcome(await ask(scene, method, body), web)
            if seen not in expected(name, kind, body, bodies[-1][1]):
                wrong.append((name, kind, body[-60:], seen))
            asked += 1
    assert wrong == []
    assert asked > 15 * len(whole)
    record_property("counted", f"malformed requests, authorizing by {method}: {asked}")


@pytest.mark.parametrize("name", ["redirect_uri", "client_id"])
async def test_of_two_addresses_or_programs_neither_hears(scene: Scene, name: str):
    """Each of them good for itself, and whichever stands first."""
    web = scene.web
    for pair in ([web.request()[name], "https://evil.example/"], ["https://evil.example/", web.request()[name]]):
        rest = encoded(web.request(**{name: None}))
        body = f"{rest}&" + "&".join(encoded({name: value}) for value in pair)
        for method in ("GET", "POST"):
            assert outcome(await ask(scene, method, body), web) == HERE


async def test_a_program_without_its_own_address_is_told_here_whatever_else_is_wrong(scene: Scene):
    web = scene.web
    for name, value in {
        "response_type": "token",
        "scope": "admin",
        "prompt": "dance",
        "request": "x",
        "max_age": "x",
    }.items():
        for address in ("https://evil.example/", f"{BASE_URL}/callback/..", "//evil.example", "http:evil.example"):
            body = encoded(web.request(**{name: value, "redirect_uri": address}))
            assert outcome(await ask(scene, "GET", body), web) == HERE
