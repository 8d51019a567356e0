"""The cookie outside development, and secrets derived from it."""

import base64
import json
import os
from typing import Any

import pytest
from afterglow_web.session.cookies import CookieSecret, cookie_name, set_cookie
from afterglow_web.session.local_paths import local_path
from afterglow_web.settings import Settings
from joserfc.jwk import ECKey
from starlette.responses import Response


@pytest.fixture
def production(settings_values: dict[str, Any], web_key: ECKey) -> Settings:
    return Settings(
        **settings_values
        | {
            "environment": "production",
            "key_encryption_keys": json.dumps({"1": base64.b64encode(os.urandom(32)).decode()}),
            "base_url": "https://portal.example.org",
            "database_url": "postgresql+asyncpg://web_app:9f8a7c6d5e4b3a21@db/web",
            "worker_database_url": "postgresql+asyncpg://web_worker:1c9e4b7a2f8d6035@db/web",
        },
        portal_url="http://portal:9002",
        messaging_url="http://messaging:9003",
        client_private_key=json.dumps(web_key.as_dict(private=True)),
    )


def test_production_cookie(production: Settings) -> None:
    answer = Response()
    set_cookie(answer, CookieSecret("value"), production, seconds=60)
    written = answer.headers["set-cookie"]
    assert written.startswith("__Host-web=value; ")
    parts = {part.strip().lower() for part in written.split(";")[1:]}
    assert parts == {"httponly", "max-age=60", "path=/", "samesite=lax", "secure"}
    assert cookie_name(production) == "__Host-web"


def test_derived_secrets_differ_and_tell_nothing() -> None:
    secret = CookieSecret.new()
    derived = {secret.derive(purpose) for purpose in ("state", "nonce", "code verifier")}
    assert len(derived | {secret.value}) == 4
    assert all(len(value) == 43 for value in derived)
    assert CookieSecret(secret.value).derive("state") in derived
    assert CookieSecret.new().derive("state") not in derived


@pytest.mark.parametrize("path", ["/", "/people?q=a&after=b", "/clients/0195e3a0-0000-7000-8000-000000000001"])
def test_local_paths(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [None, "", "people", "//x", "/\\x", "/a\nb", "/a b", "http://x", "/callback?x", "/auth/x", "/a#b", "/é", "/" * 400],
)
def test_other_paths(path: str | None) -> None:
    assert local_path(path) == "/"
