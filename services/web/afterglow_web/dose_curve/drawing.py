"""From portal's dose curve to the figure in columns: the week before, then the stretches after a dose."""

from afterglow_design.columns import Column, Columns, Gap, Legend, Level, Stretches
from afterglow_design.dates import MINUS
from afterglow_design.figures import Dot, Tick, y_ticks
from afterglow_design.languages import _

from afterglow_web.dose_curve.records import DoseCurve, Figure, Point
from afterglow_web.dose_curve.scales import scale_of
from afterglow_web.dose_curve.table import headers, rows
from afterglow_web.dose_curve.wording import DAY, edge_words, is_and_is_not, item_name, own_words, shown_words

BEFORE = -168  # hours


def draw(curve: DoseCurve, figure: Figure, *, own: bool = False) -> Columns:
    """One dose as its entries; several as the mean of each stretch, with the doses' own values faint behind it.

    `own`: of one dose against its own week before, not the course's.
    """
    say = scale_of(curve).say
    across = Stretches([BEFORE, 0, *(one.last_hour for one in figure.bins)], curve.lowest, curve.highest)
    points = drawn_points(figure)
    columns = [column(figure, place, across) for place in range(len(figure.bins) + 1)]
    if own and not figure.doses[0].stands_alone:
        columns[0] = across.column(0)  # it has no week before: that is no gap in one
    return Columns(
        summary=f"{is_and_is_not()} {own_words(figure.doses[0], say) if own else shown_words(figure, say)}",
        columns=columns,
        levels=[] if figure.single else levels(figure, across),
        dots=[across.dot(one.hours, one.value) for one in points if not one.back_dated],
        faint=[] if figure.single else faint(figure, across),
        hollow=[across.dot(one.hours, one.value) for one in points if one.back_dated],
        cuts=cuts(figure, across),
        zero=across.across(0),
        zero_word=_("Dose"),
        legend=legend(figure, points, {one.gap for one in columns}),
        y_ticks=y_ticks({value: say(value) for value in scale_of(curve).labels}, low=curve.lowest, high=curve.highest),
        x_ticks=x_ticks(figure, across),
        table_headers=headers(curve, figure),
        table_rows=rows(figure, [one.middle for one in columns], say),
        table_caption=_("%(item)s before and after the doses", item=item_name(curve.item)),
        band=across.band(figure.baseline.lowest, figure.baseline.highest, figure.baseline.mean)
        if figure.baseline
        else None,
        reading=_("Read one stretch"),
    )


def drawn_points(figure: Figure) -> list[Point]:
    """All entries before; after it those of a single dose, and of several what was noted later or stands alone."""
    after = [
        point
        for dose in figure.doses
        for point in dose.points
        if figure.single or point.back_dated or stands_alone(figure, point)
    ]
    return [*figure.before, *after]


def stands_alone(figure: Figure, point: Point) -> bool:
    return any(one.first_hour <= point.hours < one.last_hour and figure.entries(one) == 1 for one in figure.bins)


def column(figure: Figure, place: int, across: Stretches) -> Column:
    """The week before is place 0. A word at its foot says how many doses its mean is of, where not of all."""
    if place == 0:
        return across.column(0, None if figure.noted_before else Gap.empty)
    one = figure.bins[place - 1]
    if one.value is None:
        return across.column(place, Gap(figure.gap(one)))
    some, every = one.value.doses, len(figure.doses)
    return across.column(place, None, "" if some == every else f"{some}/{every}")


def levels(figure: Figure, across: Stretches) -> list[Level]:
    """Means of more than one entry; a single entry is drawn as itself."""
    return [
        across.level(place, one.value.mean, one.value.interval)
        for place, one in enumerate(figure.bins, start=1)
        if one.value and figure.entries(one) > 1
    ]


def faint(figure: Figure, across: Stretches) -> list[Dot]:
    """Each dose's value of each stretch, side by side in the order of the doses."""
    step = across.width / (len(figure.doses) + 1)
    return [
        Dot(round(across.column(place).left + step * number, 2), across.up(one.value))
        for number, dose in enumerate(figure.doses, start=1)
        for place, one in enumerate(dose.bins, start=1)
        if one.value is not None and figure.entries(figure.bins[place - 1]) > 1
    ]


def cuts(figure: Figure, across: Stretches) -> list[float]:
    last = figure.bins[-1].last_hour
    hours = {dose.cut_hours for dose in figure.doses if dose.cut_hours is not None and dose.cut_hours < last}
    return sorted({across.across(hour) for hour in hours})


def x_ticks(figure: Figure, across: Stretches) -> list[Tick]:
    hours = [one.last_hour for one in figure.bins]
    after = [
        Tick(across.across(hour), edge_words(hour, following))
        for hour, following in zip(hours, [*hours[1:], None], strict=True)
    ]
    return [Tick(across.box.left, f"{MINUS}{_('%(days)s d', days=-BEFORE // DAY)}", "start"), *after]


def legend(figure: Figure, points: list[Point], gaps: set[Gap | None]) -> list[Legend]:
    """The signs that are drawn, and no others."""
    several = figure.single is None
    every = len(figure.doses)
    fewest = min((one.value.doses for one in figure.bins if one.value), default=every)
    intervals = any(one.value and one.value.interval for one in figure.bins)
    named = [
        ("dot", _("One entry"), any(not one.back_dated for one in points)),
        ("faint", _("One dose"), several),
        ("interval", _("Mean of the doses, with its 95 per cent interval"), several and intervals),
        ("level", _("Mean of the doses; an interval needs five"), several and not intervals),
        (
            "word",
            _("%(some)s/%(all)s: a mean of %(some)s of %(all)s doses", some=fewest, all=every),
            fewest < every,
        ),
        ("hollow", _("Noted later: hollow, in no mean"), any(one.back_dated for one in points)),
        ("band", _("The week before: range and mean"), figure.baseline is not None),
        ("cut", _("The next dose"), any(one.cut_hours is not None for one in figure.doses)),
        ("empty", _("Nothing noted"), Gap.empty in gaps),
        ("over", _("The next dose came before"), Gap.over in gaps),
    ]
    return [Legend(kind, label) for kind, label, there in named if there]
