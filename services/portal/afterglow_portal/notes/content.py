"""From bodies to columns and back to answers; a summary's words are sealed and opened here only."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from afterglow_foundation.sealing import DataKey

from afterglow_portal.course.content import named
from afterglow_portal.journal.content import binding
from afterglow_portal.notes.models import SessionSummary, SessionSummaryVersion
from afterglow_portal.notes.schemas import SummaryContent, SummaryListed, SummaryOut, SummaryVersion

SUMMARY, VERSION = "session_summaries", "session_summary_versions"


def columns_of(body: SummaryContent, summary_id: UUID, key: DataKey) -> dict[str, Any]:
    """The columns of a current row that a body fills."""
    words = SummaryContent(text=body.text, withholding_reason=body.withholding_reason).model_dump_json()
    return {
        "content": key.seal(words, binding(SUMMARY, "content", summary_id, key.owner)),
        "withheld": body.withheld,
    }


def words_of(summary: SessionSummary, key: DataKey) -> str:
    return key.open(summary.content, binding(SUMMARY, "content", summary.id, summary.client_id))


def sealed_version(words: str, row: UUID, key: DataKey) -> bytes:
    return key.seal(words, binding(VERSION, "content", row, key.owner))


def summary_out(row: SessionSummary, key: DataKey, names: Mapping[UUID, str]) -> SummaryOut:
    """A row as its readers see it. Raises SealBrokenError when its words do not open."""
    words = SummaryContent.model_validate_json(words_of(row, key))
    listed = SummaryListed.model_validate(row, from_attributes=True)
    return SummaryOut(
        **listed.model_dump(),
        text=words.text,
        withholding_reason=words.withholding_reason,
        made_by=named(row.made_by, names),
        edited_by=named(row.edited_by, names) if row.edited_by else None,
    )


def earlier_out(row: SessionSummaryVersion, key: DataKey, names: Mapping[UUID, str]) -> SummaryVersion:
    words = key.open(row.content, binding(VERSION, "content", row.id, row.client_id))
    said = SummaryContent.model_validate_json(words)
    return SummaryVersion(
        version=row.version, made_at=row.made_at, made_by=named(row.made_by, names), **said.model_dump()
    )


def current_out(row: SessionSummary, key: DataKey, names: Mapping[UUID, str]) -> SummaryVersion:
    said = SummaryContent.model_validate_json(words_of(row, key))
    made_at, made_by = row.edited_at or row.made_at, named(row.edited_by or row.made_by, names)
    return SummaryVersion(version=row.version, made_at=made_at, made_by=made_by, **said.model_dump())
