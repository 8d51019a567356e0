"""Notices, how they come, and quiet hours, as one form."""

import re
from datetime import time

from afterglow_design.languages import lazy
from pydantic import BaseModel

from afterglow_web.notices.upstream import QuietHours, Way
from afterglow_web.notices.wording import NO_WAY, WAYS
from afterglow_web.typed import Typed

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
NO_TIME = lazy("Enter a time like 19:00")
BOTH = lazy("Enter both times, or leave both empty")
NO_HOURS = lazy("The quiet hours must not end when they begin")


class QuietForm(BaseModel):
    """Quiet hours as typed."""

    quiet_from: Typed = ""
    quiet_until: Typed = ""

    def quiet(self) -> QuietHours:
        return QuietHours(begin=self.quiet_from or None, end=self.quiet_until or None)

    def errors(self) -> dict[str, str]:
        """What cannot be kept, by field."""
        found = self.unreadable()
        if not found and self.quiet_from and self.quiet_from == self.quiet_until:
            found = {"quiet_until": str(NO_HOURS)}
        return found

    def unreadable(self) -> dict[str, str]:
        typed = {name: getattr(self, name) for name in ("quiet_from", "quiet_until")}
        found = {name: str(NO_TIME) for name, text in typed.items() if text and not CLOCK.fullmatch(text)}
        if bool(self.quiet_from) != bool(self.quiet_until):
            found.setdefault("quiet_until" if self.quiet_from else "quiet_from", str(BOTH))
        return found

    def is_quiet(self, at: time) -> bool:
        begin, end = clock(self.quiet_from), clock(self.quiet_until)
        return begin <= at < end if begin < end else at >= begin or at < end


class NoticesForm(QuietForm):
    """A box that is not ticked is not sent."""

    messages: str = ""
    way: str = "mail"

    def chosen(self) -> Way:
        return Way.model_validate({"way": self.way})

    def errors(self) -> dict[str, str]:
        wrong = {} if self.way in WAYS else {"way": str(NO_WAY)}
        return wrong | super().errors()


def ways() -> list[dict[str, object]]:
    """As radio buttons want them."""
    return [{"value": value, "label": label, "hint": hint} for value, (label, hint) in WAYS.items()]


def clock(text: str) -> time:
    return time.fromisoformat(text)
