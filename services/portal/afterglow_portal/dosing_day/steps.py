"""The steps of the two lists of the day, in the order in which they are asked. What each says is the page's to word."""

from collections.abc import Collection
from enum import StrEnum


class Readiness(StrEnum):
    """Before the first dose (DOMAIN §6)."""

    fasting = "fasting"
    escort_home = "escort_home"
    blood_pressure = "blood_pressure"
    no_driving = "no_driving"
    medicines_reviewed = "medicines_reviewed"
    recording_agreed = "recording_agreed"  # by others in the room: quiet mode offers to speak only then; no dose waits


class Discharge(StrEnum):
    """Before somebody leaves."""

    oriented = "oriented"
    walks_steadily = "walks_steadily"
    blood_pressure_settled = "blood_pressure_settled"
    no_nausea = "no_nausea"
    escort_here = "escort_here"
    knows_not_to_drive = "knows_not_to_drive"
    knows_whom_to_call = "knows_whom_to_call"


class List(StrEnum):
    readiness = "readiness"
    discharge = "discharge"


STEPS: dict[List, tuple[str, ...]] = {List.readiness: tuple(Readiness), List.discharge: tuple(Discharge)}
OPTIONAL = frozenset({Readiness.recording_agreed})


def required(which: List) -> tuple[str, ...]:
    return tuple(step for step in STEPS[which] if step not in OPTIONAL)


def missing(which: List, ticked: Collection[str]) -> list[str]:
    """The required steps that are not among those ticked."""
    return [step for step in required(which) if step not in ticked]
