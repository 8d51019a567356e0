"""How a client is at a moment: baseline, slow drift, days that resemble each other, bad weeks, lifts after doses."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from random import Random

from afterglow_operator.demonstration.chance import chance
from afterglow_operator.demonstration.doses import doses_of
from afterglow_operator.demonstration.people import HISTORY_DAYS, DemoPerson
from afterglow_operator.demonstration.temperaments import TEMPERAMENTS

RESEMBLANCE = 0.6  # of a day to the day before
PEAK_DAYS = 1.3
LEFT_WHEN_FADED = 0.1
DAZED_DAYS = 0.4
BAD_WEEKS = 3
ASKED_DAYS, FAR_ENOUGH = 7, timedelta(days=14)
UP_DAYS, UP_ENERGY = 6, 4.0


@dataclass(frozen=True, slots=True)
class State:
    """Unrounded: mood and energy around -5…5, anxiety around 0…10."""

    mood: float
    energy: float
    anxiety: float


@dataclass(frozen=True, slots=True)
class BadWeek:
    """A dip of mood around `middle` (days into the history), `depth` deep."""

    middle: float
    depth: float

    def dip(self, day: float) -> float:
        return self.depth * math.exp(-(((day - self.middle) / 2.6) ** 2))


class Course:
    """One client's 120 days."""

    def __init__(self, client: DemoPerson, now: datetime) -> None:
        self.temperament = TEMPERAMENTS[client.name]
        self.doses = doses_of(client, now)
        first_day = client.today(now) - timedelta(days=HISTORY_DAYS)
        self.start = datetime.combine(first_day, time(), client.zone)
        source = chance("course", client.name)
        self.lifts = [self.temperament.lift * source.uniform(0.85, 1.15) for _ in self.doses]
        self.moods = similar_days(source, self.temperament.unrest)
        self.energies = similar_days(source, 0.8)
        self.worries = similar_days(source, 0.8)
        self.bad_weeks = [
            BadWeek(source.uniform(nth, nth + 1) * HISTORY_DAYS / BAD_WEEKS, source.uniform(0.8, 2.0))
            for nth in range(BAD_WEEKS)
        ]
        if self.temperament.low_now:
            self.bad_weeks.append(BadWeek(HISTORY_DAYS + 1, self.temperament.low_now))

    def at(self, moment: datetime) -> State:
        """The state at a moment of the history."""
        day = (moment - self.start) / timedelta(days=1)
        here = min(max(int(day), 0), HISTORY_DAYS)
        lift = self.lift(moment)
        low = sum(week.dip(day) for week in self.bad_weeks)
        person = self.temperament
        drift = person.drift * day / HISTORY_DAYS
        energy = person.energy + 0.4 * drift + 0.5 * lift - 0.5 * low - self.daze(moment) + self.energies[here]
        return State(
            mood=person.mood + drift + lift - low + self.moods[here],
            energy=UP_ENERGY if self.is_up(moment) else energy,
            anxiety=person.anxiety - 0.8 * drift - 0.9 * lift + 0.8 * low + self.worries[here],
        )

    def is_up(self, moment: datetime) -> bool:
        """In the last days of somebody who sleeps little and is full of energy."""
        return self.temperament.up_now and moment >= self.start + timedelta(days=HISTORY_DAYS - UP_DAYS)

    def lift(self, moment: datetime) -> float:
        """What is left of the doses: the one felt most, for they do not add up."""
        left = (share_left(days, self.temperament.fade_days) for days in self.days_since_doses(moment))
        return max((lift * share for lift, share in zip(self.lifts, left, strict=True)), default=0.0)

    def daze(self, moment: datetime) -> float:
        """The tiredness of the hours after a dose."""
        return 1.5 if any(0 <= days < DAZED_DAYS for days in self.days_since_doses(moment)) else 0.0

    def is_asked_for(self, day: date) -> bool:
        """In the week before a dose that none is close to, each day is: without it the dose curve has no beginning."""
        taken = [dose.astimezone(self.start.tzinfo).date() for dose in self.doses]
        alone = [later for earlier, later in pairwise([date.min, *taken]) if later - earlier >= FAR_ENOUGH]
        return any(0 < (dosed - day).days <= ASKED_DAYS for dosed in alone)

    def days_since_doses(self, moment: datetime) -> list[float]:
        """Days since each dose; negative before it."""
        return [(moment - dose) / timedelta(days=1) for dose in self.doses]


def share_left(days: float, fade_days: float) -> float:
    """The share of a lift: it rises to 1 within a day or so, and about a tenth is left after `fade_days`."""
    if days < 0:
        return 0.0
    if days < PEAK_DAYS:
        return days / PEAK_DAYS
    return math.exp(math.log(LEFT_WHEN_FADED) * (days - PEAK_DAYS) / (fade_days - PEAK_DAYS))


def similar_days(source: Random, spread: float) -> Sequence[float]:
    """One deviation per day of the history, each a little like the one before, with standard deviation `spread`."""
    fresh = spread * math.sqrt(1 - RESEMBLANCE**2)
    days = [source.gauss(0, spread)]
    for _ in range(HISTORY_DAYS):
        days.append(RESEMBLANCE * days[-1] + source.gauss(0, fresh))
    return days
