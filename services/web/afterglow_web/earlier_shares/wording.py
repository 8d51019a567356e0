"""How much somebody new does not see, in one sentence."""

from collections.abc import Callable

from afterglow_design.languages import _, ngettext

from afterglow_web.earlier_shares.records import Newcomer


def missing_words(person: Newcomer) -> str:
    check_ins = ngettext("one check-in", "%(num)s check-ins", person.check_ins)
    entries = ngettext("one journal entry", "%(num)s journal entries", person.entries)
    if not person.entries:
        return _("They do not see %(what)s from that time.", what=check_ins)
    if not person.check_ins:
        return _("They do not see %(what)s from that time.", what=entries)
    return _("They do not see %(check_ins)s and %(entries)s from that time.", check_ins=check_ins, entries=entries)


FILTERS: dict[str, Callable[..., object]] = {"missing_words": missing_words}
