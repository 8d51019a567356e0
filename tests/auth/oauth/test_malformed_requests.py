"""Each parameter spoilt in each way: the RFC's error with its status, never a 500, and nothing is used up by it."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import quote_plus

import pytest
from afterglow_auth.oauth.models import PushedRequest
from afterglow_auth.oauth.token_exchange import ACCESS_TOKEN
from afterglow_foundation.testing.people import BASE_URL
from sqlalchemy import func, select

from tests.auth.arranging import FORM, ISSUER, Program, Scene, answered

Form = dict[str, str]
MISSING, UNREADABLE, WRONG = "missing", "unreadable", "wrong"
OPTIONAL = {"client_id", "requested_token_type", "resource", "scope"}
WHEN_MISSING = {"redirect_uri": "invalid_grant"}
WHEN_WRONG = {
    "audience": {"invalid_target"},
    "client_assertion": {"invalid_client"},
    "client_assertion_type": {"invalid_request"},
    "client_id": {"invalid_client"},
    "code": {"invalid_grant"},
    "code_verifier": {"invalid_grant", "invalid_request"},
    "grant_type": {"unsupported_grant_type"},
    "redirect_uri": {"invalid_grant"},
    "refresh_token": {"invalid_grant", "invalid_request"},  # longer than any of ours is malformed
    "requested_token_type": {"invalid_request"},
    "resource": {"invalid_target"},
    "scope": {"invalid_scope"},
    "subject_token": {"invalid_request"},  # RFC 8693 §2.2.2
    "subject_token_type": {"invalid_request"},
    "code_challenge": {"invalid_request"},
    "code_challenge_method": {"invalid_request"},
    "dpop_jkt": {"invalid_request"},
    "max_age": {"invalid_request"},
    "prompt": {"invalid_request"},
    "response_type": {"unsupported_response_type"},
    "token": {""},  # RFC 7009 §2.2, RFC 7662 §2.2: one that is not known is no error
}


def encoded(form: Form) -> str:
    return "&".join(f"{name}={quote_plus(value)}" for name, value in form.items())


def spoilt(form: Form, name: str) -> Iterator[tuple[str, str]]:
    """Bodies in which one parameter is not as it should be, and what each amounts to."""
    rest = encoded({other: value for other, value in form.items() if other != name})
    value = quote_plus(form[name])
    yield MISSING, rest
    yield MISSING, f"{rest}&{name}="
    yield MISSING, f"{rest}&{name}[]={value}"
    yield MISSING, f"{rest}&{name.upper()}={value}"
    if name != "resource":
        yield UNREADABLE, f"{rest}&{name}={value}&{name}={value}"
    for unreadable in ("%00", "a%0Ab", "%7F", "%ff%fe", "%ED%A0%80", "%C0%80", "x" * 70_000):
        yield UNREADABLE, f"{rest}&{name}={unreadable}"
    for wrong in ("%zz", "%", "%E2%98%83", "null", "%7B%7D", "%27+OR+1%3D1+--", "x" * 5_000, value.swapcase()):
        yield WRONG, f"{rest}&{name}={wrong}"


def expected(name: str, kind: str) -> set[str]:
    if kind == WRONG:
        return WHEN_WRONG[name]
    return {WHEN_MISSING.get(name, "invalid_request")} if kind == MISSING else {"invalid_request"}


async def code(scene: Scene, _: Program) -> tuple[str, Callable[[], Form]]:
    given = await scene.browser.code(scene.person.email, scene.web)
    portal = ISSUER.replace("/auth", "/api/portal")
    return "/auth/token", lambda: scene.web.code_form(given, resource=portal)


async def refresh(scene: Scene, _: Program) -> tuple[str, Callable[[], Form]]:
    given = (await scene.browser.tokens(scene.person.email, scene.web))["refresh_token"]
    return "/auth/token", lambda: scene.web.refresh_form(given, scope="openid portal")


async def own(_: Scene, service: Program) -> tuple[str, Callable[[], Form]]:
    asked = {"grant_type": "client_credentials", "scope": "security_events"}
    return "/auth/token", lambda: asked | service.proof()


async def on_behalf(scene: Scene, _: Program) -> tuple[str, Callable[[], Form]]:
    given = (await scene.browser.tokens(scene.person.email, scene.web))["access_token"]
    async with scene.database.arrange() as session:
        portal = await Program("portal", kind="service", scopes="", exchange_scopes="messaging").register(session)
    return "/auth/token", lambda: portal.exchange_form(given, scope="messaging", requested_token_type=ACCESS_TOKEN)


async def introspection(scene: Scene, _: Program) -> tuple[str, Callable[[], Form]]:
    given = (await scene.browser.tokens(scene.person.email, scene.web))["access_token"]
    return "/auth/introspect", lambda: {"token": given, **scene.web.proof()}


async def revocation(scene: Scene, _: Program) -> tuple[str, Callable[[], Form]]:
    given = (await scene.browser.tokens(scene.person.email, scene.web))["refresh_token"]
    return "/auth/revoke", lambda: {"token": given, **scene.web.proof()}


Request = Callable[[Scene, Program], Awaitable[tuple[str, Callable[[], Form]]]]


@pytest.mark.parametrize("request_of", [code, refresh, own, on_behalf, introspection, revocation])
async def test_a_spoilt_parameter_gets_the_rfcs_error(
    scene: Scene, service: Program, request_of: Request, record_property: Any
):
    path, make = await request_of(scene, service)
    asked = 0
    for name in make():
        kinds = [kind for kind, _ in spoilt(make(), name)]
        for number, kind in enumerate(kinds):
            if kind == MISSING and name in OPTIONAL:
                continue
            _, body = list(spoilt(make(), name))[number]  # with an assertion that is new each time
            answer = await scene.browser.client.post(path, content=body.encode(), headers=FORM)
            error = answer.json().get("error", "")
            assert error in expected(name, kind), (name, kind, body[-80:], answer.text)
            assert answer.status_code == {"": 200, "invalid_client": 401}.get(error, 400), (name, kind, body[-80:])
            assert answer.headers["cache-control"] == "no-store"
            asked += 1
    assert asked > 10 * len(make())
    assert (await scene.browser.client.post(path, data=make())).status_code == 200
    record_property("counted", f"malformed requests, {request_of.__name__}: {asked}")


PUSHED = {"max_age": "600", "prompt": "login", "dpop_jkt": "A" * 43}
NEED_NOT_BE_THERE = {"client_id", "nonce", "state", "scope", *PUSHED}
LONGEST_URL = 60_000  # that httpx sends
AS_ONE_LIKES = {"nonce", "state"}
GOOD_IN_ANOTHER_CASE = {"code_challenge", "dpop_jkt", "max_age"}  # another challenge, another key


async def test_a_spoilt_parameter_of_a_pushed_request_gets_the_rfcs_error_and_nothing_is_kept(
    scene: Scene, record_property: Any
):
    """RFC 9126 §2.3. No answer has an address in it, whatever redirect_uri says."""
    browser, _person, web, database = scene
    wrong, asked = [], 0
    for name in web.pushed(**PUSHED):
        kinds = [kind for kind, _ in spoilt(web.pushed(**PUSHED), name)]
        for number, kind in enumerate(kinds[:-1] if name in GOOD_IN_ANOTHER_CASE else kinds):
            if (kind == MISSING and name in NEED_NOT_BE_THERE) or (kind == WRONG and name in AS_ONE_LIKES):
                continue
            _, body = list(spoilt(web.pushed(**PUSHED), name))[number]
            answer = await browser.client.post("/auth/par", content=body.encode(), headers=FORM)
            error = answer.json().get("error", "")
            may_be = {"invalid_request"} if name == "redirect_uri" else expected(name, kind)
            status = {"invalid_client": 401}.get(error, 400)
            if error not in may_be or answer.status_code != status or "location" in answer.headers:
                wrong.append((name, kind, body[-60:], answer.status_code, answer.text[:100]))
            asked += 1
    assert wrong == []
    async with database.arrange() as session:
        assert await session.scalar(select(func.count()).select_from(PushedRequest)) == 0
    assert (await browser.client.post("/auth/par", data=web.pushed(**PUSHED))).status_code == 201
    record_property("counted", f"malformed requests, pushed: {asked}")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_spoilt_wish_to_sign_out_leads_nowhere_and_ends_nothing(
    scene: Scene, method: str, record_property: Any
):
    """Only the whole, right wish ends the session unasked, and only it leads to the program's own address."""
    browser, person, web, _database = scene
    tokens = await browser.tokens(person.email, web)
    after = f"{BASE_URL}/"
    whole = {"id_token_hint": tokens["id_token"], "client_id": web.client_id, "post_logout_redirect_uri": after}
    whole["state"] = "on my way"
    asked = 0
    for name in ("id_token_hint", "state", "post_logout_redirect_uri", "client_id"):
        for kind, body in spoilt(whole, name):
            if (name != "id_token_hint" and kind != UNREADABLE) or (method == "GET" and len(body) > LONGEST_URL):
                continue  # with its ID token it does end the session: test_sign_out.py says where it leads
            if method == "GET":
                answer = await browser.client.get(f"/auth/sign-out?{body}")
            else:
                answer = await browser.client.post("/auth/sign-out", content=body.encode(), headers=FORM)
            assert answer.status_code in {200, 303, 400}, (name, kind, body[-60:])
            assert answer.headers.get("location", "/auth/sign-out?").startswith("/auth/sign-out?")
            asked += 1
    still = await browser.client.get("/auth/authorize", params=web.request(prompt="none"))
    assert "code" in answered(still)
    answer = await browser.client.get("/auth/sign-out", params=whole)
    assert answer.headers["location"].startswith(f"{after}?state=")
    record_property("counted", f"malformed requests, signing out by {method}: {asked}")


@pytest.mark.parametrize("path", ["/auth/token", "/auth/revoke", "/auth/introspect", "/auth/par"])
@pytest.mark.parametrize(
    "sent", ["", "Basic", "Basic " + "A" * 40_000, "Bearer x", "DPoP x", "Negotiate", "\u00ff\u00fe", "Basic \u00e9"]
)
async def test_a_strange_authorization_header_is_refused(scene: Scene, path: str, sent: str):
    headers = {**FORM, "authorization": sent.encode("latin-1")}
    answer = await scene.browser.client.post(
        path,
        content=b"grant_type=refresh_token&token=x",
        headers=headers,  # type: ignore[arg-type]  # httpx takes bytes
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", ["/auth/token", "/auth/revoke", "/auth/introspect", "/auth/par"])
@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data; boundary=x", "x" * 300])
async def test_another_content_type_is_refused(scene: Scene, path: str, kind: str):
    body = encoded({"grant_type": "client_credentials", "token": "x", **scene.web.proof()})
    answer = await scene.browser.client.post(path, content=body.encode(), headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
