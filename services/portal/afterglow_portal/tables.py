"""Every table of portal in one place, for Alembic."""

from afterglow_portal.agenda.models import PinnedLine, PinnedLineReading
from afterglow_portal.base import Base
from afterglow_portal.break_glass.models import BreakGlassReason
from afterglow_portal.checkins.models import CheckIn, CheckInMark, CheckInReading, CheckInVersion
from afterglow_portal.consent.models import CheckInLimit, StandingChoice
from afterglow_portal.course.models import (
    Administration,
    AdministrationVersion,
    Course,
    CourseSession,
    CourseVersion,
    SessionReason,
    SessionVersion,
)
from afterglow_portal.dosing_day.models import AdverseEvent, Checklist, Observation, VitalSigns
from afterglow_portal.earlier_shares.models import EarlierShare
from afterglow_portal.journal.models import (
    JournalDraft,
    JournalEntry,
    JournalErasure,
    JournalReading,
    JournalShare,
    JournalVersion,
)
from afterglow_portal.long_term.models import LongTermCheck
from afterglow_portal.models import AuditEvent, DataKey
from afterglow_portal.notes.models import SessionSummary, SessionSummaryVersion
from afterglow_portal.people.models import (
    CareRelationship,
    EventFeed,
    Grant,
    PersonCopy,
    ReceivedEvent,
    RevokedSession,
)
from afterglow_portal.preferences.models import SupportPreferences
from afterglow_portal.process_notes.models import NoteBook, ProcessNote, ProcessNoteVersion
from afterglow_portal.quiet_mode.models import QuietModeLeaving
from afterglow_portal.reminders.models import PlannedPrompt, ReminderChoice
from afterglow_portal.sealed_notes.models import NoteOpening
from afterglow_portal.tasks.models import Task, TaskMark
from afterglow_portal.voice_notes.models import VoiceNote, VoiceNoteChunk, VoiceNoteReading

TABLES = (
    Administration,
    AdministrationVersion,
    AdverseEvent,
    AuditEvent,
    BreakGlassReason,
    CareRelationship,
    CheckIn,
    CheckInLimit,
    CheckInMark,
    CheckInReading,
    CheckInVersion,
    Checklist,
    Course,
    CourseSession,
    CourseVersion,
    DataKey,
    EarlierShare,
    EventFeed,
    Grant,
    JournalDraft,
    JournalEntry,
    JournalErasure,
    JournalReading,
    JournalShare,
    JournalVersion,
    LongTermCheck,
    NoteBook,
    NoteOpening,
    Observation,
    PersonCopy,
    PinnedLine,
    PinnedLineReading,
    PlannedPrompt,
    ProcessNote,
    ProcessNoteVersion,
    QuietModeLeaving,
    ReceivedEvent,
    ReminderChoice,
    RevokedSession,
    SessionReason,
    SessionSummary,
    SessionSummaryVersion,
    SessionVersion,
    StandingChoice,
    SupportPreferences,
    Task,
    TaskMark,
    VitalSigns,
    VoiceNote,
    VoiceNoteChunk,
    VoiceNoteReading,
)
metadata = Base.metadata
