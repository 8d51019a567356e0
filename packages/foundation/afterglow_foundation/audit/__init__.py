"""Audit: append-only events, written in the transaction of the access itself."""

from afterglow_foundation.audit.columns import AuditEventColumns, Outcome
from afterglow_foundation.audit.trail import AuditTrail, event_values

__all__ = ["AuditEventColumns", "AuditTrail", "Outcome", "event_values"]
