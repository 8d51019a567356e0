"""What the chart says: what it is and is not, and what became of each dose. Nothing here says why, or which is best."""

from collections.abc import Callable, Sequence

from afterglow_design.dates import full_day
from afterglow_design.languages import LazyString, _, lazy, ngettext

from afterglow_web.client.vocabulary_words import ITEMS, item_words
from afterglow_web.course.wording import dose_words, route_words
from afterglow_web.dose_curve.records import Answer, CourseChoice, Dose, Figure, GivenInDose, KindChoice, Outcome, Part
from afterglow_web.wording import local_day

CORE: dict[str, LazyString] = {"mood": lazy("Mood"), "energy": lazy("Energy"), "anxiety": lazy("Anxiety")}
HOURS_UP_TO = 96
DAY = 24


def item_name(item: str) -> str:
    return str(CORE[item]) if item in CORE else item_words(item)


def item_options() -> list[dict[str, str]]:
    return [{"value": item, "label": item_name(item)} for item in (*CORE, *ITEMS)]


def part_words(part: Part) -> str:
    return _("%(medicine)s %(route)s", medicine=part.medicine, route=route_words(part.route))


def kind_words(parts: Sequence[Part]) -> str:
    return " + ".join(part_words(part) for part in parts)


def kind_options(courses: Sequence[CourseChoice], zone: str) -> list[dict[str, str]]:
    """Each course's doses of each medicine and route, the newest course first."""
    alike = [(kind, course) for course in courses for kind in course.kinds]
    return [{"value": str(kind.like), "label": doses_words(kind, course, zone)} for kind, course in alike]


def doses_words(kind: KindChoice, course: CourseChoice, zone: str) -> str:
    return ngettext(
        "%(kind)s: one dose, course begun %(day)s",
        "%(kind)s: %(num)s doses, course begun %(day)s",
        kind.doses,
        kind=kind_words(kind.parts),
        day=full_day(local_day(course.first_dose_at, zone)),
    )


def stretch_words(first: int, last: int) -> str:
    if last <= HOURS_UP_TO:
        return _("%(first)s to %(last)s hours", first=first, last=last)
    return _("%(first)s to %(last)s days", first=first // DAY, last=last // DAY)


def edge_words(hour: int, next_hour: int | None) -> str:
    """An edge between two stretches, for the axis: hours, then days, each with its unit at the last one."""
    if hour < HOURS_UP_TO:
        return _("%(hours)s h", hours=hour) if next_hour and next_hour >= HOURS_UP_TO else str(hour)
    return str(hour // DAY) if next_hour else _("%(days)s d", days=hour // DAY)


def is_and_is_not() -> str:
    return _(
        "What was noted in shared check-ins before and after these doses: it does not say what caused it, and what is"
        " not shared does not show, not even as a gap."
    )


def shown_words(figure: Figure, say: Callable[[float | None], str]) -> str:
    """How many doses, and how it was in the week before; `say` says the item's numbers."""
    last = figure.doses[-1]
    said = [
        ngettext(
            "One dose, on %(day)s.",
            "%(num)s doses, the last on %(day)s.",
            len(figure.doses),
            day=full_day(local_day(last.at, last.time_zone)),
        )
    ]
    if before := figure.baseline:
        said.append(
            _(
                "The week before the course: %(days)s days noted, between %(lowest)s and %(highest)s,"
                " %(mean)s on average.",
                days=before.days,
                lowest=say(before.lowest),
                highest=say(before.highest),
                mean=say(before.mean),
            )
        )
    else:
        said.append(
            _("Fewer than three days of the week before the course were noted: there is nothing to compare with.")
        )
    if figure.dose_in_baseline:
        said.append(_("A dose of an earlier course lies in that week."))
    return " ".join(said)


def own_words(dose: Dose, say: Callable[[float | None], str]) -> str:
    """Which dose it is, and how it was in its own week before, if it has one."""
    said = _("Dose %(number)s, on %(day)s.", number=dose.number, day=full_day(local_day(dose.at, dose.time_zone)))
    if not dose.stands_alone:
        why = _("The dose before was less than 14 days earlier, so it has no week before of its own.")
    elif dose.baseline is None:
        why = _("Fewer than three days of its own week before were noted: there is nothing to compare with.")
    else:
        why = _(
            "Its own week before: %(days)s days noted, between %(lowest)s and %(highest)s.",
            days=dose.baseline.days,
            lowest=say(dose.baseline.lowest),
            highest=say(dose.baseline.highest),
        )
    return f"{said} {why}"


def given_words(given: GivenInDose) -> str:
    said = dose_words(given)
    return _("after %(minutes)s minutes %(given)s", minutes=given.minutes, given=said) if given.minutes else said


def outcome_words(dose: Dose) -> str:
    """What became of the dose; empty where it is not asked."""
    return OUTCOMES[dose.outcome.answer](dose.outcome, dose.cut_hours is not None) if dose.outcome else ""


def returned(outcome: Outcome, _cut: bool) -> str:
    return ngettext(
        "A clear lift; near the week before again one day after the dose",
        "A clear lift; near the week before again %(num)s days after the dose",
        outcome.day or 0,
    )


def not_yet(outcome: Outcome, cut: bool) -> str:
    days = outcome.day or 0
    if cut:
        return ngettext(
            "A clear lift; not back yet after one day, then the next dose came",
            "A clear lift; not back yet after %(num)s days, then the next dose came",
            days,
        )
    return ngettext(
        "A clear lift; not back yet after one day, where the entries end",
        "A clear lift; not back yet after %(num)s days, where the entries end",
        days,
    )


OUTCOMES: dict[Answer, Callable[[Outcome, bool], str]] = {
    Answer.no_clear_lift: lambda _outcome, _cut: _("No clear lift"),
    Answer.not_yet: not_yet,
    Answer.returned: returned,
    Answer.worse: lambda _outcome, _cut: _("Worse than before"),
}
