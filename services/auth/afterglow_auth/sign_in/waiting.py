"""How long somebody must wait, as one says it."""

from datetime import timedelta
from math import ceil

from afterglow_design.languages import gettext as _
from afterglow_design.languages import ngettext

TWO_MINUTES = 120


def too_soon_words(wait: timedelta) -> str:
    return _(
        "There were several tries in a short time. Please wait %(wait)s, then try again.",
        wait=in_words(ceil(wait.total_seconds())),
    )


def in_words(seconds: int) -> str:
    """Seconds below two minutes, else whole minutes, never too few."""
    if seconds < TWO_MINUTES:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    return ngettext("%(num)s minute", "%(num)s minutes", ceil(seconds / 60))


def retry_after(wait: timedelta) -> dict[str, str]:
    """The header that says the same to programs."""
    return {"Retry-After": str(ceil(wait.total_seconds()))}
