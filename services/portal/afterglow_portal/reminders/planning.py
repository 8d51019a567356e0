"""Which prompts a client gets on a day of theirs: a daily one, or instead of it those after a dose (DOMAIN §2)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

MOST_A_DAY = 2
DAILY_FOR = timedelta(hours=3)
# Hours after a dose, and how long a prompt then still makes sense: while the dose curve's stretch that it is for lasts.
AFTER_DOSE = {4: timedelta(hours=4), 24: timedelta(hours=12), 48: timedelta(hours=12), 72: timedelta(hours=12)}
LOOKS_BACK = timedelta(days=5)
"""How far doses reach: 72 hours and a day, and the six hours within which an earlier administration is hour 0."""


Slot = tuple[str, datetime, timedelta]
"""Its name, when it is due, and for how long."""


class Kind(StrEnum):
    after_dose = "after_dose"
    daily = "daily"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a client wants. `since` is when they said so: no prompt is made up for a moment before that.

    `a_day` is how many check-ins a day they find enough; None for no limit.
    """

    daily: bool = True
    daily_at: time = time(19)
    after_dose: bool = True
    since: datetime | None = None
    a_day: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """`slot` is the same whenever it is planned; `day` is the client's own. It is never sent from `expires_at` on."""

    slot: str
    kind: Kind
    day: date
    due_at: datetime
    expires_at: datetime


def prompts_on(day: date, wishes: Wishes, zone: ZoneInfo, doses: Sequence[datetime]) -> list[Prompt]:
    """All of one day by the clock of `zone`, the earliest first. `doses` are hours 0, oldest first.

    What belongs to one day ends with it: so whatever is put off, no other day gets more.
    """
    after = [made(Kind.after_dose, day, zone, slot) for slot in after_doses(doses)] if wishes.after_dose else []
    if found := [prompt for prompt in after if fits(prompt, zone)]:
        return sorted(found, key=lambda prompt: prompt.due_at)[: most_a_day(wishes)]
    at = datetime.combine(day, wishes.daily_at, zone).astimezone(UTC)
    daily = made(Kind.daily, day, zone, ("daily", at, DAILY_FOR))
    return [daily] if wishes.daily and fits(daily, zone) else []


def most_a_day(wishes: Wishes) -> int:
    return min(MOST_A_DAY, wishes.a_day or MOST_A_DAY)


def after_doses(doses: Sequence[datetime]) -> Iterable[Slot]:
    """Name, time and validity of what follows each dose; the next dose cuts it off, as in the curve."""
    for dose, following in pairwise([*doses, None]):
        if dose is None:
            return
        for hours, valid in AFTER_DOSE.items():
            at = dose + timedelta(hours=hours)
            if following is None or at < following:
                yield f"dose+{hours}", at, valid


def made(kind: Kind, day: date, zone: ZoneInfo, slot: Slot) -> Prompt:
    name, at, valid = slot
    return Prompt(f"{day}:{name}", kind, day, at, min(at + valid, end_of(day, zone)))


def end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def fits(prompt: Prompt, zone: ZoneInfo) -> bool:
    """Whether it comes on its day: others have theirs, and a place that skipped a day has none on that."""
    return prompt.due_at.astimezone(zone).date() == prompt.day


def due_now(
    now: datetime, wishes: Wishes, zone: ZoneInfo, doses: Sequence[datetime], planned: Collection[str]
) -> list[Prompt]:
    """What is due at this moment and not `planned` yet; these are slots of the last days.

    Whatever was planned today counts, also where the client has moved to another zone since, or a dose became known.
    """
    today = now.astimezone(zone).date()
    before = [slot for slot in planned if slot.startswith(f"{today}:")]
    left = max(most_a_day(wishes) - len(before), 0)
    due = [
        prompt
        for prompt in prompts_on(today, wishes, zone, doses)
        if prompt.due_at <= now < prompt.expires_at and prompt.slot not in before and is_new(prompt, wishes)
    ]
    return [prompt for prompt in due if prompt.kind is Kind.after_dose or not before][:left]


def is_new(prompt: Prompt, wishes: Wishes) -> bool:
    return wishes.since is None or prompt.due_at >= wishes.since
