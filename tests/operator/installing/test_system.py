"""What must be in place before the services start: made, repeated, and refused where secrets and data do not fit."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from afterglow_foundation.revisions import newest
from afterglow_operator.errors import OperatorError
from afterglow_operator.installing import secret_volumes
from afterglow_operator.installing.secret_files import database_passwords
from afterglow_operator.installing.standing import revision_of
from afterglow_operator.installing.system import bring_up_to_date
from afterglow_operator.installing.volumes import Volumes
from afterglow_operator.postgres import temporary_cluster
from afterglow_operator.provision import SERVICES

ENVIRONMENT = {
    "AFTERGLOW_ENVIRONMENT": "production",
    "AFTERGLOW_BASE_URL": "https://portal.example.org",
    "AFTERGLOW_AUTH_URL": "http://auth:8000",
    "AFTERGLOW_SMTP_HOST": "smtp.example.org",
    "AFTERGLOW_MAIL_FROM": "portal@example.org",
    "AFTERGLOW_FIRST_ADMIN_EMAIL": "robin@example.org",
    "AFTERGLOW_FIRST_ADMIN_NAME": "Robin Castellano",
}
LINK = "https://portal.example.org/auth/invitation?token="


@pytest.fixture
def volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Volumes]:
    """A PostgreSQL of this test's own, whose superuser has the password that was made for it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with temporary_cluster() as cluster:
        made = Volumes(secrets_root=tmp_path, postgres=f"127.0.0.1:{cluster.port}")
        secret_volumes.fill(made)
        made.superuser_password.write_text((cluster.data / "password").read_text())
        yield made


async def asked(volumes: Volumes, question: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(volumes.admin_url, database="afterglow_auth")
    try:
        found: list[asyncpg.Record] = await connection.fetch(question)
        return found
    finally:
        await connection.close()


def ask(volumes: Volumes, question: str) -> list[asyncpg.Record]:
    return asyncio.run(asked(volumes, question))


def test_databases_clients_and_the_first_admin_are_made_once(volumes: Volumes) -> None:
    link = bring_up_to_date(volumes)
    assert link is not None
    assert link.startswith(LINK)
    passwords = database_passwords(volumes)
    for service in SERVICES:
        url = volumes.database_url(service, f"{service}_owner", passwords[f"{service}_owner"])
        assert asyncio.run(revision_of(url)) == newest(f"afterglow_{service}")
    clients = {row["client_id"]: row for row in ask(volumes, "SELECT * FROM oauth_clients")}
    assert {"web", "portal", "messaging"} <= set(clients)
    assert not any(name.startswith("demo") for name in clients)
    assert clients["web"]["redirect_uris"] == ["https://portal.example.org/callback"]
    assert all('"d"' not in client["jwks"] for client in clients.values())
    (admin,) = ask(volumes, "SELECT email, name, role, password_hash FROM people")
    assert tuple(admin) == ("robin@example.org", "Robin Castellano", "admin", None)

    assert bring_up_to_date(volumes) is None, "the link is shown once"
    assert len(ask(volumes, "SELECT FROM people")) == len(ask(volumes, "SELECT FROM invitations")) == 1


def test_an_invitation_that_expired_is_followed_by_another(volumes: Volumes) -> None:
    first = bring_up_to_date(volumes)
    ask(volumes, "UPDATE invitations SET expires_at = now() - interval '1 second'")
    second = bring_up_to_date(volumes)
    assert second is not None
    assert second != first
    assert len(ask(volumes, "SELECT FROM people")) == 1


def test_where_there_is_an_admin_nobody_is_invited(volumes: Volumes, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_up_to_date(volumes)
    ask(volumes, "UPDATE people SET joined_at = now()")
    ask(volumes, "UPDATE invitations SET used_at = now()")
    monkeypatch.setenv("AFTERGLOW_FIRST_ADMIN_EMAIL", "somebody.else@example.org")
    assert bring_up_to_date(volumes) is None
    assert len(ask(volumes, "SELECT FROM people")) == 1


def test_without_an_address_nobody_is_invited(volumes: Volumes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERGLOW_FIRST_ADMIN_EMAIL", "")
    assert bring_up_to_date(volumes) is None
    assert ask(volumes, "SELECT FROM people") == []


@pytest.mark.parametrize(("name", "value"), [("EMAIL", "robin"), ("TIME_ZONE", "Mars/Olympus")])
def test_an_admin_who_cannot_be_invited_is_named(
    volumes: Volumes, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"AFTERGLOW_FIRST_ADMIN_{name}", value)
    with pytest.raises(OperatorError, match=f"AFTERGLOW_FIRST_ADMIN_{name}"):
        bring_up_to_date(volumes)


def test_data_of_other_secrets_are_told_as_what_they_are(volumes: Volumes) -> None:
    volumes.superuser_password.write_text("the password of another installation")
    with pytest.raises(OperatorError, match="its data belong to others"):
        bring_up_to_date(volumes)
