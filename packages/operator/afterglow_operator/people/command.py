"""What `afterglow people …` does."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from afterglow_auth.accounts.models import PersonState
from afterglow_auth.imports.schemas import ImportIn
from afterglow_auth.invitations.schemas import InvitationIn
from afterglow_auth.settings import Settings
from afterglow_foundation.callers import Role
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_operator import sites
from afterglow_operator.errors import OperatorError
from afterglow_operator.people import acts
from afterglow_operator.people.transaction import carry_out
from afterglow_operator.printing import print_json

console = Console(highlight=False)
ROLES = tuple(role for role in Role if role is not Role.service)


def list_people(var: Path, *, role: str | None, state: str | None, as_json: bool) -> None:
    """Print everybody, by name."""
    of = Role(one_of(role, ROLES)) if role else None
    within = PersonState(one_of(state, tuple(PersonState))) if state else None
    found = asyncio.run(carry_out(sites.find(var), lambda session: acts.list_people(session, role=of, state=within)))
    if as_json:
        print_json(found)
        return
    table = Table("name", Column("address", overflow="fold"), "role", "state", "last signed in", box=None)
    for each in found:
        seen = (each["last_sign_in_at"] or "never")[:16].replace("T", " ")
        table.add_row(escape(each["name"]), escape(each["email"]), each["role"], each["state"], seen)
    console.print(table)


def invite(var: Path, wanted: dict[str, Any], *, as_json: bool) -> None:
    """Invite somebody; auth's worker sends the link by mail."""
    site = sites.find(var)
    whom = read(wanted)
    made = asyncio.run(carry_out(site, lambda session: acts.invite(session, site.settings("auth", Settings), whom)))
    until = made["invitation"]["expires_at"]
    told(made, f"{whom.email} is invited. The link goes out by mail, and works until {until:%d %B %H:%M} UTC.", as_json)


def enable(var: Path, who: str, *, as_json: bool) -> None:
    """Open an account again."""
    person = asyncio.run(carry_out(sites.find(var), lambda session: acts.enable(session, who)))
    told(person, f"{person['email']} is open again.", as_json)


def reset(var: Path, who: str, *, as_json: bool) -> None:
    """Ask for a factor reset; auth's worker carries it out when its day is over."""
    site = sites.find(var)
    made = asyncio.run(carry_out(site, lambda session: acts.reset(session, site.settings("auth", Settings), who)))
    due = datetime.fromisoformat(made["factor_reset"]["due_at"])
    words = (
        f"{made['person']['email']} is told by mail, and can stop it until {due:%d %B %H:%M} UTC. Then a link goes out."
    )
    told(made, words, as_json)


def import_people(var: Path, file: Path, *, time_zone: str, as_json: bool) -> None:
    """Invite every client of a CSV file, or nobody."""
    site = sites.find(var)
    try:
        wanted = ImportIn(csv=file.read_text("utf-8-sig"), time_zone=time_zone)
    except (OSError, UnicodeError, ValidationError) as problem:
        raise OperatorError(f"{file} cannot be read as a CSV file in UTF-8, or --time-zone is none.") from problem
    made = asyncio.run(carry_out(site, lambda session: import_all(session, site.settings("auth", Settings), wanted)))
    told({"invited": made}, f"{made} clients are invited. The links go out by mail.", as_json)


async def import_all(session: AsyncSession, settings: Settings, wanted: ImportIn) -> int:
    """With a bar that fills meanwhile."""
    made, screen = 0, Console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("Inviting", total=None)
        async for made, total in acts.import_people(session, settings, wanted):
            bar.update(task, completed=made, total=total)
    return made


def disable(var: Path, who: str, *, as_json: bool) -> None:
    """End an account."""
    person = asyncio.run(carry_out(sites.find(var), lambda session: acts.disable(session, who)))
    told(person, f"{person['email']} is disabled, and signed out everywhere.", as_json)


def assign(var: Path, client: str, therapist: str, *, as_json: bool) -> None:
    """Begin care."""
    made = asyncio.run(carry_out(sites.find(var), lambda session: acts.assign(session, client, therapist)))
    told(made, f"{made['therapist']['email']} treats {made['client']['email']}.", as_json)


def told(document: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        print_json(document)
    else:
        console.print(words, markup=False, soft_wrap=True)


def read(wanted: dict[str, Any]) -> InvitationIn:
    """OperatorError that names what cannot be taken."""
    try:
        return InvitationIn.model_validate(wanted)
    except ValidationError as problem:
        wrong = " and ".join(f"--{str(each['loc'][0]).replace('_', '-')}" for each in problem.errors())
        raise OperatorError(f"Nobody is invited: {wrong} cannot be used.") from problem


def one_of(value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise OperatorError(f"There is no {value}; there are {', '.join(known)}.")
    return value
