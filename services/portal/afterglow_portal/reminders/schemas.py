"""What a client wants to be reminded of, in and out."""

from datetime import time
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints

DailyAt = Annotated[str, StringConstraints(strict=True, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Clock = Annotated[time, PlainSerializer(lambda at: f"{at:%H:%M}", return_type=str)]
Switch = Annotated[bool, Field(strict=True)]


class RemindersBody(BaseModel, extra="forbid", frozen=True):
    """Each kind on or off; `daily_at` is hours and minutes by the clock where the client is, like 19:00."""

    daily: Switch
    daily_at: DailyAt
    after_dose: Switch


class RemindersOut(BaseModel):
    """What holds now, also where nothing was chosen yet: then `chosen` is false."""

    daily: bool
    daily_at: Clock
    after_dose: bool
    chosen: bool
