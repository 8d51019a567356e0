"""The discovery document says what is so: what it lists works, and what it does not list is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from afterglow_auth.backchannel.announcing import TELL_PROGRAM
from afterglow_auth.digests import new_secret
from afterglow_auth.oauth.introspection import SIGNED_MEDIA_TYPE
from afterglow_foundation.testing.databases import RolledBackDatabase
from afterglow_foundation.testing.proofs import KeyHolder
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.auth.arranging import EVERYTHING, ISSUER, Browser, Program, Scene, answered, payload, queued

Document = dict[str, Any]
ASKED_OF_EACH = ("token", "revocation", "introspection")
NOT_LISTED_PROMPTS = ("create", "Login", "none login")
KNOWN_METHODS = {
    "none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt", "tls_client_auth",
}  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def document(browser: Browser) -> Document:
    found = await browser.client.get("/auth/.well-known/openid-configuration")
    other = await browser.client.get("/.well-known/oauth-authorization-server/auth")
    assert found.json() == other.json()
    return dict(found.json())


async def refusal(browser: Browser, parameters: dict[str, str]) -> str:
    """The error that authorize sends back, or nothing."""
    return answered(await browser.client.get("/auth/authorize", params=parameters)).get("error", "")


def test_every_field_is_compared_here_with_what_is_so(
    document: Document, record_property: Callable[[str, object], None]
):
    """By its name, or as one of the addresses, or of what each endpoint says alike."""
    of_each = {
        f"{endpoint}_endpoint_auth_{what}_supported"
        for endpoint in ASKED_OF_EACH
        for what in ("methods", "signing_alg_values")
    }
    written = Path(__file__).read_text()
    named = {name for name in document if f'document["{name}"]' in written or f'"{name}", "' in written}
    addresses = {name for name in document if name.endswith(("_endpoint", "_uri"))}
    assert document.keys() - named - addresses - of_each == set()
    record_property("counted", f"fields of the discovery document: {len(document)}, each compared with what is so")


async def test_every_address_answers(browser: Browser, document: Document):
    assert document["issuer"] == ISSUER
    named = {name: url for name, url in document.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(named) > 6
    for name, url in named.items():
        assert url.startswith(f"{document['issuer']}/")
        path = urlsplit(url).path
        answers = {(await browser.client.request(method, path)).status_code for method in ("GET", "POST")}
        assert answers & {200, 303, 400, 401}, name
        assert not answers & {404, 500}, name


async def prove(scene: Scene, program: Program, path: str) -> tuple[int, str]:
    auth = (program.client_id, program.secret) if program.secret else None
    form = {"grant_type": "refresh_token", "refresh_token": "unknown", "token": "unknown", **program.proof()}
    answer = await scene.browser.client.post(path, data=form, auth=auth)
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.parametrize("endpoint", ASKED_OF_EACH)
async def test_each_method_listed_for_an_endpoint_works_there_and_no_other(
    scene: Scene, public: Program, document: Document, database: RolledBackDatabase, endpoint: str
):
    async with database.arrange() as session:
        keeper = await Program("keeper", secret=new_secret()).register(session)
    path = urlsplit(document[f"{endpoint}_endpoint"]).path
    programs = {"none": public, "private_key_jwt": scene.web, "client_secret_basic": keeper}
    listed = set(document[f"{endpoint}_endpoint_auth_methods_supported"])
    for method, program in programs.items():
        proven = (await prove(scene, program, path))[1] != "invalid_client"
        assert proven == (method in listed), (endpoint, method)
    assert listed <= KNOWN_METHODS
    assert listed <= programs.keys()
    in_the_body = {"client_id": keeper.client_id, "client_secret": str(keeper.secret), "token": "unknown"}
    answer = await scene.browser.client.post(path, data={"grant_type": "refresh_token", **in_the_body})
    assert (answer.status_code, "client_secret_post" in listed) == (401, False)


@pytest.mark.parametrize("endpoint", ASKED_OF_EACH)
async def test_assertions_are_taken_with_the_algorithms_listed_only(scene: Scene, document: Document, endpoint: str):
    listed = document[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
    path = urlsplit(document[f"{endpoint}_endpoint"]).path
    keys: dict[str, Any] = {
        "ES256": scene.web.key,
        "ES384": ECKey.generate_key("P-384"),
        "RS256": RSAKey.generate_key(2048),
        "PS256": RSAKey.generate_key(2048),
    }
    for algorithm, key in keys.items():
        proof = scene.web.proof(scene.web.assertion({"alg": algorithm}, key))
        answer = await scene.browser.client.post(path, data={"grant_type": "refresh_token", "token": "x", **proof})
        assert (answer.json().get("error") != "invalid_client") == (algorithm in listed), algorithm


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
async def test_proofs_of_a_key_are_taken_with_the_algorithms_listed_only(scene: Scene, document: Document):
    """What is good but for the nonce is asked for one."""
    keys: dict[str, Any] = {
        "ES256": ECKey.generate_key("P-256"),
        "ES384": ECKey.generate_key("P-384"),
        "EdDSA": OKPKey.generate_key("Ed25519"),
        "RS256": RSAKey.generate_key(2048),
        "PS256": RSAKey.generate_key(2048),
    }
    assert set(document["dpop_signing_alg_values_supported"]) <= keys.keys()
    for algorithm, key in keys.items():
        shown = KeyHolder(key, algorithm).proof("POST", document["token_endpoint"])
        form = scene.web.refresh_form("unknown")
        error = (await scene.browser.client.post("/auth/token", data=form, headers={"dpop": shown})).json()["error"]
        listed = algorithm in document["dpop_signing_alg_values_supported"]
        assert error == ("use_dpop_nonce" if listed else "invalid_dpop_proof"), algorithm


async def test_introspection_signs_with_the_algorithm_listed(scene: Scene, document: Document):
    form, signed = {"token": "unknown", **scene.web.proof()}, {"accept": SIGNED_MEDIA_TYPE}
    answer = await scene.browser.client.post("/auth/introspect", data=form, headers=signed)
    algorithm = jws.extract_compact(answer.content).headers()["alg"]
    assert document["introspection_signing_alg_values_supported"] == [algorithm]


async def test_a_request_need_not_be_handed_in_first(scene: Scene, document: Document):
    refused = await refusal(scene.browser, scene.web.request()) != ""
    assert document["require_pushed_authorization_requests"] is refused


async def test_every_program_is_told_the_same_subject(scene: Scene, public: Program, document: Document):
    subjects = {
        payload((await scene.browser.tokens(scene.person.email, program, prompt="login"))["id_token"])["sub"]
        for program in (scene.web, public)
    }
    assert document["subject_types_supported"] == (["public"] if len(subjects) == 1 else ["pairwise"])


async def test_the_classes_of_sign_in_listed_may_be_insisted_on_and_no_others(scene: Scene, document: Document):
    listed = document["acr_values_supported"]
    for name in (*listed, "urn:elsewhere:acr:gold", "0", listed[0].upper()):
        asked = json.dumps({"id_token": {"acr": {"essential": True, "value": name}}})
        error = await refusal(scene.browser, scene.web.request(claims=asked))
        assert error == ("" if name in listed else "unmet_authentication_requirements"), name
    tokens = await scene.browser.tokens(scene.person.email, scene.web)
    assert payload(tokens["id_token"])["acr"] in listed


async def test_pages_speak_the_languages_listed(scene: Scene, document: Document):
    listed = document["ui_locales_supported"]
    assert len(listed) > 1
    for language in (*listed, "de", "fr"):
        page = await scene.browser.client.get("/auth/authorize", params=scene.web.request(ui_locales=language))
        assert (page.headers["content-language"] == language) == (language in listed), language


async def test_grants(scene: Scene, document: Document):
    other = [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:openid:params:grant-type:ciba",
    ]
    for grant in (*document["grant_types_supported"], *other):
        form = {"grant_type": grant, **scene.web.proof()}
        error = (await scene.browser.client.post("/auth/token", data=form)).json()["error"]
        assert (error != "unsupported_grant_type") == (grant in document["grant_types_supported"]), grant


async def test_scopes_claims_and_algorithms_of_a_sign_in(scene: Scene, document: Document):
    assert set(EVERYTHING.split()) <= set(document["scopes_supported"])
    tokens = await scene.browser.tokens(scene.person.email, scene.web)
    keys = (await scene.browser.client.get(urlsplit(document["jwks_uri"]).path)).json()["keys"]
    header = jws.extract_compact(tokens["id_token"].encode()).headers()
    assert header["alg"] in document["id_token_signing_alg_values_supported"]
    assert header["kid"] in {key["kid"] for key in keys}
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    info = (await scene.browser.client.get("/auth/userinfo", headers=bearer)).json()
    told = {*payload(tokens["id_token"]), *info} - {"at_hash"}
    assert told == set(document["claims_supported"])
    assert await refusal(scene.browser, scene.web.request(scope="openid phone")) == "invalid_scope"


async def test_claims_by_name(scene: Scene, document: Document):
    named = json.dumps({"userinfo": dict.fromkeys(document["claims_supported"])})
    tokens = await scene.browser.tokens(scene.person.email, scene.web, scope="openid", claims=named)
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    info = (await scene.browser.client.get("/auth/userinfo", headers=bearer)).json()
    assert ("email" in info) == document["claims_parameter_supported"]


async def test_programs_are_told_of_a_sessions_end_as_it_says(scene: Scene, document: Document):
    async with scene.database.arrange() as session:
        diary = await Program("diary", "https://diary.example/cb", told_at="https://diary.example/out").register(
            session
        )
    tokens = await scene.browser.tokens(scene.person.email, diary)
    await scene.browser.client.get("/auth/sign-out", params={"id_token_hint": tokens["id_token"]})
    ((about, _),) = await queued(scene.database, TELL_PROGRAM)
    assert document["backchannel_logout_supported"] == (about["client"] == "diary")
    assert document["backchannel_logout_session_supported"] == (about["session"] == payload(tokens["id_token"])["sid"])


async def test_prompts_response_types_modes_and_challenges(scene: Scene, document: Document):
    browser, _, web, _ = scene
    for prompt in document["prompt_values_supported"]:
        expected = "login_required" if prompt == "none" else ""
        assert await refusal(browser, web.request(prompt=prompt)) == expected, prompt
    for prompt in NOT_LISTED_PROMPTS:
        assert await refusal(browser, web.request(prompt=prompt)) == "invalid_request", prompt
    for kind in ("code", "token", "id_token", "code id_token"):
        error = "" if kind in document["response_types_supported"] else "unsupported_response_type"
        assert await refusal(browser, web.request(response_type=kind)) == error, kind
    for mode in ("query", "fragment", "form_post", "jwt"):
        error = "" if mode in document["response_modes_supported"] else "invalid_request"
        assert await refusal(browser, web.request(response_mode=mode)) == error, mode
    for method in ("S256", "plain"):
        error = "" if method in document["code_challenge_methods_supported"] else "invalid_request"
        assert await refusal(browser, web.request(code_challenge_method=method)) == error, method
    refused = answered(await browser.client.get("/auth/authorize", params=web.request(prompt="none")))
    assert ("iss" in refused) == document["authorization_response_iss_parameter_supported"]


@pytest.mark.parametrize(
    ("parameter", "flag", "error"),
    [
        ("request", "request_parameter_supported", "request_not_supported"),
        ("request_uri", "request_uri_parameter_supported", "request_uri_not_supported"),
    ],
)
async def test_what_is_said_not_to_be_supported_is_refused_by_name(
    scene: Scene, document: Document, parameter: str, flag: str, error: str
):
    asked = {**scene.web.request(), parameter: "https://elsewhere.example.org/request"}
    assert (document[flag], await refusal(scene.browser, asked)) == (False, error)
