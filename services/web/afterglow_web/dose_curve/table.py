"""The same as a table: a row for the week before, and one for each stretch after a dose."""

from collections.abc import Sequence

from afterglow_design.dates import DASH, signed
from afterglow_design.figures import Row
from afterglow_design.languages import _, ngettext

from afterglow_web.dose_curve.records import Average, BinAverages, DoseCurve, Figure
from afterglow_web.dose_curve.scales import Say
from afterglow_web.dose_curve.wording import item_name, stretch_words


def headers(curve: DoseCurve, figure: Figure) -> list[str]:
    counted = [_("Entries")] if figure.single else [_("Doses"), _("95 per cent interval")]
    own = [_("From the weeks before each of them")] if tells_own(figure) else []
    return [_("After the dose"), item_name(curve.item), *counted, _("From the week before"), *own]


def rows(figure: Figure, places: Sequence[float], say: Say) -> list[Row]:
    """`places` are the middles of the columns, in per cent."""
    before = figure.baseline
    blank = [DASH] * (2 if figure.single else 4 if tells_own(figure) else 3)
    first = Row(places[0], [_("The week before"), say(before.mean if before else None), *blank])
    return [first, *(Row(at, cells(figure, one, blank, say)) for at, one in zip(places[1:], figure.bins, strict=True))]


def cells(figure: Figure, one: BinAverages, blank: Sequence[str], say: Say) -> list[str]:
    label = stretch_words(one.first_hour, one.last_hour)
    if one.value is None:
        return [label, _("nothing noted") if figure.gap(one) == "empty" else _("the next dose came before"), *blank]
    counted = [str(figure.entries(one))] if figure.single else [str(one.value.doses), interval_words(one.value, say)]
    away = signed(one.value.mean - figure.baseline.mean) if figure.baseline else DASH
    own = [own_lift_words(one.own_lift)] if tells_own(figure) else []
    return [label, say(one.value.mean), *counted, away, *own]


def tells_own(figure: Figure) -> bool:
    """Several doses have a week before of their own: of one alone its own figure tells."""
    return figure.single is None and figure.own_weeks > 1


def own_lift_words(lift: Average | None) -> str:
    """With how many doses it is of."""
    if lift is None:
        return DASH
    return ngettext("%(lift)s, of one dose", "%(lift)s, of %(num)s doses", lift.doses, lift=signed(lift.mean))


def interval_words(value: Average, say: Say) -> str:
    if value.interval is None:
        return DASH
    low, high = value.interval
    return _("%(low)s to %(high)s", low=say(low), high=say(high))
