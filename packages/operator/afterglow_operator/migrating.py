"""What `afterglow migrate` does."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
from afterglow_foundation.revisions import newest
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from afterglow_operator import sites
from afterglow_operator.errors import OperatorError
from afterglow_operator.installing.databases import migrate
from afterglow_operator.installing.standing import revision_of
from afterglow_operator.printing import print_json
from afterglow_operator.provision import SERVICES

console = Console(highlight=False)


def run(var: Path, service: str | None, *, as_json: bool) -> None:
    """Bring every service's database, or one's, to the newest migration. OperatorError where that cannot be done."""
    if service is not None and service not in SERVICES:
        raise OperatorError(f"There is no service {service}; there are {', '.join(SERVICES)}.")
    site = sites.find(var)
    done = [migrated(name, site.database_url(name, "owner")) for name in SERVICES if service in {None, name}]
    if as_json:
        print_json(done)
        return
    for each in done:
        moved = f"{each['before'] or 'empty'} → {each['after']}" if each["changed"] else f"at {each['after']} already"
        console.print(f"{each['service']:10} {moved}")


def migrated(service: str, owner_url: str) -> dict[str, Any]:
    """Migrate one, as its owner; answers what it was and what it is."""
    try:
        before = asyncio.run(revision_of(owner_url))
        with console.status(f"Migrating {service}"):
            migrate(service, owner_url)
    except (asyncpg.PostgresError, DBAPIError, OSError) as problem:
        raise OperatorError(f"The database of {service} could not be migrated: {kind_of(problem)}.") from problem
    after = newest(f"afterglow_{service}")
    return {"service": service, "before": before, "after": after, "changed": before != after}


def kind_of(problem: Exception) -> str:
    """Words for a person; an error of the database's own says more than the wrapper that carries it."""
    if isinstance(problem, OSError):
        return "it cannot be reached"
    inner = getattr(problem, "orig", None) or problem
    return str(inner).splitlines()[0].rstrip(".") if str(inner) else type(inner).__name__
