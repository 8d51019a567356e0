"""Secrets of an installation in containers: made once, one folder per service, kept, and never quietly replaced."""

import json
from pathlib import Path

import pytest
from afterglow_foundation.settings import are_random, is_weak
from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.secret_volumes import fill
from afterglow_operator.installing.volumes import Volumes
from afterglow_operator.provision import SERVICES

OWNERS = (*SERVICES, "operator", "postgres")
COMMON = {"afterglow_database_url", "afterglow_worker_database_url", "afterglow_key_encryption_keys"}


@pytest.fixture
def volumes(tmp_path: Path) -> Volumes:
    for owner in OWNERS:
        (tmp_path / owner).mkdir()
    return Volumes(secrets_root=tmp_path, postgres="postgres.example:5432")


def contents(volumes: Volumes) -> dict[str, str]:
    return {
        str(path.relative_to(volumes.secrets_root)): path.read_text()
        for path in volumes.secrets_root.rglob("*")
        if path.is_file()
    }


def test_every_service_finds_its_own_and_nothing_else(volumes: Volumes) -> None:
    fill(volumes)
    found = {owner: {path.name for path in volumes.secrets(owner).iterdir()} for owner in OWNERS}
    assert found == {
        "auth": {*COMMON, "afterglow_push_private_key", "afterglow_token_hashing_key"},
        "portal": {*COMMON, "afterglow_client_private_key"},
        "messaging": {*COMMON, "afterglow_client_private_key"},
        "web": {*COMMON, "afterglow_client_private_key"},
        "operator": {"database_passwords"},
        "postgres": {"password"},
    }


def test_each_secret_is_strong_and_its_owners_alone(volumes: Volumes) -> None:
    fill(volumes)
    passwords = json.loads((volumes.secrets("operator") / "database_passwords").read_text())
    assert len(set(passwords.values())) == len(passwords) == 16
    assert not any(is_weak(password) for password in passwords.values())
    assert not is_weak(volumes.superuser_password.read_text())
    for service in SERVICES:
        assert are_random((volumes.secrets(service) / "afterglow_key_encryption_keys").read_text())
    modes = {path: path.stat().st_mode & 0o777 for path in volumes.secrets_root.rglob("*") if path.is_file()}
    assert modes.pop(volumes.superuser_password) == 0o640  # PostgreSQL reads it as another user
    assert set(modes.values()) == {0o600}


def test_addresses_name_the_role_and_the_service(volumes: Volumes) -> None:
    fill(volumes)
    passwords = json.loads((volumes.secrets("operator") / "database_passwords").read_text())
    assert (volumes.secrets("portal") / "afterglow_database_url").read_text() == (
        f"postgresql+asyncpg://portal_app:{passwords['portal_app']}@postgres.example:5432/afterglow_portal"
    )
    assert "portal_worker:" in (volumes.secrets("portal") / "afterglow_worker_database_url").read_text()
    assert volumes.superuser_password.read_text() in volumes.admin_url


def test_a_second_time_changes_nothing(volumes: Volumes) -> None:
    fill(volumes)
    before = contents(volumes)
    fill(volumes)
    assert contents(volumes) == before


@pytest.mark.parametrize("service", SERVICES)
def test_keys_that_have_gone_are_not_replaced(volumes: Volumes, service: str) -> None:
    """With other keys nothing could be read that is sealed already, and it would only show later."""
    fill(volumes)
    (volumes.secrets(service) / "afterglow_key_encryption_keys").unlink()
    before = contents(volumes)
    with pytest.raises(OperatorError, match=f"keys of {service} have gone"):
        fill(volumes)
    assert contents(volumes) == before


def test_a_first_start_that_was_interrupted_goes_on(volumes: Volumes) -> None:
    (volumes.secrets("auth") / "afterglow_key_encryption_keys").write_text('{"1": "made"}')
    fill(volumes)
    assert (volumes.secrets("auth") / "afterglow_key_encryption_keys").read_text() == '{"1": "made"}'


def test_the_mail_servers_password_is_handed_to_auth_and_taken_back(volumes: Volumes, tmp_path: Path) -> None:
    given = tmp_path / "given"
    volumes = volumes.model_copy(update={"smtp_password_file": given})
    copy = volumes.secrets("auth") / "afterglow_smtp_password"
    fill(volumes)
    assert not copy.exists()
    given.write_text("issued elsewhere 1234\n")
    fill(volumes)
    assert copy.read_text() == "issued elsewhere 1234"
    given.write_text("")
    fill(volumes)
    assert not copy.exists()
