"""The entries of a client's journal that a session's thread can begin with: those that they share."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from afterglow_design.dates import full_day
from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable

from afterglow_web.journal.asking import Journal
from afterglow_web.journal.records import EntryHead
from afterglow_web.journal.wording import phase_words

Options = Sequence[Mapping[str, str]]


async def threads_to_choose(journal: Journal, client_id: UUID, chosen: str) -> Options:
    """None, the newest shared entries, and the one that is `chosen` if it is none of them; empty without any."""
    entries = await shared_entries(journal, client_id)
    named = [{"value": str(one.id), "label": named_entry(one)} for one in entries]
    if chosen and chosen not in {one["value"] for one in named}:
        named.append({"value": chosen, "label": _("The entry that is chosen now")})
    return [{"value": "", "label": _("None")}, *named] if named else []


async def shared_entries(journal: Journal, client_id: UUID) -> list[EntryHead]:
    """None where portal does not say, since the form must show all the same."""
    try:
        return (await journal.entries(client=client_id)).items
    except UpstreamProblem as problem:
        if problem.upstream_status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
    except Unavailable:
        pass
    return []


def named_entry(entry: EntryHead) -> str:
    """By its day, its phase and, once it was opened, its title."""
    parts = [full_day(entry.local_date), phase_words(entry.phase) if entry.phase else "", entry.title or ""]
    return " · ".join(filter(None, parts))
