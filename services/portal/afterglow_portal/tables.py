"""Every table of portal in one place, for Alembic."""

from afterglow_portal.agenda.models import PinnedLine, PinnedLineReading
from afterglow_portal.base import Base
from afterglow_portal.checkins.models import CheckIn, CheckInReading, CheckInVersion
from afterglow_portal.consent.models import CheckInLimit, StandingChoice
from afterglow_portal.course.models import Administration, Course, CourseSession, CourseVersion, SessionVersion
from afterglow_portal.journal.models import (
    JournalDraft,
    JournalEntry,
    JournalErasure,
    JournalReading,
    JournalShare,
    JournalVersion,
)
from afterglow_portal.models import AuditEvent, DataKey
from afterglow_portal.people.models import (
    CareRelationship,
    EventFeed,
    Grant,
    PersonCopy,
    ReceivedEvent,
    RevokedSession,
)
from afterglow_portal.voice_notes.models import VoiceNote, VoiceNoteChunk, VoiceNoteReading

TABLES = (
    Administration,
    AuditEvent,
    CareRelationship,
    CheckIn,
    CheckInLimit,
    CheckInReading,
    CheckInVersion,
    Course,
    CourseSession,
    CourseVersion,
    DataKey,
    EventFeed,
    Grant,
    JournalDraft,
    JournalEntry,
    JournalErasure,
    JournalReading,
    JournalShare,
    JournalVersion,
    PersonCopy,
    PinnedLine,
    PinnedLineReading,
    ReceivedEvent,
    RevokedSession,
    SessionVersion,
    StandingChoice,
    VoiceNote,
    VoiceNoteChunk,
    VoiceNoteReading,
)
metadata = Base.metadata
