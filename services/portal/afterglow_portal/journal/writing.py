"""Write and edit entries: exactly once, every version kept, nothing taken back that was read."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, FieldError, InvalidInput, NotFound, Refusal
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.sealing import DataKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_portal.audit_actions import AuditAction
from afterglow_portal.checkins.rules import CLOCK_SKEW, NOT_YET
from afterglow_portal.course.impairment import refuse_opening_wider
from afterglow_portal.edits import Edits
from afterglow_portal.journal.content import EARLIER, SEALED, acknowledged, columns_of, opened, sealed
from afterglow_portal.journal.drafts import forget_draft
from afterglow_portal.journal.models import ContentColumns, JournalEntry, JournalErasure, JournalVersion
from afterglow_portal.journal.policy import readable
from afterglow_portal.journal.schemas import EntryBody, EntryOut, Reading, VersionBody
from afterglow_portal.journal.sharing import READINGS, set_shares
from afterglow_portal.people.care_now import waits_for
from afterglow_portal.readings import by_whom
from afterglow_portal.visibility import Visibility
from afterglow_portal.voice_notes.models import VoiceNote

EDITS = Edits(JournalEntry, JournalVersion, of="entry_id")
LONGEST_BACK = timedelta(days=366 * 20)
TOO_LONG_AGO = FieldError(field="felt_at", code="too_long_ago", message="This time is too long ago.")
NOT_THERE = FieldError(field="follows", code="unknown", message="There is no such entry to continue.")
WORDLESS = FieldError(field="text", code="missing", message="Write something, or record a voice note.")
ITSELF = FieldError(field="follows", code="itself", message="An entry cannot continue itself.")


class EntryErased(Conflict):
    code, title = "entry_erased", "This entry was erased, and its id is not taken again"


class EntryChanged(Conflict):
    code, title = "entry_changed", "This entry was changed since you opened it"


class AlreadyRead(Conflict):
    """`readings` say by whom and when, in the problem's own words too."""

    code, title = "already_read", "This was read already, so it cannot be taken back"

    def __init__(self, readings: list[Reading], refusal: Refusal) -> None:
        super().__init__(f"Read by {by_whom(readings)}.", refusal=refusal)


@dataclass(frozen=True, slots=True)
class Written:
    """The answer, whether this request is the one that stored it, and what changed in who may read it."""

    created: bool
    entry: EntryOut
    sharing: AuditAction | None = None


async def write(session: AsyncSession, key: DataKey, caller: Caller, entry_id: UUID, body: EntryBody) -> Written:
    """Store `body` under the caller's own id, or find that it was. Raises InvalidInput, Conflict, EntryErased."""
    client, now = caller.person, datetime.now(UTC)
    digest = key.digest(body.canonical())
    if again := await written_before(session, client, entry_id, body, digest):
        return again
    await refuse_impossible(session, client, entry_id, body, now)
    await refuse_opening_wider(session, client, None, body.visibility)
    values = {"client_id": client, "id": entry_id, "entered_at": now, "version": 1, "body_digest": digest}
    values["waits_for"] = await waits_for(session, client, body.visibility)
    made = await session.execute(
        insert(JournalEntry)
        .values(**values, **columns_of(body, entry_id, key))
        .on_conflict_do_nothing()
        .returning(col(JournalEntry.id))
    )
    if made.first() is None:  # another request's row was committed after we looked
        again = await written_before(session, client, entry_id, body, digest)
        if again is None:
            raise Conflict
        return again
    if await find_erasure(session, client, entry_id):  # committed after we looked: it freed the id that we took
        raise EntryErased
    await set_shares(session, client, entry_id, body.visibility)
    await forget_draft(session, client, entry_id, body.draft_revision)
    entry = acknowledged(body, entry_id=entry_id, client_id=client, entered_at=now)
    return Written(True, entry, AuditAction.journal_entry_shared if is_shared(body.visibility) else None)


async def written_before(
    session: AsyncSession, client: UUID, entry_id: UUID, body: EntryBody, digest: bytes
) -> Written | None:
    """The first answer, if this very body was acknowledged under this id: an edit since does not change it."""
    if await find_erasure(session, client, entry_id):
        raise EntryErased
    found = await session.execute(
        select(col(JournalEntry.body_digest), col(JournalEntry.entered_at)).where(
            col(JournalEntry.client_id) == client, col(JournalEntry.id) == entry_id
        )
    )
    first = found.one_or_none()
    if first is None:
        return None
    if first.body_digest != digest:
        raise Conflict
    return Written(False, acknowledged(body, entry_id=entry_id, client_id=client, entered_at=first.entered_at))


