"""`client_secret_basic`: for clients that are registered so, and only as RFC 6749 §2.3.1 has it."""

import base64
from urllib.parse import quote_plus

import pytest
import pytest_asyncio
from afterglow_auth.digests import new_secret
from afterglow_auth.oauth.models import OAuthClient
from afterglow_foundation.testing.databases import RolledBackDatabase
from sqlalchemy import select
from sqlmodel import col

from tests.auth.arranging import Browser, Program, Scene, audited

SECRET = new_secret()


def basic(client_id: str, secret: str) -> dict[str, str]:
    return header(f"{client_id}:{secret}".encode())


def header(credentials: bytes) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(credentials).decode()}"}


@pytest_asyncio.fixture(loop_scope="session")
async def keeper(database: RolledBackDatabase) -> Program:
    """A client with a secret; its id has a character that form-encoding may change."""
    async with database.arrange() as session:
        return await Program("keeper.of-secrets", secret=SECRET).register(session)


async def refused(browser: Browser, headers: dict[str, str], **form: str) -> tuple[int, str]:
    answer = await browser.client.post("/auth/token", data={"grant_type": "refresh_token", **form}, headers=headers)
    challenged = answer.headers.get("www-authenticate", "").startswith("Basic")
    assert challenged == (answer.status_code == 401)
    return answer.status_code, answer.json()["error"]


async def test_a_client_with_a_secret_signs_people_in_and_its_secret_is_not_stored(
    scene: Scene, keeper: Program, database: RolledBackDatabase
):
    code = await scene.browser.code(scene.person.email, keeper)
    own = basic(keeper.client_id, SECRET)
    answer = await scene.browser.client.post("/auth/token", data=keeper.code_form(code), headers=own)
    assert answer.status_code == 200, answer.text
    encoded = basic(quote_plus(keeper.client_id).replace(".", "%2E"), SECRET.replace("-", "%2d"))
    form = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    assert (await scene.browser.client.post("/auth/token", data=form, headers=encoded)).status_code == 200
    revoking = {"token": answer.json()["access_token"]}
    assert (await scene.browser.client.post("/auth/revoke", data=revoking, headers=own)).status_code == 200
    async with database.arrange() as session:
        row = (await session.scalars(select(OAuthClient).where(col(OAuthClient.client_id) == keeper.client_id))).one()
    assert row.secret_hash
    assert SECRET.encode() not in row.secret_hash


async def test_a_wrong_secret_is_refused_and_kept_in_the_audit(
    browser: Browser, keeper: Program, database: RolledBackDatabase
):
    for wrong in ("", SECRET[:-1], SECRET + "x", SECRET.swapcase(), new_secret()):
        assert await refused(browser, basic(keeper.client_id, wrong)) == (401, "invalid_client")
    events = await audited(database, "oauth_client:authentication")
    assert [(event.outcome, event.purpose) for event in events] == [("refused", keeper.client_id)]


@pytest.mark.parametrize(
    "sent",
    [
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": header(f"keeper.of-secrets:{SECRET}".encode())["authorization"].replace("Basic", "Apikey")},
        {"authorization": "Basic " + "eA" * 5000},
        header(b"no colon"),
        header(b"\xff\xfe:x"),
        header(b"keeper.of-secrets:one:two"),
        header("keeper.of-secrets:\N{SNOWMAN}".encode()),
        header(b"keeper.of-secrets:%ff"),
        header(b"keeper%00.of-secrets:x"),
        header(b"%zz:%zz"),
        header(b"nobody:x"),
        header(b":"),
        header(b"web:x"),
        header(b"demo-public:"),
    ],
)
@pytest.mark.usefixtures("keeper", "web", "public")
async def test_credentials_that_are_malformed_or_of_another_client_are_refused(browser: Browser, sent: dict[str, str]):
    assert await refused(browser, sent) == (401, "invalid_client")


async def test_the_body_names_no_other_client_and_brings_no_secret(browser: Browser, keeper: Program, web: Program):
    own = basic(keeper.client_id, SECRET)
    assert await refused(browser, own, client_id=web.client_id) == (401, "invalid_client")
    assert await refused(browser, {}, client_id=keeper.client_id, client_secret=SECRET) == (401, "invalid_client")
    assert await refused(browser, {}, client_id=keeper.client_id) == (401, "invalid_client")
    assert await refused(browser, {}, **keeper_assertion(keeper)) == (401, "invalid_client")


def keeper_assertion(keeper: Program) -> dict[str, str]:
    """It holds a key all the same; nobody registered it."""
    signing = Program(keeper.client_id, key=keeper.key)
    return signing.proof()


async def test_more_than_one_way_is_refused(browser: Browser, keeper: Program, web: Program):
    own = basic(keeper.client_id, SECRET)
    assert await refused(browser, own, client_secret=SECRET) == (400, "invalid_request")
    assert await refused(browser, own, **web.proof()) == (400, "invalid_request")
    assert await refused(browser, {}, client_secret=SECRET, **web.proof()) == (400, "invalid_request")
