"""How much somebody new does not see, in one sentence."""

from collections.abc import Callable

from afterglow_design.languages import _, ngettext

from afterglow_web.earlier_shares.records import Newcomer


def missing_words(person: Newcomer) -> str:
    what = [
        (person.check_ins, ngettext("one check-in", "%(num)s check-ins", person.check_ins)),
        (person.entries, ngettext("one journal entry", "%(num)s journal entries", person.entries)),
        (person.lines, ngettext("one pinned line", "%(num)s pinned lines", person.lines)),
    ]
    match [words for number, words in what if number]:
        case [first, second, third]:
            return _(
                "They do not see %(first)s, %(second)s and %(third)s from that time.",
                first=first,
                second=second,
                third=third,
            )
        case [first, second]:
            return _("They do not see %(first)s and %(second)s from that time.", first=first, second=second)
        case words:
            return _("They do not see %(what)s from that time.", what="".join(words))


FILTERS: dict[str, Callable[..., object]] = {"missing_words": missing_words}
