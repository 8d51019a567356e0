"""Settings of web."""

from datetime import timedelta

from afterglow_design.practice import Practice
from afterglow_foundation.callers import Role
from afterglow_foundation.settings import ClientSettings
from pydantic import Field


class Settings(ClientSettings):
    """`portal_url` and `messaging_url` are internal addresses.

    web is two OAuth clients with one key: `client_id` for the people at its pages, `events_client_id` for itself.

    Times are in seconds: how long without a request ends a session, and how long it lasts at most.
    """

    portal_url: str = Field(pattern=r"^https?://[^/\s]+$")
    messaging_url: str = Field(pattern=r"^https?://[^/\s]+$")
    client_id: str = "web"
    events_client_id: str = "web-events"
    staff_idle_seconds: int = Field(default=15 * 60, ge=60)
    client_idle_seconds: int = Field(default=12 * 3600, ge=60)
    staff_session_seconds: int = Field(default=12 * 3600, ge=60)
    client_session_seconds: int = Field(default=14 * 86400, ge=60)
    practice: Practice = Practice()

    def idle_limit(self, role: Role) -> timedelta:
        """How long a session of that role may rest."""
        return timedelta(seconds=self.client_idle_seconds if role == Role.client else self.staff_idle_seconds)

    def lifetime(self, role: Role) -> timedelta:
        """How long a session of that role lasts, however busy."""
        return timedelta(seconds=self.client_session_seconds if role == Role.client else self.staff_session_seconds)