async def refuse_impossible(
    session: AsyncSession, client: UUID, entry_id: UUID, body: EntryBody, entered_at: datetime
) -> None:
    """Raise InvalidInput for a time that is not in the past, an entry to continue that is not there, or nothing said.

    A voice note that is whole says something without words.
    """
    wrong = []
    if not body.text.strip() and not await has_voice_note(session, client, entry_id):
        wrong.append(WORDLESS)
    if body.felt_at > entered_at + CLOCK_SKEW:
        wrong.append(NOT_YET)
    if body.felt_at < entered_at - LONGEST_BACK:
        wrong.append(TOO_LONG_AGO)
    if body.follows == entry_id:
        wrong.append(ITSELF)
    elif body.follows and await session.get(JournalEntry, (client, body.follows)) is None:
        wrong.append(NOT_THERE)
    if wrong:
        raise InvalidInput(errors=wrong)


async def has_voice_note(session: AsyncSession, client: UUID, entry_id: UUID) -> bool:
    note = select(col(VoiceNote.id)).where(
        col(VoiceNote.client_id) == client,
        col(VoiceNote.entry_id) == entry_id,
        col(VoiceNote.finished_at).is_not(None),
    )
    return await session.scalar(note.limit(1)) is not None


async def own_for_update(session: AsyncSession, caller: Caller, entry_id: UUID, action: AuditAction) -> JournalEntry:
    """The caller's own entry, locked until the transaction ends: a reading waits, or was there before."""
    entry = await lock_own(session, caller, entry_id)
    if entry is None:
        raise NotFound(refusal=Refusal(action, entry_id))
    return entry


async def lock_own(session: AsyncSession, caller: Caller, entry_id: UUID) -> JournalEntry | None:
    own = readable(caller, caller.person).where(col(JournalEntry.id) == entry_id)
    entry: JournalEntry | None = await session.scalar(own.with_for_update())
    return entry


async def edit(session: AsyncSession, key: DataKey, entry: JournalEntry, body: VersionBody) -> Written:
    """Replace what a locked entry says; the version before is kept.

    Raises InvalidInput, EntryChanged for an edit of a version that is no longer current, AlreadyRead for one that
    would take back what was read, and Conflict when another body was sent under this `version_id`.
    """
    digest = key.digest(body.canonical())
    if earlier := await EDITS.made_before(session, entry, body.version_id, digest):
        return Written(False, answered(body, entry, earlier.version, earlier.made_at))
    if body.base_version != entry.version:
        raise EntryChanged
    await refuse_impossible(session, entry.client_id, entry.id, body, entry.entered_at)
    before = Visibility(entry.visibility)
    if is_shared(before) and not is_shared(body.visibility):
        await refuse_once_read(session, entry, AuditAction.journal_entry_unshared)
    await refuse_opening_wider(session, entry.client_id, before, body.visibility)
    session.add(version_of(entry, key))
    replace(entry, body, key, digest)
    if before != body.visibility:
        entry.waits_for = await waits_for(session, entry.client_id, body.visibility)
    await session.flush()
    if is_shared(before) != is_shared(body.visibility):  # other edits change words, and nothing in who reads them
        await set_shares(session, entry.client_id, entry.id, body.visibility, version=entry.version)
    await forget_draft(session, entry.client_id, entry.id, body.draft_revision)
    return Written(True, answered(body, entry, entry.version, entry.edited_at), change(before, body.visibility))


def is_shared(visibility: Visibility) -> bool:
    return visibility == Visibility.therapist


def change(before: Visibility, after: Visibility) -> AuditAction | None:
    if is_shared(before) == is_shared(after):
        return None
    return AuditAction.journal_entry_shared if is_shared(after) else AuditAction.journal_entry_unshared


def answered(body: EntryBody, entry: JournalEntry, version: int, edited_at: datetime | None) -> EntryOut:
    return acknowledged(
        body,
        entry_id=entry.id,
        client_id=entry.client_id,
        entered_at=entry.entered_at,
        version=version,
        edited_at=edited_at,
    )


async def refuse_once_read(session: AsyncSession, entry: JournalEntry, action: AuditAction) -> None:
    found = (await READINGS.by_object(session, entry.client_id, [entry.id])).get(entry.id)
    if found:
        raise AlreadyRead(found, Refusal(action, entry.id, entry.client_id, "already_read"))


def version_of(entry: JournalEntry, key: DataKey) -> JournalVersion:
    """The present content as a version row, its words bound to that row."""
    row_id = new_id()
    content = {name: getattr(entry, name) for name in ContentColumns.model_fields if name not in SEALED}
    content |= sealed(opened(entry, key), EARLIER, row_id, key)
    return JournalVersion(
        client_id=entry.client_id,
        id=row_id,
        entry_id=entry.id,
        version=entry.version,
        made_at=entry.edited_at or entry.entered_at,
        version_id=entry.version_id,
        version_digest=entry.version_digest,
        **content,
    )


def replace(entry: JournalEntry, body: VersionBody, key: DataKey, digest: bytes) -> None:
    for name, value in columns_of(body, entry.id, key).items():
        setattr(entry, name, value)
    entry.version += 1
    entry.edited_at = datetime.now(UTC)
    entry.version_id, entry.version_digest = body.version_id, digest


async def find_erasure(session: AsyncSession, client: UUID, entry_id: UUID) -> JournalErasure | None:
    return await session.get(JournalErasure, (client, entry_id))
