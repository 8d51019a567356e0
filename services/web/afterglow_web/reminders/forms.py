"""Reminders and quiet hours as one form."""

from afterglow_design.languages import lazy

from afterglow_web.notices.forms import CLOCK, NO_TIME, QuietForm, clock
from afterglow_web.notices.upstream import QuietHours
from afterglow_web.reminders.upstream import Wanted
from afterglow_web.typed import Typed

QUIET_THEN = lazy("This is in your quiet hours: choose another time, or other quiet hours")


class RemindersForm(QuietForm):
    """The fields as typed. A box that is not ticked is not sent."""

    daily: str = ""
    daily_at: Typed = ""
    after_dose: str = ""

    @classmethod
    def of(cls, wanted: Wanted, quiet: QuietHours) -> "RemindersForm":
        return cls(
            daily="yes" if wanted.daily else "",
            daily_at=wanted.daily_at,
            after_dose="yes" if wanted.after_dose else "",
            quiet_from=quiet.begin or "",
            quiet_until=quiet.end or "",
        )

    def wanted(self) -> Wanted:
        return Wanted(daily=bool(self.daily), daily_at=self.daily_at, after_dose=bool(self.after_dose))

    def errors(self) -> dict[str, str]:
        """What cannot be kept, by field; and a daily reminder that no hour would let through."""
        found = super().errors()
        if not found and self.daily and self.quiet_from and self.is_quiet(clock(self.daily_at)):
            found = {"daily_at": str(QUIET_THEN)}
        return found

    def unreadable(self) -> dict[str, str]:
        unread = {} if CLOCK.fullmatch(self.daily_at) else {"daily_at": str(NO_TIME)}
        return unread | super().unreadable()
