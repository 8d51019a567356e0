"""Every table of web, for Alembic."""

from afterglow_web.base import AuditEvent, Base, DataKey
from afterglow_web.events.models import EventFeed, ReceivedEvent, RevokedSession
from afterglow_web.practice.models import PracticeCopy
from afterglow_web.session.models import KeptForm, SignInAttempt, StepUpAttempt, WebSession

__all__ = [
    "AuditEvent",
    "Base",
    "DataKey",
    "EventFeed",
    "KeptForm",
    "PracticeCopy",
    "ReceivedEvent",
    "RevokedSession",
    "SignInAttempt",
    "StepUpAttempt",
    "WebSession",
]
