"""What happens to the practice's settings."""

from datetime import UTC, datetime

from afterglow_design.practice import Practice
from afterglow_design.terms import Terms
from afterglow_foundation.callers import Caller
from afterglow_foundation.database import Database
from afterglow_foundation.errors import FieldError, InvalidInput, Refusal, field_errors
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.audit import Verb, record
from afterglow_auth.events import outbox
from afterglow_auth.practice.models import PRACTICE, PracticeLogo, PracticeSettings
from afterglow_auth.practice.schemas import LARGEST_DOCUMENT, PracticeIn, PracticeOut
from afterglow_auth.problems import ChangedMeanwhile

ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('afterglow practice'))")
SAVED = text("SELECT document, logo FROM practice")


async def saved(database: Database) -> Practice | None:
    """What an admin has saved last, if anything."""
    rows = await database.single_statement(SAVED, {})
    return Practice.kept(rows[0].document | {"logo": rows[0].logo}) if rows else None


def shown(row: PracticeSettings | None, first: Practice) -> PracticeOut:
    """`first` is the installation's, which holds until something was saved."""
    if row is None:
        return PracticeOut(**first.model_dump(), version=0)
    practice = Practice.kept(row.document | {"logo": row.logo})
    return PracticeOut(**practice.model_dump(), version=row.version, changed_at=row.changed_at)


async def read(session: AsyncSession, first: Practice) -> PracticeOut:
    return shown(await session.get(PracticeSettings, PRACTICE), first)


async def change(session: AsyncSession, first: Practice, wanted: PracticeIn, caller: Caller) -> PracticeOut:
    """Save a change. A repeat of the last one changes nothing; raises ChangedMeanwhile for one of an older version."""
    row = await locked(session)
    present = shown(row, first)
    before = Practice(**present.model_dump(include=set(Practice.model_fields)))
    changed = fitting(wanted, before)
    if wanted.version == present.version - 1 and document_of(changed) == document_of(present):
        return present
    if wanted.version != present.version:
        raise ChangedMeanwhile(refusal=Refusal(Verb.practice_changed, PRACTICE))
    row = row or PracticeSettings(version=0, document={})
    row.version += 1
    row.document = document_of(changed)
    await keep(session, row, caller)
    fields = changed_fields(before, changed)
    await record(session, Verb.practice_changed, caller, object_id=PRACTICE, purpose=fields)
    return shown(row, first)


async def change_logo(session: AsyncSession, first: Practice, logo: PracticeLogo | None, caller: Caller) -> PracticeOut:
    """Show another logo, or none. It has no version: whoever changes words meanwhile is not in its way."""
    row = await locked(session)
    row = row or PracticeSettings(version=0, document=document_of(first))
    if logo is not None:
        await session.execute(insert(PracticeLogo).values(logo.model_dump()).on_conflict_do_nothing())
    row.logo = logo.hash if logo else None
    await keep(session, row, caller)
    await record(session, Verb.practice_logo_changed, caller, object_id=PRACTICE)
    return shown(row, first)


async def locked(session: AsyncSession) -> PracticeSettings | None:
    """The row, which may not be there yet, with nobody else changing it before this transaction ends."""
    await session.execute(ONE_AT_A_TIME)
    return await session.get(PracticeSettings, PRACTICE, populate_existing=True)


async def keep(session: AsyncSession, row: PracticeSettings, caller: Caller) -> None:
    row.changed_at, row.changed_by = datetime.now(UTC), caller.id
    session.add(row)
    await outbox.practice_changed(session, row)


def fitting(wanted: PracticeIn, present: Practice) -> Practice:
    """The two together. Raises InvalidInput that names the field where they do not fit."""
    try:
        changed = wanted.onto(present)
    except ValidationError as error:
        raise InvalidInput(errors=field_errors(error.errors())) from error
    refuse_terms(changed.terms, present.terms)
    if len(changed.model_dump_json().encode()) > LARGEST_DOCUMENT:
        too_long = FieldError(field="words", code="too_long", message="Everything together is longer than we keep.")
        raise InvalidInput(errors=[too_long])
    return changed


def refuse_terms(wanted: Terms, present: Terms) -> None:
    """Raise InvalidInput for an older version, and for other words under one that people accepted already."""
    if wanted.version < present.version:
        older = FieldError(field="terms.version", code="older", message="People accepted a newer version already.")
        raise InvalidInput(errors=[older])
    if wanted.version == present.version and wanted.words() != present.words():
        message = "People accepted other words under this version. Raise it: they are asked again."
        raise InvalidInput(errors=[FieldError(field="terms.version", code="reworded", message=message)])


def changed_fields(present: Practice, changed: Practice) -> str:
    """The names of what is different, for the audit."""
    before, after = document_of(present), document_of(changed)
    return " ".join(sorted(name for name in after if after[name] != before[name]))


def document_of(practice: Practice) -> dict[str, object]:
    return practice.model_dump(mode="json", include=set(Practice.model_fields) - {"logo"})
