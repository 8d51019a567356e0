"""Every table of portal in one place, for Alembic."""

from afterglow_portal.base import Base
from afterglow_portal.checkins.models import CheckIn, CheckInVersion
from afterglow_portal.consent.models import StandingChoice
from afterglow_portal.models import AuditEvent, DataKey
from afterglow_portal.people.models import CareRelationship, PersonCopy

TABLES = (AuditEvent, CareRelationship, CheckIn, CheckInVersion, DataKey, PersonCopy, StandingChoice)
metadata = Base.metadata
