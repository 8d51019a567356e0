"""Settings that every service has; outside development they refuse default, short and regular secrets."""

import json
import os
from functools import cached_property
from typing import Literal, Self
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SHORTEST_SECRET = 16
FEWEST_CHARACTERS = 12  # 32 random bytes in base64 hold about thirty different ones
ISSUED_ELSEWHERE = {"smtp_password"}  # a provider chose it: no example, but perhaps shorter than we would have it
SHORTEST_ISSUED = 8
WELL_KNOWN = ("changeme", "change-me", "default", "development", "example", "insecure", "password", "secret")


class ServiceSettings(BaseSettings):
    """Read from `AFTERGLOW_*` variables, or from files of those names in `$AFTERGLOW_SECRETS_DIR`.

    `base_url` is the public address without a trailing slash; `auth_url` is where this service reaches auth.
    `database_url` is the app role's, which serves requests; `worker_database_url` the worker role's, which applies
    feeds and runs jobs.
    """

    model_config = SettingsConfigDict(env_prefix="AFTERGLOW_", frozen=True, extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = "production"
    base_url: str = Field(pattern=r"^https?://[^/\s]+$")
    auth_url: str = Field(pattern=r"^https?://[^/\s]+$")
    database_url: SecretStr
    worker_database_url: SecretStr
    key_encryption_keys: SecretStr
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    def __init__(self, **values: object) -> None:
        folder = os.environ.get("AFTERGLOW_SECRETS_DIR")
        if folder and "_secrets_dir" not in values:
            values["_secrets_dir"] = folder
        super().__init__(**values)  # type: ignore[arg-type]  # pydantic-settings types its private options one by one

    @cached_property
    def issuer(self) -> str:
        return f"{self.base_url}/auth"

    @property
    def insecure_cookies(self) -> bool:
        """Only on http://localhost in development: some browsers drop Secure cookies there."""
        return self.environment == "development" and self.base_url.split(":")[:2] == ["http", "//localhost"]

    def audience(self, api: str) -> str:
        """The `aud` value of one API, for example `https://portal.example.org/api/portal`."""
        return f"{self.base_url}/api/{api}"

    @model_validator(mode="after")
    def refuse_weak_secrets(self) -> Self:
        if self.environment == "development":
            return self
        if not self.base_url.startswith("https://"):
            raise ValueError("base_url must be https outside development")
        for name, value in self:
            if isinstance(value, SecretStr) and is_weak(secret_part(value.get_secret_value()), name):
                raise ValueError(f"{name} is a default, too short or too regular; set a secret of its own")
        if not are_random(self.key_encryption_keys.get_secret_value()):
            raise ValueError("key_encryption_keys does not hold random keys; make keys of your own")
        return self


class ClientSettings(ServiceSettings):
    """A service that is an OAuth client too: its id, and its private key (P-256) as a JWK in JSON."""

    client_id: str
    client_private_key: SecretStr

    @cached_property
    def private_key(self) -> ECKey:
        """The key that signs client assertions. Raises ValueError when the setting holds none."""
        try:
            key = ECKey.import_key(json.loads(self.client_private_key.get_secret_value()))
        except (JoseError, TypeError, ValueError) as error:
            raise ValueError("client_private_key is not a JWK") from error
        if not key.is_private:
            raise ValueError("client_private_key holds no private part")
        return key


def secret_part(value: str) -> str:
    """The password of an address, which is as weak as its password; any other secret whole."""
    return urlsplit(value).password or "" if "://" in value else value


def are_random(document: str) -> bool:
    """True when every key (JSON, base64 by version) looks random; not for 32 zero bytes, nor for no JSON at all."""
    try:
        keys = list(json.loads(document).values())
    except (AttributeError, ValueError):
        return False
    return bool(keys) and all(len(set(str(key))) >= FEWEST_CHARACTERS for key in keys)


def is_weak(secret: str, name: str = "") -> bool:
    """True for a secret that is too short, made of few characters, or contains a word that stands in examples."""
    if any(word in secret.lower() for word in WELL_KNOWN):
        return True
    if name in ISSUED_ELSEWHERE:
        return len(secret) < SHORTEST_ISSUED
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS
