"""Settings of portal: what every OAuth client among the services has, sound a person may keep, who is observed."""

from afterglow_foundation.settings import ClientSettings
from pydantic import Field


class Settings(ClientSettings):
    """See ClientSettings. A voice note of ten minutes, as pages record them (48 kbit/s), has some 3.6 MB.

    10 MiB leave room for what telephones record at twice that, and a page that takes a file can still hold one whole.
    200 notes are one every other day for a year; so nobody fills more than 2 GiB of a practice's database. Five under
    way are more than one person records at a time, and are taken away after a day.
    """

    client_id: str = "portal"
    voice_note_bytes: int = Field(default=10 * 1024 * 1024, ge=1024, le=100 * 1024 * 1024)
    voice_note_seconds: int = Field(default=10 * 60, ge=1)
    voice_notes_at_most: int = Field(default=200, ge=1)
    voice_notes_under_way: int = Field(default=5, ge=1)
    observed_medicines: str = "esketamine,spravato"
