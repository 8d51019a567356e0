"""Ask for sealed notes to be opened, decide about it, and read what was opened. Two people, each once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.sealing import Binding, DataKey, DataKeyStore
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.journal.content import binding
from afterglow_portal.people.schemas import Named
from afterglow_portal.process_notes.content import shown
from afterglow_portal.process_notes.models import NoteBook, ProcessNote
from afterglow_portal.sealed_notes.models import GROUNDS, NoteOpening
from afterglow_portal.sealed_notes.schemas import (
    Decision,
    OpenedNote,
    OpenedNotes,
    OpeningBody,
    OpeningOut,
    Openings,
    OpeningState,
    SealedBook,
    SealedBooks,
)
from afterglow_portal.sealing import find_key

LASTS = timedelta(days=7)
MOST = 200
# The rule itself is the database function's: one place for this query and for row-level security.
BOOKS = text("SELECT author_id, author_name FROM sealed_books() WHERE client_id = :client ORDER BY 2, 1")
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext(:whose))")


class AlreadyAsked(Conflict):
    code, title = "already_asked", "These notes are open to you, or somebody is to decide about it"


class AlreadyDecided(Conflict):
    code, title = "already_decided", "Somebody has decided about this already"


async def find_sealed(session: AsyncSession, keys: DataKeyStore, client: UUID) -> SealedBooks:
    """Who left notes about the client, with what the caller asked for last."""
    books = (await session.execute(BOOKS, {"client": client})).all()
    asked = openings().where(col(NoteOpening.client_id) == client).order_by(col(NoteOpening.asked_at))
    last = {one.author_id: one for one in await session.scalars(asked)} if books else {}
    key = await find_key(keys, session, GROUNDS)
    return SealedBooks(
        items=[
            SealedBook(
                author=Named(id=book.author_id, name=book.author_name),
                opening=opening_out(last[book.author_id], key) if book.author_id in last else None,
            )
            for book in books
        ]
    )


async def ask(  # noqa: PLR0917  # who asks for what, and what it takes
    session: AsyncSession, keys: DataKeyStore, caller: Caller, client: UUID, opening_id: UUID, body: OpeningBody
) -> bool:
    """Ask for a week with somebody's sealed notes; False if it was asked before under this id.

    Raises NotFound for notes that are not sealed, AlreadyAsked, and Conflict for another body under this id.
    """
    refusal = Refusal(AuditAction.sealed_notes_asked, opening_id, client)
    books = (await session.execute(BOOKS, {"client": client})).all()
    if body.author_id not in {book.author_id for book in books}:
        raise NotFound(refusal=refusal)
    await session.execute(ONE_AT_A_TIME, {"whose": f"{caller.person} {client}"})
    key = await keys.find_or_make(session, GROUNDS)
    digest = key.digest(client.bytes + body.canonical())
    if before := await session.scalar(openings().where(col(NoteOpening.id) == opening_id)):
        if before.body_digest != digest:
            raise Conflict
        return False
    same = col(NoteOpening.client_id) == client, col(NoteOpening.author_id) == body.author_id
    states = {state_of(one) for one in await session.scalars(openings().where(*same))}
    if states & {OpeningState.waiting, OpeningState.open}:
        raise AlreadyAsked(refusal=refusal)
    made = await session.execute(
        insert(NoteOpening)
        .values(
            id=opening_id,
            client_id=client,
            author_id=body.author_id,
            ground=str(body.ground),
            words=key.seal(body.words, sealed_as(opening_id)),
            asked_by=caller.person,
            asked_at=datetime.now(UTC),
            body_digest=digest,
        )
        .on_conflict_do_nothing()
    )
    if not made.rowcount:  # type: ignore[attr-defined]  # an INSERT answers with a cursor result
        raise Conflict
    return True


async def find_openings(session: AsyncSession, keys: DataKeyStore) -> Openings:
    """For whoever decides: those that wait first, then the newest."""
    decided = col(NoteOpening.decided_at)
    asked = openings().order_by(decided.is_not(None), col(NoteOpening.asked_at).desc()).limit(MOST)
    key = await find_key(keys, session, GROUNDS)
    return Openings(items=[opening_out(one, key) for one in await session.scalars(asked)])


async def count_waiting(session: AsyncSession, caller: Caller) -> int:
    """Those that nobody has decided and somebody else asked for."""
    undecided = col(NoteOpening.decided_at).is_(None), col(NoteOpening.asked_by) != caller.person
    return await session.scalar(select(func.count()).select_from(openings().where(*undecided).subquery())) or 0


async def decide(
    session: AsyncSession, caller: Caller, opening_id: UUID, decision: Decision
) -> tuple[NoteOpening, bool]:
    """Approve or decline what somebody else asked for; False where the caller had decided the same before.

    Raises NotFound, and AlreadyDecided where it was decided otherwise or by another.
    """
    refusal = Refusal(AuditAction.sealed_notes_decided, opening_id)
    row = await session.scalar(openings().where(col(NoteOpening.id) == opening_id))
    if row is None:
        raise NotFound(refusal=refusal)
    now = datetime.now(UTC)
    values = {"decided_by": caller.person, "decided_at": now, "approved": decision.approved}
    values["ends_at"] = now + LASTS if decision.approved else None
    open_still = update(NoteOpening).where(col(NoteOpening.id) == opening_id, col(NoteOpening.decided_at).is_(None))
    done = await session.execute(open_still.values(**values).execution_options(synchronize_session=False))
    if done.rowcount:  # type: ignore[attr-defined]  # an UPDATE answers with a cursor result
        return row, True
    await session.refresh(row)
    if (row.decided_by, row.approved) != (caller.person, decision.approved):
        raise AlreadyDecided(refusal=refusal)
    return row, False


async def read_opened(session: AsyncSession, keys: DataKeyStore, client: UUID, opening_id: UUID) -> OpenedNotes:
    """What is open to the caller now, newest first. Raises NotFound where it is not, or not any more."""
    refusal = Refusal(AuditAction.sealed_notes_read, opening_id, client)
    asked = col(NoteOpening.id) == opening_id, col(NoteOpening.client_id) == client
    opening = await session.scalar(openings().where(*asked))
    if opening is None or state_of(opening) != OpeningState.open:
        raise NotFound(refusal=refusal)
    of_author = col(NoteBook.therapist_id) == opening.author_id, col(NoteBook.client_id) == client
    book = await session.scalar(select(NoteBook).where(*of_author))
    key = await find_key(keys, session, book.id) if book else None
    if key is None:
        raise NotFound(refusal=refusal)
    note = ProcessNote
    theirs = col(note.therapist_id) == opening.author_id, col(note.client_id) == client, col(note.erased_at).is_(None)
    rows = await session.scalars(select(note).where(*theirs).order_by(col(note.written_at).desc()).limit(MOST))
    told = [shown(row, key, may_write=False).model_dump(exclude={"may_write"}) for row in rows]
    return OpenedNotes(items=[OpenedNote.model_validate(one) for one in told])


def openings() -> Select[NoteOpening]:
    """Those that the row policy shows: one's own, and to whoever decides all."""
    return select(NoteOpening)


def state_of(row: NoteOpening) -> OpeningState:
    if row.decided_at is None:
        return OpeningState.waiting
    if row.ends_at is None:
        return OpeningState.declined
    return OpeningState.open if row.ends_at > datetime.now(UTC) else OpeningState.over


def opening_out(row: NoteOpening, key: DataKey | None) -> OpeningOut:
    if key is None:
        raise LookupError("an opening without the key that its words are sealed under")
    plain = {name: getattr(row, name) for name in OpeningOut.model_fields if name not in {"words", "state"}}
    words = key.open(row.words, sealed_as(row.id))
    return OpeningOut.model_validate({**plain, "words": words, "state": state_of(row)})


def sealed_as(opening: UUID) -> Binding:
    return binding("note_openings", "words", opening, GROUNDS)
