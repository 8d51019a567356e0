"""Everything that must be in place before the services of an installation in containers start."""

import asyncio

import asyncpg
from afterglow_auth.invitations.schemas import InvitationIn
from afterglow_auth.oauth.clients import register
from afterglow_auth.settings import Settings
from afterglow_foundation.database import Database, RowContext
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from afterglow_operator.errors import OperatorError
from afterglow_operator.installing import first_admin
from afterglow_operator.installing.clients import own_clients
from afterglow_operator.installing.databases import prepare_databases
from afterglow_operator.installing.secret_files import OWN_CLIENTS, client_keys, database_passwords
from afterglow_operator.installing.volumes import Volumes


class FirstAdmin(BaseSettings):
    """Whom to invite, from `AFTERGLOW_FIRST_ADMIN_*`; without an address nobody is."""

    model_config = SettingsConfigDict(env_prefix="AFTERGLOW_FIRST_ADMIN_", env_ignore_empty=True, frozen=True)

    email: str | None = None
    name: str = "Admin"
    time_zone: str = "UTC"

    def wanted(self) -> InvitationIn | None:
        """OperatorError where the address, name or zone cannot be taken."""
        if self.email is None:
            return None
        try:
            return InvitationIn.model_validate({**self.model_dump(), "role": "admin"})
        except ValidationError as problem:
            wrong = ", ".join(f"AFTERGLOW_FIRST_ADMIN_{each['loc'][0]}".upper() for each in problem.errors())
            raise OperatorError(f"The first admin cannot be invited: see {wrong}.") from problem


def bring_up_to_date(volumes: Volumes) -> str | None:
    """Databases, roles, migrations, OAuth clients, first admin; safe to repeat. Returns a link that was made now."""
    passwords = database_passwords(volumes)

    def url_of(service: str, role: str) -> str:
        return volumes.database_url(service, role, passwords[role])

    try:
        prepare_databases(volumes.admin_url, passwords, url_of)
    except asyncpg.InvalidPasswordError:
        raise OperatorError(
            "PostgreSQL refuses the password of these secrets: its data belong to others. Restore the secrets that "
            "the data were made with."
        ) from None
    return asyncio.run(prepare_auth(volumes, url_of("auth", "auth_worker"), FirstAdmin().wanted()))


async def prepare_auth(volumes: Volumes, worker_url: str, admin: InvitationIn | None) -> str | None:
    """Register the system's own clients and invite the first admin, in one transaction."""
    settings = Settings(_secrets_dir=volumes.secrets("auth"))
    database = Database.connect(worker_url, pool_size=1)
    try:
        async with database.unit_of_work(RowContext()) as session:
            for client in own_clients(settings.base_url, client_keys(volumes, OWN_CLIENTS)):
                await register(session, client)
            return await first_admin.invite(session, settings, admin) if admin else None
    finally:
        await database.close()
