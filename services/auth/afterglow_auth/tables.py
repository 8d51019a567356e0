"""Every table of auth in one place, for Alembic."""

from afterglow_auth.accounts import models as accounts
from afterglow_auth.audit import AuditEvent
from afterglow_auth.base import Base
from afterglow_auth.break_glass import models as break_glass
from afterglow_auth.care import models as care
from afterglow_auth.consents import models as consents
from afterglow_auth.covers import models as covers
from afterglow_auth.events import models as events
from afterglow_auth.factor_resets import models as factor_resets
from afterglow_auth.imports import models as imports
from afterglow_auth.invitations import models as invitations
from afterglow_auth.notices import models as notices
from afterglow_auth.oauth import models as oauth
from afterglow_auth.passkeys import models as passkeys
from afterglow_auth.practice import models as practice
from afterglow_auth.proposals import models as proposals
from afterglow_auth.push import models as push
from afterglow_auth.recovery import models as recovery
from afterglow_auth.recovery_codes import models as recovery_codes
from afterglow_auth.resets import models as resets
from afterglow_auth.security import models as security
from afterglow_auth.security.notices import models as notice_changes
from afterglow_auth.sessions import models as sessions
from afterglow_auth.sign_in import models as sign_in
from afterglow_auth.terms import models as terms
from afterglow_auth.totp import models as totp

__all__ = [
    "AuditEvent",
    "Base",
    "accounts",
    "break_glass",
    "care",
    "consents",
    "covers",
    "events",
    "factor_resets",
    "imports",
    "invitations",
    "notice_changes",
    "notices",
    "oauth",
    "passkeys",
    "practice",
    "proposals",
    "push",
    "recovery",
    "recovery_codes",
    "resets",
    "security",
    "sessions",
    "sign_in",
    "terms",
    "totp",
]
