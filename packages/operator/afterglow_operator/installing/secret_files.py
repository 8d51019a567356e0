"""Secrets: made once, kept in files, one folder per service and one for the operator."""

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from joserfc.jwk import ECKey

from afterglow_operator.provision import SERVICES, role_names

KEY_ENCRYPTION_KEYS = "afterglow_key_encryption_keys"
DATABASE_PREFIX = "afterglow_"
OWN_CLIENTS = ("web", "portal", "messaging")


class KeepsSecrets(Protocol):
    """Whatever knows the folders: the demonstration's `var`, or a container's volumes."""

    def secrets(self, owner: str) -> Path:
        """The folder of one service's secrets; the operator has one too."""


def kept(path: Path, make: Callable[[], str], mode: int = 0o600) -> str:
    """Return the secret in `path`, made and written now if there is none."""
    if not path.exists():
        write(path, make(), mode)
    return path.read_text()


def write(path: Path, secret: str, mode: int = 0o600) -> None:
    """Replace the file in one step; by default only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_name(f".{path.name}.unfinished")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(secret)
    unfinished.replace(path)


def database_passwords(place: KeepsSecrets) -> dict[str, str]:
    """One password per database role."""
    file = place.secrets("operator") / "database_passwords"
    names = [role for service in SERVICES for role in role_names(service)]
    passwords: dict[str, str] = json.loads(
        kept(file, lambda: json.dumps({name: secrets.token_urlsafe(24) for name in names}))
    )
    return passwords


def client_keys(place: KeepsSecrets, clients: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The private JWK of each of these OAuth clients, which prove themselves with one."""
    return {name: json.loads(kept(client_key_file(place, name), new_client_key)) for name in clients}


def client_key_file(place: KeepsSecrets, client_id: str) -> Path:
    owner = client_id if client_id in SERVICES else "operator"
    name = "afterglow_client_private_key" if client_id in SERVICES else f"{client_id}_private_key"
    return place.secrets(owner) / name


def new_client_key() -> str:
    key = ECKey.generate_key("P-256", private=True, auto_kid=True)
    return json.dumps(key.as_dict(private=True))


def new_key_encryption_keys() -> str:
    return json.dumps({"1": base64.b64encode(secrets.token_bytes(32)).decode()})


def write_service_secrets(place: KeepsSecrets, database_urls: Mapping[str, str], clients: Iterable[str]) -> None:
    """Write each service's secret files and the clients' keys.

    `database_urls` has one per app and worker role, by the role's name.
    """
    for service in SERVICES:
        folder = place.secrets(service)
        kept(folder / KEY_ENCRYPTION_KEYS, new_key_encryption_keys)
        write(folder / "afterglow_database_url", database_urls[f"{service}_app"])
        write(folder / "afterglow_worker_database_url", database_urls[f"{service}_worker"])
    kept(place.secrets("auth") / "afterglow_token_hashing_key", lambda: secrets.token_urlsafe(32))
    kept(place.secrets("auth") / "afterglow_push_private_key", new_client_key)
    client_keys(place, clients)
