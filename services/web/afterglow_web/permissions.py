"""What a page needs and which role has it. The APIs decide again for every record."""

from enum import StrEnum
from typing import Annotated

from afterglow_foundation.callers import Caller, Role
from afterglow_foundation.permissions import AccessControl, require


class Permission(StrEnum):
    access_log_read = "access_log:read"
    answers_manage = "answers:manage"
    audit_read = "audit:read"
    break_glass_end = "break_glass:end"
    break_glass_open = "break_glass:open"
    break_glass_read = "break_glass:read"
    break_glass_review = "break_glass:review"
    caseload_read = "caseload:read"
    check_ins_read = "check_ins:read"
    check_ins_write = "check_ins:write"
    choices_write = "choices:write"
    clients_read = "clients:read"
    course_read = "course:read"
    course_write = "course:write"
    journal_write = "journal:write"
    keys_read = "keys:read"
    keys_rotate = "keys:rotate"
    messages_read = "messages:read"
    messages_send = "messages:send"
    own_cover = "own_cover:write"
    people_read = "people:read"
    people_write = "people:write"
    practice_read = "practice:read"
    practice_write = "practice:write"
    preferences_write = "preferences:write"
    process_notes_read = "process_notes:read"
    process_notes_write = "process_notes:write"
    programs_read = "programs:read"
    programs_write = "programs:write"
    proposals_decide = "proposals:decide"
    proposals_read = "proposals:read"
    quiet_mode_use = "quiet_mode:use"
    saved_answers_write = "saved_answers:write"
    sealed_notes_ask = "sealed_notes:ask"
    sealed_notes_decide = "sealed_notes:decide"
    session_end = "session:end"
    session_prove = "session:prove"
    tasks_mark = "tasks:mark"


access = AccessControl(
    {
        Role.admin: {
            Permission.audit_read,
            Permission.break_glass_end,
            Permission.break_glass_read,
            Permission.break_glass_review,
            Permission.keys_read,
            Permission.keys_rotate,
            Permission.people_read,
            Permission.people_write,
            Permission.practice_read,
            Permission.practice_write,
            Permission.programs_read,
            Permission.programs_write,
            Permission.proposals_decide,
            Permission.proposals_read,
            Permission.sealed_notes_decide,
            Permission.session_end,
            Permission.session_prove,
        },
        Role.client: {
            Permission.access_log_read,
            Permission.check_ins_read,
            Permission.check_ins_write,
            Permission.choices_write,
            Permission.course_read,
            Permission.journal_write,
            Permission.messages_read,
            Permission.messages_send,
            Permission.preferences_write,
            Permission.quiet_mode_use,
            Permission.session_end,
            Permission.session_prove,
            Permission.tasks_mark,
        },
        Role.therapist: {
            Permission.answers_manage,
            Permission.break_glass_end,
            Permission.break_glass_open,
            Permission.break_glass_read,
            Permission.break_glass_review,
            Permission.caseload_read,
            Permission.clients_read,
            Permission.course_write,
            Permission.messages_read,
            Permission.messages_send,
            Permission.own_cover,
            Permission.process_notes_read,
            Permission.process_notes_write,
            Permission.saved_answers_write,
            Permission.sealed_notes_ask,
            Permission.session_end,
            Permission.session_prove,
        },
    },
    harmless={Permission.session_end, Permission.session_prove},
)

AskForSealedNotes = Annotated[Caller, require(Permission.sealed_notes_ask)]
DecideOnSealedNotes = Annotated[Caller, require(Permission.sealed_notes_decide)]
DecideProposals = Annotated[Caller, require(Permission.proposals_decide)]
EndEmergencies = Annotated[Caller, require(Permission.break_glass_end)]
EndSession = Annotated[Caller, require(Permission.session_end)]
ManageAnswers = Annotated[Caller, require(Permission.answers_manage)]
MarkTasks = Annotated[Caller, require(Permission.tasks_mark)]
OpenRecord = Annotated[Caller, require(Permission.break_glass_open)]
OwnCover = Annotated[Caller, require(Permission.own_cover)]
ProveSession = Annotated[Caller, require(Permission.session_prove)]
ReadAccessLog = Annotated[Caller, require(Permission.access_log_read)]
ReadAudit = Annotated[Caller, require(Permission.audit_read)]
ReadCaseload = Annotated[Caller, require(Permission.caseload_read)]
ReadCheckIns = Annotated[Caller, require(Permission.check_ins_read)]
ReadClients = Annotated[Caller, require(Permission.clients_read)]
ReadCourse = Annotated[Caller, require(Permission.course_read)]
ReadEmergencies = Annotated[Caller, require(Permission.break_glass_read)]
ReadKeys = Annotated[Caller, require(Permission.keys_read)]
ReadMessages = Annotated[Caller, require(Permission.messages_read)]
ReadPeople = Annotated[Caller, require(Permission.people_read)]
ReadPractice = Annotated[Caller, require(Permission.practice_read)]
ReadProcessNotes = Annotated[Caller, require(Permission.process_notes_read)]
ReadPrograms = Annotated[Caller, require(Permission.programs_read)]
ReadProposals = Annotated[Caller, require(Permission.proposals_read)]
ReviewEmergencies = Annotated[Caller, require(Permission.break_glass_review)]
RotateKeys = Annotated[Caller, require(Permission.keys_rotate)]
SaveAnswers = Annotated[Caller, require(Permission.saved_answers_write)]
SendMessages = Annotated[Caller, require(Permission.messages_send)]
UseQuietMode = Annotated[Caller, require(Permission.quiet_mode_use)]
WriteCheckIns = Annotated[Caller, require(Permission.check_ins_write)]
WriteChoices = Annotated[Caller, require(Permission.choices_write)]
WriteCourse = Annotated[Caller, require(Permission.course_write)]
WriteJournal = Annotated[Caller, require(Permission.journal_write)]
WritePeople = Annotated[Caller, require(Permission.people_write)]
WritePractice = Annotated[Caller, require(Permission.practice_write)]
WritePreferences = Annotated[Caller, require(Permission.preferences_write)]
WriteProcessNotes = Annotated[Caller, require(Permission.process_notes_write)]
WritePrograms = Annotated[Caller, require(Permission.programs_write)]
