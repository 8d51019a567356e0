"""How long somebody is observed after a dose, where their medicine asks for it. What is missing warns, no more.

Source: US prescribing information of esketamine (Spravato): observe for at least two hours after each dose, and measure
blood pressure about 40 minutes after it. For which medicines a practice holds itself to that, its settings say.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from afterglow_portal.course.models import Administration
from afterglow_portal.dosing_day.models import Observation, VitalSigns
from afterglow_portal.dosing_day.schemas import Moment, Warned

AT_LEAST = timedelta(hours=2)
PRESSURE_BY = timedelta(minutes=60)  # about 40 minutes, and some patience


def is_required(given: Iterable[Administration], observed: str) -> bool:
    """Whether one of the medicines is among those that the practice observes, named with commas between."""
    names = [name.strip().casefold() for name in observed.split(",") if name.strip()]
    return any(name in one.medicine.casefold() for one in given for name in names)


def warnings(
    given: Sequence[Administration], observation: Observation | None, readings: Iterable[VitalSigns]
) -> Iterator[Warned]:
    """What is missing by now after the last dose of a medicine that is observed."""
    last = max(one.given_at for one in given)
    if observation and observation.ended_at and observation.ended_at - max(last, observation.began_at) < AT_LEAST:
        yield Warned.observation_short
    measured = any(one.moment == Moment.after_40_minutes and one.systolic is not None for one in readings)
    if not measured and datetime.now(UTC) - last > PRESSURE_BY:
        yield Warned.pressure_after_40_minutes_missing
