"""Settings of messaging: what every service that is an OAuth client has, and how large files may be."""

from afterglow_foundation.settings import ClientSettings
from pydantic import BaseModel, Field

from afterglow_messaging.availability.office_hours import OfficeHours


class InstalledPractice(BaseModel, frozen=True):
    """What messaging needs of the installation's practice; pages show the rest of it."""

    office_hours: OfficeHours | None = None


class Settings(ClientSettings):
    """`client_id` is what auth knows this service by. `practice` holds until an admin has saved its settings.

    Ten files under way are two messages full of them, and are taken away after a day. `clamd` is where a scanner
    listens, `tcp://host:port` or `unix:/path`; without one nothing is scanned. clamd's own StreamMaxLength has to be
    at least `attachment_bytes`.
    """

    client_id: str = "messaging"
    practice: InstalledPractice = InstalledPractice()
    attachment_bytes: int = Field(default=25 * 1024 * 1024, ge=1024, le=100 * 1024 * 1024)
    attachments_unsent: int = Field(default=10, ge=5)
    clamd: str = Field(default="", pattern=r"^(tcp://[^/\s:]+:[0-9]{1,5}|unix:/\S+)?$")
