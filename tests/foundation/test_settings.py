"""Settings: secrets of one's own or no start, outside development."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from afterglow_foundation.settings import ClientSettings, ServiceSettings
from joserfc.jwk import ECKey, OctKey
from pydantic import ValidationError

KEYS = json.dumps({"1": base64.b64encode(bytes(range(32))).decode()})
PRODUCTION: dict[str, Any] = {
    "environment": "production",
    "base_url": "https://portal.practice.org",
    "auth_url": "http://auth:8000",
    "database_url": "postgresql+asyncpg://portal_app:q9Xc2LmZr7TtVw4K@db/afterglow_portal",
    "worker_database_url": "postgresql+asyncpg://portal_worker:h3Yd8KnVq5RsXw2P@db/afterglow_portal",
    "key_encryption_keys": KEYS,
}


def test_production_values_are_taken() -> None:
    settings = ServiceSettings(**PRODUCTION)
    assert settings.issuer == "https://portal.practice.org/auth"
    assert settings.audience("portal") == "https://portal.practice.org/api/portal"
    assert not settings.insecure_cookies


def test_production_is_what_one_gets_without_saying() -> None:
    assert (
        ServiceSettings(**{name: value for name, value in PRODUCTION.items() if name != "environment"}).environment
        == "production"
    )


WEAK = [
    ("base_url", "http://portal.practice.org"),
    ("base_url", "http://localhost:8080"),
    ("database_url", "postgresql+asyncpg://portal_app:short@db/afterglow_portal"),
    ("worker_database_url", "postgresql+asyncpg://portal_worker:short@db/afterglow_portal"),
    ("database_url", "postgresql+asyncpg://portal_app@db/afterglow_portal"),
    ("database_url", "postgresql+asyncpg://portal_app:ChangeMe-ChangeMe-1@db/afterglow_portal"),
    ("database_url", "postgresql+asyncpg://portal_app:this-is-a-password-1@db/afterglow_portal"),
    ("database_url", "postgresql+asyncpg://portal_app:aaaaaaaaaaaaaaaa@db/afterglow_portal"),
    ("database_url", "postgresql+asyncpg://portal_app:abcabcabcabcabcabc@db/afterglow_portal"),
    ("key_encryption_keys", ""),
    ("key_encryption_keys", "{}"),
    ("key_encryption_keys", json.dumps({"1": base64.b64encode(bytes(32)).decode()})),
    (
        "key_encryption_keys",
        json.dumps({"1": base64.b64encode(bytes(range(32))).decode(), "2": base64.b64encode(b"k" * 32).decode()}),
    ),
    ("key_encryption_keys", "not even JSON, but long enough"),
]


@pytest.mark.parametrize(("name", "value"), WEAK)
def test_weak_values_are_refused_outside_development(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ServiceSettings(**PRODUCTION | {name: value})
    assert name in str(refused.value)


@pytest.mark.parametrize(
    "word", ["changeme", "change-me", "default", "development", "example", "insecure", "password", "secret"]
)
def test_words_of_examples_are_refused_in_every_secret(word: str) -> None:
    with pytest.raises(ValidationError, match="client_private_key"):
        ClientSettings(**PRODUCTION, client_id="portal", client_private_key=f"0123456789-{word.title()}-0123456789")


@pytest.mark.parametrize(("name", "value"), [each for each in WEAK if each[0] != "key_encryption_keys"])
def test_development_takes_them(name: str, value: str) -> None:
    assert ServiceSettings(**PRODUCTION | {"environment": "development", name: value}).environment == "development"


@pytest.mark.parametrize("name", ["base_url", "auth_url"])
@pytest.mark.parametrize(
    "value", ["https://x.org/", "https://x.org/path", "x.org", "ftp://x.org", "https://x .org", ""]
)
def test_addresses_are_a_scheme_and_a_host(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        ServiceSettings(**PRODUCTION | {name: value})


def test_a_refusal_and_a_print_show_no_secret() -> None:
    with pytest.raises(ValidationError) as refused:
        ServiceSettings(**PRODUCTION | {"key_encryption_keys": "too-short-q7"})
    for told in (str(refused.value), repr(refused.value), repr(ServiceSettings(**PRODUCTION))):
        assert "too-short-q7" not in told
        assert "q9Xc2LmZr7TtVw4K" not in told


def test_secrets_are_read_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AFTERGLOW_")]:
        monkeypatch.delenv(name)
    for name, value in PRODUCTION.items():
        (tmp_path / f"afterglow_{name}").write_text(f"{value}\n")
    monkeypatch.setenv("AFTERGLOW_SECRETS_DIR", str(tmp_path))
    settings = ServiceSettings()
    assert settings.database_url.get_secret_value() == PRODUCTION["database_url"]
    assert settings.base_url == PRODUCTION["base_url"]


def test_the_environment_stands_above_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "afterglow_log_level").write_text("error")
    monkeypatch.setenv("AFTERGLOW_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("AFTERGLOW_LOG_LEVEL", "debug")
    assert ServiceSettings(**PRODUCTION).log_level == "debug"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        ServiceSettings(**PRODUCTION).log_level = "debug"


@pytest.mark.parametrize(
    ("environment", "base_url", "insecure"),
    [
        ("development", "http://localhost:8080", True),
        ("development", "http://localhost", True),
        ("development", "http://localhost.evil.org", False),
        ("development", "http://127.0.0.1:8080", False),
        ("development", "https://localhost:8443", False),
        ("production", "https://localhost", False),
    ],
)
def test_cookies_lose_their_protection_on_localhost_in_development_only(
    environment: str, base_url: str, insecure: bool
) -> None:
    assert (
        ServiceSettings(**PRODUCTION | {"environment": environment, "base_url": base_url}).insecure_cookies is insecure
    )


def client_settings(key: object) -> ClientSettings:
    values = PRODUCTION | {"environment": "development"}
    return ClientSettings(
        **values, client_id="portal", client_private_key=key if isinstance(key, str) else json.dumps(key)
    )


def test_the_client_key_is_a_private_jwk() -> None:
    key = ECKey.generate_key("P-256", {"kid": "portal-1"}, auto_kid=False)
    settings = client_settings(key.as_dict(private=True))
    assert settings.private_key.kid == "portal-1"
    assert settings.private_key is settings.private_key


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-256").as_dict(private=False),
        OctKey.generate_key(256).as_dict(private=True),
        {"kty": "EC"},
        ["kty", "EC"],
        "not a key",
        "",
    ],
)
def test_anything_else_is_no_client_key(key: object) -> None:
    with pytest.raises(ValueError, match="client_private_key"):
        assert client_settings(key).private_key
