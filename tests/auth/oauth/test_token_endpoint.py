"""The token endpoint takes forms only, and no malformed one makes it fail."""

from typing import Any

import pytest
from afterglow_auth.oauth.clients import TOKEN_EXCHANGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.auth.arranging import FORM, Browser, Program

GRANTS = ["authorization_code", "refresh_token", "client_credentials", TOKEN_EXCHANGE]
MALFORMED: dict[str, dict[str, Any]] = {
    "JSON": {"json": {"grant_type": "refresh_token"}},
    "JSON called text": {"content": b'{"grant_type": "refresh_token"}', "headers": {"content-type": "text/plain"}},
    "multipart": {"files": {"grant_type": "refresh_token"}},
    "no type": {"content": b"grant_type=refresh_token"},
    "a parameter twice": {"content": b"grant_type=refresh_token&grant_type=refresh_token", "headers": FORM},
    "NUL": {"content": b"grant_type=refresh_token&client_id=a%00b", "headers": FORM},
    "not UTF-8": {"content": b"grant_type=%ff%fe", "headers": FORM},
    "raw bytes": {"content": b"\xff\xfe\x00", "headers": FORM},
    "many fields": {"content": "&".join(f"a{n}=1" for n in range(200)).encode(), "headers": FORM},
    "oversize": {"content": b"grant_type=" + b"x" * 100_000, "headers": FORM},
    "no grant": {"data": {"client_id": "demo-public"}},
    "empty": {"content": b"", "headers": FORM},
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("path", ["/auth/token", "/auth/revoke"])
@pytest.mark.usefixtures("public")
async def test_malformed_input_is_refused_in_oauths_own_words(browser: Browser, path: str, sent: dict[str, Any]):
    answer = await browser.client.post(path, **sent)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_request", "invalid_client"}
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


async def test_a_body_beyond_every_limit_is_refused(browser: Browser):
    answer = await browser.client.post("/auth/token", content=b"a=" + b"x" * 2_000_000, headers=FORM)
    assert answer.status_code in {400, 413}


async def test_an_unknown_grant_is_refused_by_name(browser: Browser, public: Program):
    for grant in ("password", "urn:ietf:params:oauth:grant-type:device_code", 'quo"te\\é'):
        answer = await browser.client.post("/auth/token", data={"grant_type": grant, **public.proof()})
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


async def test_only_post(browser: Browser):
    assert (await browser.client.get("/auth/token")).status_code == 405


@given(
    form=st.dictionaries(
        st.sampled_from(
            ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_assertion",
             "client_assertion_type", "client_id"]
        ),
        st.one_of(st.text(max_size=60), st.sampled_from([*GRANTS, "demo-public", "web"])),
    )
)  # fmt: skip
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.usefixtures("public")
async def test_nothing_sent_makes_it_fail(browser: Browser, form: dict[str, str]):
    chosen = {"client_id": "demo-public", "grant_type": "refresh_token", "refresh_token": "x"} | form
    answer = await browser.client.post("/auth/token", data=chosen)
    assert answer.status_code in {400, 401}, chosen
    assert "error" in answer.json()


async def test_odd_characters_in_a_code_or_a_scope(browser: Browser, public: Program):
    for text in ('"', "\\", "é", "\u2028", "x" * 5000, "😀"):
        code = await browser.client.post("/auth/token", data=public.code_form(text, code_verifier="v" * 43))
        assert code.json()["error"] == "invalid_grant"
        refresh = await browser.client.post("/auth/token", data=public.refresh_form(text, scope=text))
        assert refresh.json()["error"] in {"invalid_grant", "invalid_request"}
