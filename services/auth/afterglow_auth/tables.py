"""Every table of auth in one place, for Alembic."""

from afterglow_auth.accounts import models as accounts
from afterglow_auth.audit import AuditEvent
from afterglow_auth.base import Base
from afterglow_auth.care import models as care
from afterglow_auth.oauth import models as oauth
from afterglow_auth.sessions import models as sessions
from afterglow_auth.sign_in import models as sign_in

__all__ = ["AuditEvent", "Base", "accounts", "care", "oauth", "sessions", "sign_in"]
