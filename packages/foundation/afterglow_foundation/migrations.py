"""Alembic, the same way in every service: `migrations/` inside the package, run as the owner role."""

import asyncio

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, MetaData, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from afterglow_foundation.revisions import migrations_folder

LOCK_TIMEOUT = "5s"
JOBS = "jobs"  # pgqueuer's own schema: no model of ours stands for its tables


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic compares it with the models."""
    return not (kind == "schema" and name == JOBS)


def configuration(package: str, url: str = "") -> Config:
    """Alembic's configuration for one service package, for example `afterglow_portal`."""
    config = Config()
    config.set_main_option("script_location", str(migrations_folder(package)))
    config.attributes["url"] = url
    return config


def upgrade(package: str, url: str, revision: str = "head") -> None:
    """Migrate the database at `url` (owner role, `postgresql+asyncpg://…`). Not inside a running event loop."""
    command.upgrade(configuration(package, url), revision)


def downgrade(package: str, url: str, revision: str = "base") -> None:
    """Take migrations back, down to `revision`. Not inside a running event loop."""
    command.downgrade(configuration(package, url), revision)


def run(metadata: MetaData, *, service: str) -> None:
    """Called by each service's `migrations/env.py`."""
    asyncio.run(run_online(metadata, service, context.config.attributes["url"]))


async def run_online(metadata: MetaData, service: str, url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(migrate, metadata, service)
    await engine.dispose()


def migrate(connection: Connection, metadata: MetaData, service: str) -> None:
    connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=is_ours,
        transaction_per_migration=False,
    )
    context.run_migrations()
    exists = connection.scalar(text("SELECT to_regclass('alembic_version')"))
    if exists:
        connection.execute(text(f"GRANT SELECT ON alembic_version TO {service}_app"))
