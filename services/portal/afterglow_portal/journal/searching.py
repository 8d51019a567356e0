"""Search in one's own entries: opened here and forgotten again, since no index of sealed text may exist."""

from afterglow_foundation.callers import Caller
from afterglow_foundation.sealing import DataKey, DataKeyStore
from afterglow_foundation.sought import around, holds, plain
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from starlette.concurrency import run_in_threadpool

from afterglow_portal.journal.content import OPENING, head, opened
from afterglow_portal.journal.models import JournalEntry
from afterglow_portal.journal.policy import readable
from afterglow_portal.journal.schemas import EntryHead, Found
from afterglow_portal.sealing import find_key

MOST_SEARCHED = 2_000
MOST_FOUND = 50


async def search(session: AsyncSession, keys: DataKeyStore, caller: Caller, question: str) -> Found:
    """The newest entries whose title or text holds every word of `question`, whatever case and accents."""
    felt_at, entry_id = col(JournalEntry.felt_at), col(JournalEntry.id)
    rows = readable(caller, caller.person).order_by(felt_at.desc(), entry_id.desc()).limit(MOST_SEARCHED + 1)
    found = list(await session.scalars(rows))
    key = await find_key(keys, session, caller.person)
    if key is None:
        return Found(items=[], searched=0, complete=True)
    hits, searched = await run_in_threadpool(matching, found[:MOST_SEARCHED], key, plain(question).split())
    return Found(items=hits, searched=searched, complete=searched == len(found))


def matching(rows: list[JournalEntry], key: DataKey, wanted: list[str]) -> tuple[list[EntryHead], int]:
    """What was found, and in how many rows: the search ends with the fiftieth."""
    hits: list[EntryHead] = []
    for searched, row in enumerate(rows):
        if len(hits) == MOST_FOUND:
            return hits, searched
        words = opened(row, key)
        if holds(f"{words['title'] or ''}\n{words['text'] or ''}", wanted):
            found = head(row, words, None)
            hits.append(found.model_copy(update={"opening": around(words["text"] or "", wanted, OPENING)}))
    return hits, len(rows)
