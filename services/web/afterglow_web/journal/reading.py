"""One entry as its writer sees it: who may read it, who has, and which of its lines are pinned."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from afterglow_foundation.identifiers import new_id
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_web.journal.asking import Journal
from afterglow_web.journal.lines import lines_of
from afterglow_web.journal.wording import NEXT
from afterglow_web.pages import page
from afterglow_web.voice_notes.asking import PLAYING

NOTHING_TYPED: Mapping[str, str] = {}


async def show_entry(
    request: Request,
    journal: Journal,
    entry_id: UUID,
    *,
    status: int = 200,
    typed: Mapping[str, str] = NOTHING_TYPED,
    saved: str | None = None,
    message: str | None = None,
    error: str | None = None,
) -> HTMLResponse:
    """Render the entry; `typed` is what was chosen in the form that pins a line, `error` what is wrong with it."""
    found = await journal.entry(entry_id)
    agenda, sharing, notes = await asyncio.gather(journal.agenda(), journal.sharing(), journal.voice.of(entry_id))
    return page(
        request,
        "journal/entry/page.html",
        status,
        policy=PLAYING,
        notes=notes,
        entry=found,
        before=await journal.find_entry(found.follows) if found.follows else None,
        next_phase=NEXT.get(found.phase) if found.phase else None,
        saved=saved,
        message=message,
        pins=[line for line in agenda.items if line.entry_id == entry_id],
        therapists=", ".join(sharing.names),
        lines=lines_of(found.text),
        pin={"id": typed.get("id") or str(new_id()), "line": typed.get("line"), "words": typed.get("words", "")},
        pin_open=bool(typed),
        pin_error=error,
        summary=[{"href": "#pin-words", "text": error}] if error else [],
    )
