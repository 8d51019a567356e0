"""What `afterglow keys …` does."""

import asyncio
from pathlib import Path

from afterglow_auth.keys import service
from afterglow_auth.keys.schemas import KeyOut, KeyState
from afterglow_auth.oauth.signing_keys import KEPT_AFTER
from afterglow_auth.settings import Settings
from afterglow_foundation.sealing import FileKeyProvider
from rich.console import Console
from rich.table import Table

from afterglow_operator import sites
from afterglow_operator.people.transaction import carry_out
from afterglow_operator.printing import print_json

console = Console(highlight=False)
WORDS = {
    KeyState.next: "waits",
    KeyState.over: "over",
    KeyState.retired: "retired",
    KeyState.signing: "signs",
}


def status(var: Path, *, as_json: bool) -> None:
    """Print the newest keys, the newest first."""
    found = asyncio.run(carry_out(sites.find(var), service.listed))
    if as_json:
        print_json([key.model_dump(mode="json") for key in found])
        return
    table = Table("key", "state", "signs from", "until", "leaves the JWKS", box=None)
    for key in found:
        moments = (key.active_at, key.retires_at, key.published_until)
        table.add_row(str(key.id), WORDS[key.state], *(f"{at:%d %b %H:%M}" if at else "-" for at in moments))
    console.print(table)


def rotate(var: Path, *, as_json: bool) -> None:
    """Make the next key, unless one waits for its time already."""
    site = sites.find(var)
    sealed_with = FileKeyProvider(site.settings("auth", Settings).key_encryption_keys.get_secret_value())
    key, made = asyncio.run(carry_out(site, lambda session: service.make_next(session, sealed_with)))
    if as_json:
        print_json({"made": made, **key.model_dump(mode="json")})
    else:
        console.print(sentence(key, made=made), markup=False, soft_wrap=True)


def sentence(key: KeyOut, *, made: bool) -> str:
    begun = "A new key is published" if made else "The next key is published already"
    said = f"{begun}, and signs from {key.active_at:%d %B %H:%M} UTC on: {key.id}."
    if key.state is not KeyState.next:
        return said
    leaves = key.active_at + KEPT_AFTER
    return f"{said} The one before it signs until then, and leaves the JWKS at {leaves:%d %B %H:%M} UTC."
