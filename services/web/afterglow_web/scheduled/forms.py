"""A message for later as typed: its words, and a moment on the person's own clock."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from afterglow_design.languages import lazy

from afterglow_web.messages.forms import CorrectionForm, MessageForm
from afterglow_web.typed import Typed

MORNING = time(9)
LOCAL = "%Y-%m-%dT%H:%M"
NO_MOMENT = lazy("Choose a day and a time, in the next sixty days")
TOO_SOON = lazy("Choose a moment that is still to come")
WORDS = {"too_soon": TOO_SOON}


def tomorrow(zone: str) -> str:
    """Nine o'clock there, as the field has it."""
    day = datetime.now(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(day, MORNING).strftime(LOCAL)


def as_typed(moment: datetime, zone: str) -> str:
    return moment.astimezone(ZoneInfo(zone)).strftime(LOCAL)


def instant(typed: str, zone: str) -> datetime | None:
    """None for what is no moment. An hour that the clock has twice is the first, one that it leaves out comes after."""
    try:
        found = datetime.fromisoformat(typed.strip())
    except ValueError:
        return None
    return found.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) if found.tzinfo is None else None


class LaterForm(MessageForm):
    send_at: Typed = ""

    def later(self, moment: datetime) -> dict[str, Any]:
        """The JSON that messaging takes."""
        return {**self.body(), "send_at": moment.isoformat()}


class LaterChangeForm(CorrectionForm):
    """`replaces` is the version that the page showed."""

    send_at: Typed = ""

    def later(self, moment: datetime) -> dict[str, Any]:
        text = self.text.replace("\r\n", "\n")
        return {"text": text, "replaces": self.replaced or 0, "send_at": moment.isoformat()}
