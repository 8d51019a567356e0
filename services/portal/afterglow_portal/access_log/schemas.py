"""What a client reads about who opened what of theirs."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from afterglow_foundation.audit import access_log
from pydantic import BaseModel

from afterglow_portal.audit_actions import AuditAction


class Kind(StrEnum):
    check_ins = "check_ins"
    course = "course"
    journal = "journal"
    record = "record"


KINDS = {
    Kind.check_ins: {
        AuditAction.check_in_read,
        AuditAction.check_in_released,
        AuditAction.check_in_versions_read,
        AuditAction.check_ins_read,
        AuditAction.curve_read,
    },
    Kind.course: {AuditAction.course_read},
    Kind.journal: {
        AuditAction.agenda_read,
        AuditAction.journal_entry_read,
        AuditAction.journal_entry_released,
        AuditAction.journal_read,
        AuditAction.voice_note_read,
        AuditAction.voice_notes_read,
    },
    Kind.record: {
        AuditAction.audit_read,
        AuditAction.brief_read,
        AuditAction.caseload_read,
        AuditAction.client_opened,
    },
}


class Opening(access_log.Opening):
    """`day` is the local day of the check-in or journal entry that was opened, null where it was not one.

    `stood_in`: the reader stood in for whoever treated the client then; `in_emergency`: they opened the record in one.
    """

    day: date | None
    stood_in: bool
    in_emergency: bool


class OpeningPage(BaseModel):
    items: list[Opening]
    next: UUID | None
