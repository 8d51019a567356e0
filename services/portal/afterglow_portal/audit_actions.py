"""What portal's audit trail can say was done; a refused permission is kept under the permission's own name."""

from enum import StrEnum


class AuditAction(StrEnum):
    audit_read = "audit.read"
    caseload_read = "caseload.read"
    check_in_created = "check_in.created"
    check_in_edited = "check_in.edited"
    check_in_erased = "check_in.erased"
    check_in_imported = "check_in.imported"
    check_in_read = "check_in.read"
    check_in_readings_read = "check_in.readings_read"
    check_in_versions_read = "check_in.versions_read"
    check_ins_read = "check_ins.read"
    choice_made = "choice.made"
    client_opened = "client.opened"
    curve_read = "curve.read"
    journal_earlier_shared = "journal.earlier_shared"
    journal_entry_created = "journal_entry.created"
    journal_entry_edited = "journal_entry.edited"
    journal_entry_erased = "journal_entry.erased"
    journal_entry_read = "journal_entry.read"
    journal_entry_shared = "journal_entry.shared"
    journal_entry_unshared = "journal_entry.unshared"
    journal_read = "journal.read"
    journal_versions_read = "journal_entry.versions_read"
