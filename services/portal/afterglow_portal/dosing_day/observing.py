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


def observed_of(given: Iterable[Administration], observed: str) -> list[Administration]:
    """What was given of the medicines that the practice observes, named with commas between."""
    names = [name.strip().casefold() for name in observed.split(",") if name.strip()]
    return [one for one in given if any(name in one.medicine.casefold() for name in names)]


def warnings(
    given: Sequence[Administration], observation: Observation | None, readings: Iterable[VitalSigns], *, over: bool
) -> Iterator[Warned]:
    """What is missing by now after the last of these doses; `over` says that the session has ended.

    A reading counts only if it was taken after that dose, whatever it is marked as.
    """
    last, now = max(one.given_at for one in given), datetime.now(UTC)
    if observation is None or observation.ended_at is None:
        if over or now - last > AT_LEAST:
            yield Warned.observation_missing
    elif observation.ended_at - max(last, observation.began_at) < AT_LEAST:
        yield Warned.observation_short
    after = (one for one in readings if one.measured_at > last)
    measured = any(one.moment == Moment.after_40_minutes and one.systolic is not None for one in after)
    if not measured and now - last > PRESSURE_BY:
        yield Warned.pressure_after_40_minutes_missing
