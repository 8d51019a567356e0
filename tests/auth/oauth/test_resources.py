"""Resource indicators: a token is for the APIs that were named, the family keeps all, nothing is used up in vain."""

from typing import Any

import pytest
import pytest_asyncio
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.people import BASE_URL

from tests.auth.arranging import ISSUER, Browser, Program, Scene, answered, payload

PORTAL, MESSAGING, ACCOUNTS = (f"{BASE_URL}/api/{api}" for api in ("portal", "messaging", "accounts"))
UNKNOWN = [
    "https://elsewhere.example.org/api",
    f"{PORTAL}/",
    f"{PORTAL}#part",
    PORTAL.upper(),
    "/api/portal",
    "portal",
    f"{BASE_URL}/internal/events",
]
Form = dict[str, Any]


@pytest_asyncio.fixture(loop_scope="session")
async def reader(database: RolledBackDatabase) -> Program:
    """A program that may ask for two of the APIs."""
    async with database.arrange() as session:
        return await Program("reader", scopes="openid offline_access portal messaging").register(session)


async def ask(browser: Browser, form: Form) -> tuple[str, dict[str, Any]]:
    """The error, or nothing, and the answer."""
    answer = await browser.client.post("/auth/token", data=form)
    assert answer.status_code in {200, 400}, answer.text
    return answer.json().get("error", ""), answer.json()


def told(answer: dict[str, Any]) -> tuple[list[str], str]:
    """What the token says that it is for; the answer says the same scope."""
    claims = payload(answer["access_token"])
    assert claims["scope"] == answer["scope"]
    return claims["aud"], claims["scope"]


async def authorize(scene: Scene, program: Program, resource: list[str]) -> str:
    answer = await scene.browser.sign_in(scene.person.email, program.request(resource=resource))  # type: ignore[arg-type]  # httpx takes lists
    return answered(answer)["code"]


async def test_a_token_without_resources_is_for_all_that_its_scope_opens(scene: Scene, reader: Program):
    answer = await scene.browser.tokens(scene.person.email, reader)
    assert told(answer) == ([PORTAL, MESSAGING, ISSUER], reader.scopes)


async def test_what_is_named_at_authorize_is_what_tokens_are_for(scene: Scene, reader: Program):
    code = await authorize(scene, reader, [MESSAGING, ISSUER])
    error, answer = await ask(scene.browser, reader.code_form(code))
    assert (error, told(answer)) == ("", ([MESSAGING, ISSUER], "openid offline_access messaging"))
    assert payload(answer["id_token"])["sub"] == str(scene.person.id)
    error, refreshed = await ask(scene.browser, reader.refresh_form(answer["refresh_token"]))
    assert (error, told(refreshed)) == ("", told(answer))
    beyond = reader.refresh_form(refreshed["refresh_token"], resource=PORTAL)
    assert (await ask(scene.browser, beyond))[0] == "invalid_target"


async def test_naming_one_at_the_token_endpoint_narrows_this_token_only(scene: Scene, reader: Program):
    code = await scene.browser.code(scene.person.email, reader)
    error, answer = await ask(scene.browser, reader.code_form(code, resource=PORTAL))
    assert (error, told(answer)) == ("", ([PORTAL], "portal"))
    error, other = await ask(scene.browser, reader.refresh_form(answer["refresh_token"], resource=MESSAGING))
    assert (error, told(other)) == ("", ([MESSAGING], "messaging"))
    several: Form = {**reader.refresh_form(other["refresh_token"]), "resource": [PORTAL, MESSAGING, PORTAL]}
    error, both = await ask(scene.browser, several)
    assert (error, told(both)) == ("", ([PORTAL, MESSAGING], "portal messaging"))
    error, all_again = await ask(scene.browser, reader.refresh_form(both["refresh_token"]))
    assert (error, told(all_again)) == ("", ([PORTAL, MESSAGING, ISSUER], reader.scopes))


@pytest.mark.parametrize("resource", [*UNKNOWN, ACCOUNTS])
async def test_what_is_unknown_or_beyond_the_scope_is_refused_and_nothing_is_used_up(
    scene: Scene, reader: Program, resource: str
):
    for named in ([resource], [PORTAL, resource]):
        request = reader.request(resource=named)  # type: ignore[arg-type]  # httpx takes lists
        refused = answered(await scene.browser.client.get("/auth/authorize", params=request))
        assert (refused["error"], refused["state"], refused["iss"]) == ("invalid_target", request["state"], ISSUER)
    code = await scene.browser.code(scene.person.email, reader)
    assert (await ask(scene.browser, reader.code_form(code, resource=resource)))[0] == "invalid_target"
    error, answer = await ask(scene.browser, reader.code_form(code))
    assert error == ""
    refresh_token = answer["refresh_token"]
    assert (await ask(scene.browser, reader.refresh_form(refresh_token, resource=resource)))[0] == "invalid_target"
    assert (await ask(scene.browser, reader.refresh_form(refresh_token)))[0] == ""


async def test_scope_and_resource_must_agree_at_refresh(scene: Scene, reader: Program):
    code = await authorize(scene, reader, [PORTAL, MESSAGING])
    _, answer = await ask(scene.browser, reader.code_form(code))
    token = answer["refresh_token"]
    for changes in ({"scope": "portal", "resource": MESSAGING}, {"scope": "openid"}):
        assert (await ask(scene.browser, reader.refresh_form(token, **changes)))[0] == "invalid_target"
    error, narrow = await ask(scene.browser, reader.refresh_form(token, scope="portal openid"))
    assert (error, told(narrow)) == ("", ([PORTAL], "portal"))


async def test_an_early_retry_gets_a_token_for_the_same(scene: Scene, reader: Program):
    answer = await scene.browser.tokens(scene.person.email, reader)
    answers = [
        await ask(scene.browser, reader.refresh_form(answer["refresh_token"], resource=PORTAL)) for _ in range(2)
    ]
    assert [told(one) for _, one in answers] == [([PORTAL], "portal")] * 2
    assert (await ask(scene.browser, reader.refresh_form(answer["refresh_token"], resource=ACCOUNTS)))[0] == (
        "invalid_target"
    )


async def test_an_early_retry_of_a_narrow_family_may_be_for_less_and_no_more(scene: Scene, reader: Program):
    _, answer = await ask(scene.browser, reader.code_form(await authorize(scene, reader, [PORTAL, ISSUER])))
    token = answer["refresh_token"]
    for resource, error in ((PORTAL, ""), (PORTAL, ""), (ISSUER, ""), (MESSAGING, "invalid_target"), (PORTAL, "")):
        assert (await ask(scene.browser, reader.refresh_form(token, resource=resource)))[0] == error


async def test_a_service_names_what_its_own_token_is_for(browser: Browser, database: RolledBackDatabase):
    async with database.arrange() as session:
        service = await Program("web-events", kind="service", scopes="security_events live").register(session)
    form = {"grant_type": "client_credentials"}
    events = f"{BASE_URL}/internal/events"
    error, answer = await ask(browser, {**form, **service.proof(), "resource": events})
    assert (error, told(answer)) == ("", ([events], "security_events"))
    assert (await ask(browser, {**form, **service.proof(), "resource": PORTAL}))[0] == "invalid_target"


async def test_nothing_else_may_be_there_twice(browser: Browser, reader: Program):
    twice: Form = {**reader.code_form("code"), "scope": ["portal", "portal"]}
    assert (await ask(browser, twice))[0] == "invalid_request"
