"""How long somebody waits, in words."""

from datetime import UTC, datetime, timedelta

from afterglow_design.languages import gettext, ngettext

IN_DAYS_FROM = timedelta(hours=48)


def waited(since: datetime, now: datetime | None = None) -> str:
    """As `waiting for 5 hours`: whole hours for two days, then whole days; both end where the next begins."""
    span = (now or datetime.now(UTC)) - since
    hours = int(span / timedelta(hours=1))
    if hours < 1:
        return gettext("waiting for less than an hour")
    if span < IN_DAYS_FROM:
        return ngettext("waiting for %(num)s hour", "waiting for %(num)s hours", hours)
    return ngettext("waiting for %(num)s day", "waiting for %(num)s days", span.days)


FILTERS = {"waited": waited}
