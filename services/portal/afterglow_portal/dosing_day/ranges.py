"""Within which readings nothing is said. One outside warns and blocks nothing: what it means, a person judges."""

from collections.abc import Iterator
from dataclasses import dataclass

ESKETAMINE = "US prescribing information of esketamine (Spravato): elevated above 140/90 mmHg"
PRESSURE = "US National Heart, Lung, and Blood Institute: low below 90/60 mmHg"
PULSE = "American Heart Association: 60 to 100 beats a minute at rest"
OXYGEN = "World Health Organization, Pulse Oximetry Training Manual (2011): 95 % or more is normal"


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both of which still say nothing; in mmHg, beats a minute, or per cent."""

    sign: str
    low: int
    high: int | None
    source: str


RANGES = (
    Range("systolic", 90, 140, f"{ESKETAMINE}; {PRESSURE}"),
    Range("diastolic", 60, 90, f"{ESKETAMINE}; {PRESSURE}"),
    Range("pulse", 60, 100, PULSE),
    Range("oxygen", 95, None, OXYGEN),
)


def outside(reading: object) -> Iterator[str]:
    """Which of a reading's signs lie outside, as `systolic_high` or `oxygen_low`; a sign that it has not is none."""
    for one in RANGES:
        value: int | None = getattr(reading, one.sign, None)
        if value is not None and value < one.low:
            yield f"{one.sign}_low"
        if value is not None and one.high is not None and value > one.high:
            yield f"{one.sign}_high"
