"""Portal's permissions, and which role has which.

Admins read who did what, and decide whether sealed notes are opened to somebody else; they read nothing clinical.
"""

from enum import StrEnum

from afterglow_foundation.callers import Role
from afterglow_foundation.permissions import AccessControl
from afterglow_foundation.step_up import StepUp


class Permission(StrEnum):
    access_log_read = "access_log:read"
    agenda_read = "agenda:read"
    agenda_write = "agenda:write"
    audit_read = "audit:read"
    break_glass_open = "break_glass:open"
    break_glass_read = "break_glass:read"
    brief_read = "brief:read"
    caseload_read = "caseload:read"
    check_ins_read = "check_ins:read"
    check_ins_write = "check_ins:write"
    choices_read = "choices:read"
    choices_write = "choices:write"
    clients_read = "clients:read"
    course_read = "course:read"
    course_write = "course:write"
    dose_curve_read = "dose_curve:read"
    journal_read = "journal:read"
    journal_write = "journal:write"
    preferences_write = "preferences:write"
    process_notes_read = "process_notes:read"
    process_notes_write = "process_notes:write"
    quiet_mode_use = "quiet_mode:use"
    references_read = "references:read"
    sealed_notes_ask = "sealed_notes:ask"
    sealed_notes_decide = "sealed_notes:decide"
    sealed_notes_list = "sealed_notes:list"
    tasks_mark = "tasks:mark"


access = AccessControl(
    {
        Role.admin: {Permission.audit_read, Permission.sealed_notes_decide, Permission.sealed_notes_list},
        Role.client: {
            Permission.access_log_read,
            Permission.agenda_read,
            Permission.agenda_write,
            Permission.break_glass_read,
            Permission.check_ins_read,
            Permission.check_ins_write,
            Permission.choices_read,
            Permission.choices_write,
            Permission.course_read,
            Permission.journal_read,
            Permission.journal_write,
            Permission.preferences_write,
            Permission.quiet_mode_use,
            Permission.references_read,
            Permission.tasks_mark,
        },
        Role.therapist: {
            Permission.agenda_read,
            Permission.break_glass_open,
            Permission.break_glass_read,
            Permission.brief_read,
            Permission.caseload_read,
            Permission.check_ins_read,
            Permission.clients_read,
            Permission.course_read,
            Permission.course_write,
            Permission.dose_curve_read,
            Permission.journal_read,
            Permission.process_notes_read,
            Permission.process_notes_write,
            Permission.references_read,
            Permission.sealed_notes_ask,
        },
    },
    step_up={Permission.sealed_notes_decide: StepUp()},
)
