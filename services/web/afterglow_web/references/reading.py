"""A message's text as its reader may see it: each reference is judged at that moment, by portal."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from http import HTTPStatus
from uuid import UUID

from afterglow_design.dates import full_day
from afterglow_design.languages import _
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from markupsafe import Markup

from afterglow_web.markdown import PLACE, place, render_said
from afterglow_web.portal import Portal
from afterglow_web.references.addresses import Mention, address_for_client, address_for_therapist, mentions
from afterglow_web.references.records import Opening, Reference

PATIENCE = 2.0  # seconds
MOST = 100  # that portal judges in one call
REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


@dataclass(frozen=True)
class References:
    """What texts of a client's conversation refer to.

    `asked` was put to portal; what of it the reader may open is in `open_now`. The rest stays as it was typed.
    """

    base_url: str
    client: UUID
    reader: UUID
    asked: frozenset[Reference] = frozenset()
    open_now: Mapping[Reference, date] = field(default_factory=dict)

    def html(self, text: str) -> Markup:
        """The text as it is said, with links to what may be opened, and plain words for what may not."""
        text = text.replace(PLACE, "").strip()
        places: list[Markup] = []
        parts, at = [], 0
        for mention in mentions(text, self.base_url):
            if mention.reference in self.asked or self.is_foreign(mention):
                parts += [text[at : mention.start], place(len(places))]
                places.append(self.shown(mention))
                at = mention.end
        return render_said("".join([*parts, text[at:]]), places).strip()

    def is_foreign(self, mention: Mention) -> bool:
        """Of another client, as its address says: that is never asked, and never opens from here."""
        return mention.client not in {None, self.client}

    def day_of(self, mention: Mention) -> date | None:
        return None if self.is_foreign(mention) else self.open_now.get(mention.reference)

    def shown(self, mention: Mention) -> Markup:
        words = self.words(mention)
        if self.day_of(mention) is None:
            return Markup('<span class="reference">{}</span>').format(words)
        own = self.reader == self.client
        reference = mention.reference
        address = address_for_client(reference) if own else address_for_therapist(reference, self.client)
        return Markup('<a class="reference" href="{}">{}</a>').format(address, words)

    def words(self, mention: Mention) -> str:
        """Its kind and day; of what cannot be opened neither, nor whether there is such a thing."""
        found = self.day_of(mention)
        if found is None:
            return _("something in the portal that you cannot open, or not any more")
        day = full_day(found)
        match mention.reference.kind:
            case "check_in":
                return _("check-in of %(day)s", day=day)
            case "journal_entry":
                return _("journal entry of %(day)s", day=day)
            case "session":
                return _("session of %(day)s", day=day)


async def references_of(
    portal: Portal, base_url: str, client: UUID, reader: UUID, texts: Iterable[str | None]
) -> References:
    """Ask portal once about all that these texts refer to. Where it does not answer they show as they were typed."""
    nothing = References(base_url, client, reader)
    found = [mention for text in texts if text for mention in mentions(text, base_url)]
    asked = list(dict.fromkeys(one.reference for one in found if not nothing.is_foreign(one)))[:MOST]
    if not asked:
        return nothing
    try:
        openings = await ask(portal, client, asked)
    except (TimeoutError, Unavailable, UpstreamProblem):
        return nothing
    open_now = {Reference(kind=one.kind, id=one.id): one.day for one in openings}
    return References(base_url, client, reader, frozenset(asked), open_now)


async def ask(portal: Portal, client: UUID, asked: list[Reference]) -> list[Opening]:
    """Nothing may be opened of a client whom the reader does not treat any more."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await portal.openable(client, asked)
    except UpstreamProblem as problem:
        if problem.upstream_status in REFUSED:
            return []
        raise
