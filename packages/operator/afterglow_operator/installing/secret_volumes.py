"""The secrets of an installation in containers, made where they are missing."""

import secrets

from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.secret_files import (
    KEY_ENCRYPTION_KEYS,
    OWN_CLIENTS,
    database_passwords,
    kept,
    new_key_encryption_keys,
    write,
    write_service_secrets,
)
from afterglow_operator.installing.volumes import Volumes
from afterglow_operator.provision import SERVICES

READABLE_BY_GROUP = 0o640  # the volume's group is PostgreSQL's


def fill(volumes: Volumes) -> None:
    """Make what is missing and keep what is there. OperatorError where keys have gone that data are sealed under."""
    keep_keys(volumes)
    passwords = database_passwords(volumes)
    roles = [(service, f"{service}_{kind}") for service in SERVICES for kind in ("app", "worker")]
    urls = {role: volumes.database_url(service, role, passwords[role]) for service, role in roles}
    write_service_secrets(volumes, urls, OWN_CLIENTS)
    kept(volumes.superuser_password, lambda: secrets.token_urlsafe(24), READABLE_BY_GROUP)
    hand_on_smtp_password(volumes)


def keep_keys(volumes: Volumes) -> None:
    """Keys are made before anything else, so where there are passwords and no keys, the keys were lost."""
    established = (volumes.secrets("operator") / "database_passwords").exists()
    for service in SERVICES:
        keys = volumes.secrets(service) / KEY_ENCRYPTION_KEYS
        if established and not keys.exists():
            raise OperatorError(
                f"The key-encryption keys of {service} have gone, and what is sealed under them cannot be read "
                "without: restore the file from its backup."
            )
        kept(keys, new_key_encryption_keys)


def hand_on_smtp_password(volumes: Volumes) -> None:
    """Auth's copy of what the practice's file says now."""
    given = volumes.smtp_password_file
    password = given.read_text().strip() if given and given.exists() else ""
    copy = volumes.secrets("auth") / "afterglow_smtp_password"
    if password:
        write(copy, password)
    else:
        copy.unlink(missing_ok=True)
