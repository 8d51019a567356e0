"""Words of a dosing day: steps of the lists, moments, signs and their ranges, who was there, what went badly."""

from collections.abc import Callable, Iterable, Mapping

from afterglow_design.dates import moment
from afterglow_design.languages import LazyString, _, lazy

from afterglow_web.dosing_day.records import ListBefore, Range, Record, VitalSigns

READINESS: dict[str, LazyString] = {
    "fasting": lazy("Nothing eaten or drunk for as long as was agreed"),
    "escort_home": lazy("Somebody will take them home"),
    "blood_pressure": lazy("Blood pressure is measured, and fit for a dose"),
    "no_driving": lazy("They know: no driving until after a restful sleep"),
    "medicines_reviewed": lazy("Medicines are gone through once more"),
    "recording_agreed": lazy("Everybody in the room agrees that the client may record their own voice"),
}
DISCHARGE: dict[str, LazyString] = {
    "oriented": lazy("Knows where they are, what day it is, and what happened"),
    "walks_steadily": lazy("Walks steadily without help"),
    "blood_pressure_settled": lazy("Blood pressure is near where it began"),
    "no_nausea": lazy("Feels no nausea, or can handle it"),
    "escort_here": lazy("Whoever takes them home is here"),
    "knows_not_to_drive": lazy("Knows not to drive until after a restful sleep"),
    "knows_whom_to_call": lazy("Knows whom to call tonight, and has the number"),
}
STEPS: Mapping[str, LazyString] = {**READINESS, **DISCHARGE}
MOMENTS: dict[str, LazyString] = {
    "baseline": lazy("Before the dose"),
    "after_40_minutes": lazy("40 minutes after it"),
    "before_leaving": lazy("Before leaving"),
    "other": lazy("Another time"),
}
EVENTS: dict[str, LazyString] = {
    "nausea": lazy("Nausea"),
    "vomiting": lazy("Vomiting"),
    "dizziness": lazy("Dizziness"),
    "headache": lazy("Headache"),
    "blood_pressure": lazy("Blood pressure"),
    "heartbeat": lazy("A fast or uneven heartbeat"),
    "breathing": lazy("Trouble breathing"),
    "sleepiness": lazy("Hard to wake"),
    "fear": lazy("Fear or panic"),
    "confusion": lazy("Confusion"),
    "fall": lazy("A fall"),
    "other": lazy("Something else"),
}
PRESENCE: dict[str, LazyString] = {
    "therapist": lazy("Therapist"),
    "prescriber": lazy("Prescriber"),
    "nurse": lazy("Nurse"),
    "support_person": lazy("Support person"),
    "interpreter": lazy("Interpreter"),
    "trainee": lazy("Somebody in training"),
    "other": lazy("Somebody else"),
}
SIGNS: dict[str, LazyString] = {
    "systolic": lazy("upper blood pressure"),
    "diastolic": lazy("lower blood pressure"),
    "pulse": lazy("pulse"),
    "oxygen": lazy("oxygen"),
}
UNITS = {"systolic": lazy("mmHg"), "diastolic": lazy("mmHg"), "pulse": lazy("beats a minute"), "oxygen": "%"}
OUTSIDE: dict[str, LazyString] = {
    "systolic_high": lazy("upper blood pressure is high"),
    "systolic_low": lazy("upper blood pressure is low"),
    "diastolic_high": lazy("lower blood pressure is high"),
    "diastolic_low": lazy("lower blood pressure is low"),
    "pulse_high": lazy("pulse is fast"),
    "pulse_low": lazy("pulse is slow"),
    "oxygen_low": lazy("oxygen is low"),
}
WARNED: dict[str, LazyString] = {
    "observation_missing": lazy(
        "This medicine asks for two hours of observation after the last dose; none is recorded with its beginning and"
        " end."
    ),
    "observation_short": lazy("This medicine asks for two hours of observation after the last dose; it was shorter."),
    "pressure_after_40_minutes_missing": lazy(
        "This medicine asks for a blood pressure about 40 minutes after the dose; none is recorded."
    ),
}


def words_from(known: Mapping[str, LazyString]) -> Callable[[str], str]:
    """A filter that says a name's words; a name that is not known here yet, as it is."""
    return lambda name: str(known.get(name, name.replace("_", " ")))


def pressure(reading: VitalSigns) -> str:
    """Write a blood pressure as `124/78`; empty where it was not measured."""
    return f"{reading.systolic}/{reading.diastolic}" if reading.systolic is not None else ""


def outside_words(names: Iterable[str]) -> str:
    """Say what lies outside its range, as `Upper blood pressure is high, pulse is fast`."""
    said = ", ".join(words_from(OUTSIDE)(name) for name in names)
    return said[:1].upper() + said[1:]


def written_by(one: Record | ListBefore, zone: str) -> str:
    """Say when a record was written and by whom, as `Tue 12 Mar, 21:10, Ines Roth`."""
    return ", ".join(part for part in (moment(one.made_at, zone), one.made_by.name) if part)


def to_choose(known: Mapping[str, LazyString]) -> list[dict[str, object]]:
    """Each as something to choose."""
    return [{"value": value, "label": label} for value, label in known.items()]


def range_words(one: Range) -> str:
    sign, unit = str(SIGNS.get(one.sign, one.sign)), str(UNITS.get(one.sign, ""))
    if one.high is None:
        return _("%(sign)s below %(low)s %(unit)s", sign=sign, low=one.low, unit=unit)
    return _("%(sign)s below %(low)s or above %(high)s %(unit)s", sign=sign, low=one.low, high=one.high, unit=unit)


FILTERS: dict[str, Callable[..., object]] = {
    "adverse_words": words_from(EVENTS),
    "moment_words": words_from(MOMENTS),
    "to_choose": to_choose,
    "outside_words": outside_words,
    "presence_words": words_from(PRESENCE),
    "pressure": pressure,
    "range_words": range_words,
    "step_words": words_from(STEPS),
    "warned_words": words_from(WARNED),
    "written_by": written_by,
}
