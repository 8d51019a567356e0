"""Addresses of this portal's pages, as people paste them: which thing of whose record one names, and the way back."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from afterglow_web.references.records import Kind, Reference

ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PATHS: Mapping[Kind, str] = {
    "check_in": f"/check-ins/(?P<check_in>{ID})",
    "journal_entry": f"(?:/clients/(?P<journal_of>{ID}))?/journal/(?P<journal_entry>{ID})",
    "session": f"(?:/path#session-|/clients/(?P<session_of>{ID})/course/sessions/)(?P<session>{ID})",
}
BEFORE = r"(?<![^\s(<\[\"'“«])"  # a word of its own: never a part of another address
TAIL, AFTER = r"(?:[?#][\w=&%-]*)*", r"(?![\w/@:#?&=-])"


@dataclass(frozen=True)
class Mention:
    """A reference where it stands in a text; `client` is whose it is, where its address says that."""

    reference: Reference
    client: UUID | None
    start: int
    end: int


def mentions(text: str, base_url: str) -> Iterator[Mention]:
    """In order. An address of any other host is none."""
    for found in addresses(base_url).finditer(text):
        named = found.groupdict()
        kind = next(kind for kind in PATHS if named[kind])
        client = named["journal_of"] or named["session_of"]
        yield Mention(Reference(kind=kind, id=UUID(named[kind])), UUID(client) if client else None, *found.span())


def replaced(text: str, base_url: str, words: Callable[[Mention], str]) -> str:
    """The text with other words for each of its addresses."""
    parts, at = [], 0
    for mention in mentions(text, base_url):
        parts += [text[at : mention.start], words(mention)]
        at = mention.end
    return "".join([*parts, text[at:]])


@cache
def addresses(base_url: str) -> re.Pattern[str]:
    """An address, whole or from its path on."""
    return re.compile(f"{BEFORE}(?:{re.escape(base_url)})?(?:{'|'.join(PATHS.values())}){TAIL}{AFTER}", re.IGNORECASE)


def address_for_client(reference: Reference) -> str:
    """Where a client opens what is theirs; in a message it stands for the thing, whoever reads it."""
    paths: Mapping[Kind, str] = {
        "check_in": "/check-ins/",
        "journal_entry": "/journal/",
        "session": "/path#session-",
    }
    return f"{paths[reference.kind]}{reference.id}"


def address_for_therapist(reference: Reference, client: UUID) -> str:
    """Where whoever treats the client opens it; check-ins have no page of their own there."""
    paths: Mapping[Kind, str] = {
        "check_in": "",
        "journal_entry": f"/journal/{reference.id}",
        "session": f"/course/sessions/{reference.id}",
    }
    return f"/clients/{client}{paths[reference.kind]}"
