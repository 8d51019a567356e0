"""Standing choices in and out."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from afterglow_portal.visibility import Visibility

MOST_A_DAY = 4


class ChoicesBody(BaseModel, extra="forbid", frozen=True):
    """At least one of them; null or left out leaves it as it is. `check_ins_a_day` is 0 for no limit."""

    check_ins: Visibility | None = None
    journal: Visibility | None = None
    check_ins_a_day: Annotated[int, Field(strict=True, ge=0, le=MOST_A_DAY)] | None = None

    def given(self) -> dict[str, Visibility]:
        """By room."""
        rooms = {"check_ins": self.check_ins, "journal": self.journal}
        return {room: choice for room, choice in rooms.items() if choice is not None}


class ChoicesOut(BaseModel):
    """Null until chosen: nothing is ever chosen for the client. `chosen_at` is when a room's was chosen last."""

    check_ins: Visibility | None = None
    journal: Visibility | None = None
    check_ins_a_day: int | None = None
    chosen_at: datetime | None = None
