"""Portal's permissions, and which role has which. Admins read who did what, and nothing else here."""

from enum import StrEnum

from afterglow_foundation.callers import Role
from afterglow_foundation.permissions import AccessControl


class Permission(StrEnum):
    access_log_read = "access_log:read"
    agenda_read = "agenda:read"
    agenda_write = "agenda:write"
    audit_read = "audit:read"
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


access = AccessControl(
    {
        Role.admin: {Permission.audit_read},
        Role.client: {
            Permission.access_log_read,
            Permission.agenda_read,
            Permission.agenda_write,
            Permission.check_ins_read,
            Permission.check_ins_write,
            Permission.choices_read,
            Permission.choices_write,
            Permission.course_read,
            Permission.journal_read,
            Permission.journal_write,
        },
        Role.therapist: {
            Permission.agenda_read,
            Permission.caseload_read,
            Permission.check_ins_read,
            Permission.clients_read,
            Permission.course_read,
            Permission.course_write,
            Permission.dose_curve_read,
            Permission.journal_read,
        },
    }
)
