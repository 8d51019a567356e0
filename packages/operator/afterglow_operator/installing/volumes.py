"""An installation in containers: where its secrets lie, and how its databases are reached."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from afterglow_operator.installing.secret_files import DATABASE_PREFIX


class Volumes(BaseSettings):
    """Read from `AFTERGLOW_*`. `secrets_root` holds a volume for each service, for PostgreSQL and for the operator.

    `smtp_password_file` is the practice's own secret, for auth; an empty file means none.
    """

    model_config = SettingsConfigDict(env_prefix="AFTERGLOW_", frozen=True, extra="ignore")

    secrets_root: Path = Path("/secrets")
    postgres: str = "postgres:5432"
    smtp_password_file: Path | None = None

    def secrets(self, owner: str) -> Path:
        """The folder of one service's secrets; PostgreSQL and the operator have one too."""
        return self.secrets_root / owner

    @property
    def superuser_password(self) -> Path:
        """The file from which PostgreSQL takes its superuser's password when it makes its data."""
        return self.secrets("postgres") / "password"

    @property
    def admin_url(self) -> str:
        """The superuser's URL, in asyncpg's form."""
        return f"postgresql://postgres:{self.superuser_password.read_text()}@{self.postgres}/postgres"

    def database_url(self, service: str, role: str, password: str) -> str:
        """A role's URL of a service's database, for SQLAlchemy."""
        return f"postgresql+asyncpg://{role}:{password}@{self.postgres}/{DATABASE_PREFIX}{service}"
