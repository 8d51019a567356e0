"""Secrets of the demonstration: made once, kept in files as in production, one folder per service."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey

from afterglow_operator.demo.installation import SERVICES, Installation
from afterglow_operator.provision import role_names

KEYED_CLIENTS = ("web", "portal", "messaging", "demo-confidential")
DATABASE_PREFIX = "afterglow_"


def kept(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in `path`, made and written now if there is none."""
    if not path.exists():
        write(path, make())
    return path.read_text()


def write(path: Path, secret: str) -> None:
    """Replace the file in one step; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret)
    unfinished.replace(path)


def database_passwords(installation: Installation) -> dict[str, str]:
    """One password per database role."""
    file = installation.secrets("operator") / "database_passwords"
    names = [role for service in SERVICES for role in role_names(service)]
    passwords: dict[str, str] = json.loads(
        kept(file, lambda: json.dumps({name: secrets.token_urlsafe(24) for name in names}))
    )
    return passwords


def client_keys(installation: Installation) -> dict[str, dict[str, Any]]:
    """The private JWK of each OAuth client that proves itself with one."""
    return {name: json.loads(kept(client_key_file(installation, name), new_client_key)) for name in KEYED_CLIENTS}


def client_key_file(installation: Installation, client_id: str) -> Path:
    owner = client_id if client_id in SERVICES else "operator"
    name = "afterglow_client_private_key" if client_id in SERVICES else f"{client_id}_private_key"
    return installation.secrets(owner) / name


def new_client_key() -> str:
    key = ECKey.generate_key("P-256", private=True, auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def new_key_encryption_keys() -> str:
    return json.dumps({"1": base64.b64encode(secrets.token_bytes(32)).decode()})


def write_service_secrets(installation: Installation, database_urls: Mapping[str, str]) -> None:
    """Write each service's secret files; `database_urls` has one of the app role per service."""
    for service in SERVICES:
        folder = installation.secrets(service)
        kept(folder / "afterglow_key_encryption_keys", new_key_encryption_keys)
        write(folder / "afterglow_database_url", database_urls[service])
    kept(installation.secrets("auth") / "afterglow_token_hashing_key", lambda: secrets.token_urlsafe(32))
    client_keys(installation)
