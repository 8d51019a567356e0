"""Which installation the operator's commands are about, and how its databases are reached."""

import json
from pathlib import Path

import pytest
from afterglow_auth.settings import Settings
from afterglow_operator import sites
from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.volumes import Volumes
from afterglow_operator.sites.containers import Containers

PASSWORDS = {f"{service}_{kind}": "x" for service in ("auth", "portal") for kind in ("owner", "app", "worker")}


@pytest.fixture
def containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Containers:
    monkeypatch.setenv("AFTERGLOW_ENVIRONMENT", "production")
    monkeypatch.setenv("AFTERGLOW_BASE_URL", "https://portal.example.org")
    (tmp_path / "operator").mkdir()
    (tmp_path / "operator/database_passwords").write_text(json.dumps(PASSWORDS))
    return Containers(Volumes(secrets_root=tmp_path))


def test_without_a_demonstration_one_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AFTERGLOW_ENVIRONMENT", raising=False)
    with pytest.raises(OperatorError, match="No demonstration is running"):
        sites.find(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("containers")
def test_production_is_what_the_environment_says(tmp_path: Path):
    assert isinstance(sites.find(tmp_path), Containers)


def test_databases_are_reached_with_the_volumes_passwords(containers: Containers):
    assert containers.database_url("auth", "owner") == (
        "postgresql+asyncpg://auth_owner:x@postgres:5432/afterglow_auth"
    )
    assert containers.service_url("auth") == "http://auth:8000"
    assert containers.base_url == "https://portal.example.org"


def test_what_the_environment_names_goes_before(containers: Containers, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AFTERGLOW_AUTH_OWNER_URL", "postgresql+asyncpg://somebody@elsewhere/auth")
    assert containers.database_url("auth", "owner") == "postgresql+asyncpg://somebody@elsewhere/auth"


def test_an_unknown_database_is_named(containers: Containers):
    with pytest.raises(OperatorError, match="set AFTERGLOW_WEB_OWNER_URL"):
        containers.database_url("web", "owner")


def test_passwords_are_read_and_never_made(tmp_path: Path):
    with pytest.raises(OperatorError, match="AFTERGLOW_AUTH_OWNER_URL"):
        Containers(Volumes(secrets_root=tmp_path)).database_url("auth", "owner")
    assert list(tmp_path.iterdir()) == []


def test_settings_that_cannot_be_used_are_named_without_their_values(
    containers: Containers, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AFTERGLOW_SMTP_PORT", "a-secret-by-mistake")
    with pytest.raises(OperatorError) as refused:
        containers.settings("auth", Settings)
    assert "smtp_port" in str(refused.value)
    assert "a-secret-by-mistake" not in str(refused.value)
