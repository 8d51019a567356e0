"""Every table of web, for Alembic."""

from afterglow_web.base import AuditEvent, Base, DataKey
from afterglow_web.session.models import KeptForm, SignInAttempt, WebSession

__all__ = ["AuditEvent", "Base", "DataKey", "KeptForm", "SignInAttempt", "WebSession"]
