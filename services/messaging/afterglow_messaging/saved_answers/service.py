"""Save, change, delete and find one's own answers."""

from datetime import UTC, datetime
from uuid import UUID

from afterglow_foundation.callers import Caller
from afterglow_foundation.errors import Conflict, NotFound, Refusal
from afterglow_foundation.sealing import DataKey, DataKeyStore
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from afterglow_messaging.audit_actions import AuditAction
from afterglow_messaging.saved_answers.models import SavedAnswer
from afterglow_messaging.saved_answers.policy import answers_of
from afterglow_messaging.saved_answers.schemas import (
    ChangeIn,
    SavedAnswerIn,
    SavedAnswerNames,
    SavedAnswerOut,
)
from afterglow_messaging.saved_answers.sealing import digest, named, opened, seal

MOST = 50
# Two that are saved at once are counted one after the other.
IN_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('afterglow.saved_answers ' || :person, 0))")


class TooManySaved(Conflict):
    code, title = "too_many_saved", "Fifty saved answers are the most: delete one first"


class Overtaken(Conflict):
    code, title = "overtaken", "This saved answer was changed meanwhile"


async def names(session: AsyncSession, store: DataKeyStore, caller: Caller) -> SavedAnswerNames:
    found = list(await session.scalars(answers_of(caller)))
    key = await store.find(session, caller.person) if found else None
    shown = [named(key, one) for one in found] if key else []
    return SavedAnswerNames(items=sorted(shown, key=lambda one: (one.name.casefold(), one.id)))


async def find(
    session: AsyncSession, caller: Caller, answer: UUID, action: AuditAction, *, to_change: bool = False
) -> SavedAnswer:
    """Raises NotFound; one that is to be changed is changed by nobody else meanwhile."""
    mine = answers_of(caller).where(col(SavedAnswer.id) == answer)
    found = await session.scalar(mine.with_for_update() if to_change else mine)
    if found is None:
        raise NotFound(refusal=Refusal(action, answer))
    return found


async def read(session: AsyncSession, store: DataKeyStore, caller: Caller, answer: UUID) -> SavedAnswerOut:
    found = await find(session, caller, answer, AuditAction.saved_answer_read)
    return opened(await key_of(session, store, caller), found)


async def save(
    session: AsyncSession, store: DataKeyStore, caller: Caller, answer: UUID, body: SavedAnswerIn
) -> tuple[SavedAnswerOut, bool]:
    """Save it once, and say whether it was new. Raises TooManySaved, and Conflict for an id that is taken."""
    await session.execute(IN_TURN, {"person": str(caller.person)})
    key = await store.find_or_make(session, caller.person)
    first = await session.scalar(answers_of(caller).where(col(SavedAnswer.id) == answer))
    if first:
        if first.digest != digest(key, body):
            raise Conflict("This id was used for another saved answer.")
        return opened(key, first), False
    counted = await session.scalar(select(func.count()).select_from(answers_of(caller).subquery()))
    if counted is None or counted >= MOST:
        raise TooManySaved
    made = SavedAnswer(
        id=answer,
        therapist_id=caller.person,
        sealed_name=b"",
        sealed_text=b"",
        digest=digest(key, body),
        changed_at=datetime.now(UTC),
    )
    seal(key, made, body)
    session.add(made)
    await session.flush()
    return opened(key, made), True


async def change(
    session: AsyncSession, store: DataKeyStore, caller: Caller, answer: UUID, body: ChangeIn
) -> SavedAnswerOut:
    """Put other words in its place; what it said before is gone. Again, with the same words, it changes nothing."""
    found = await find(session, caller, answer, AuditAction.saved_answer_changed, to_change=True)
    key = await key_of(session, store, caller)
    now = opened(key, found)
    if (now.name, now.text) == (body.name, body.text):
        return now
    if body.replaces != found.version:
        raise Overtaken
    seal(key, found, body)
    found.version, found.changed_at = found.version + 1, datetime.now(UTC)
    await session.flush()
    return opened(key, found)


async def remove(session: AsyncSession, caller: Caller, answer: UUID) -> None:
    found = await find(session, caller, answer, AuditAction.saved_answer_deleted)
    await session.execute(delete(SavedAnswer).where(col(SavedAnswer.id) == found.id))


async def key_of(session: AsyncSession, store: DataKeyStore, caller: Caller) -> DataKey:
    key = await store.find(session, caller.person)
    if key is None:
        raise LookupError("saved answers without a data key")
    return key
