"""What an act waits for that takes a second person, in words."""

from afterglow_design.languages import _, ngettext

from afterglow_web.admin.records import SecondPerson

HOURS_OF_A_DAY = 24


def wait_words(second: SecondPerson | None) -> str:
    """A sentence: another admin, or a wait; both where this page could not hear which."""
    if second is None:
        return _("Another admin has to approve it first or, where there is only one, it waits a day.")
    if second.single_admin_wait is None:
        return _("Another admin has to approve it first.")
    hours = round(second.single_admin_wait.total_seconds() / 3600)
    if hours == HOURS_OF_A_DAY:
        return _("It waits a day; the other staff are told by mail, and it can be withdrawn until then.")
    return ngettext(
        "It waits %(num)s hour; the other staff are told by mail, and it can be withdrawn until then.",
        "It waits %(num)s hours; the other staff are told by mail, and it can be withdrawn until then.",
        hours,
    )
