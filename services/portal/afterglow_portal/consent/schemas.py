"""Standing choices in and out."""

from datetime import datetime

from pydantic import BaseModel

from afterglow_portal.visibility import Visibility


class ChoicesBody(BaseModel, extra="forbid", frozen=True):
    """At least one of the two; null or left out leaves that room as it is."""

    check_ins: Visibility | None = None
    journal: Visibility | None = None

    def given(self) -> dict[str, Visibility]:
        return {room: choice for room, choice in self if choice is not None}


class ChoicesOut(BaseModel):
    """Null until chosen: nothing is ever chosen for the client. `chosen_at` is the latest choice's time."""

    check_ins: Visibility | None = None
    journal: Visibility | None = None
    chosen_at: datetime | None = None
