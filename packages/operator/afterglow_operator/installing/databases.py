"""Databases, roles and migrations, brought to what this version needs; safe to repeat."""

import asyncio
from collections.abc import Callable, Mapping

from afterglow_foundation.migrations import upgrade

from afterglow_operator.installing.standing import is_newest
from afterglow_operator.provision import SERVICES, provision

UrlOf = Callable[[str, str], str]


def prepare_databases(admin_url: str, passwords: Mapping[str, str], url_of: UrlOf) -> None:
    """Provision and migrate every service's database. Not inside a running event loop.

    `admin_url` is a superuser's in asyncpg's form; `url_of(service, role)` gives SQLAlchemy's of a role.
    """
    asyncio.run(provision(admin_url, passwords))
    for service in SERVICES:
        migrate(service, url_of(service, f"{service}_owner"))


def migrate(service: str, owner_url: str) -> None:
    """Migrate unless the database stands at the newest revision; looking is much cheaper than Alembic's own way."""
    if not is_newest(service, owner_url):
        upgrade(f"afterglow_{service}", owner_url)
