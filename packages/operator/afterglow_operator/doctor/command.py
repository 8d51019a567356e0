"""What `afterglow doctor` does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from afterglow_operator import sites
from afterglow_operator.doctor import databases, services
from afterglow_operator.doctor.findings import Finding, State
from afterglow_operator.errors import OperatorError
from afterglow_operator.printing import print_json
from afterglow_operator.provision import SERVICES

console = Console(highlight=False)
COLOURS = {State.ok: "green", State.unknown: "yellow", State.wrong: "bold red"}


def run(var: Path, *, as_json: bool) -> None:
    """Examine everything and print what was found. OperatorError at the end when something is wrong."""
    with console.status("Examining"):
        found = asyncio.run(examine(sites.find(var)))
    if as_json:
        print_json({"ok": not any_wrong(found), "findings": [finding.document() for finding in found]})
    else:
        show(found)
    if any_wrong(found):
        raise OperatorError(f"Something is wrong with {', '.join(each.what for each in found if is_wrong(each))}.")


async def examine(site: sites.Site) -> list[Finding]:
    found = await asyncio.gather(
        *(services.readiness(site, service) for service in SERVICES),
        *(databases.database(site, service) for service in SERVICES),
        *(databases.waiting_jobs(site, service) for service in databases.WITH_JOBS),
        services.mail_server(site),
        services.gateway(site),
        databases.clock(site),
    )
    return [*found, *await databases.streams(site)]


def is_wrong(finding: Finding) -> bool:
    return finding.state is State.wrong


def any_wrong(found: Sequence[Finding]) -> bool:
    return any(map(is_wrong, found))


def show(found: Sequence[Finding]) -> None:
    table = Table("", "", Column("", overflow="fold"), box=None, show_header=False)
    for each in found:
        table.add_row(f"[{COLOURS[each.state]}]{each.state}[/]", escape(each.what), escape(each.detail))
    console.print(table)
