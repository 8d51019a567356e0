"""The shared entries of a client's last thirty days, and the mean mood of each day."""

from collections.abc import Sequence
from statistics import fmean
from typing import cast

DAYS = 30
FARTHEST = 5  # days by which the date of an entry that was found may lie beside the thirty, whatever the zones
OUTSIDE = [*range(-FARTHEST, 0), *range(DAYS, DAYS + FARTHEST)]
Thirty = tuple[dict[int, float], int]


class Days:
    """Entries under this mark of their client: `ago` are their days before the date on which they were read."""

    __slots__ = ("_thirty", "ago", "mark", "moods")

    def __init__(self, mark: int | None, ago: Sequence[int], moods: Sequence[float | None]) -> None:
        self.mark = mark
        self.ago = ago
        self.moods = moods
        self._thirty: dict[int, Thirty] = {}

    def thirty(self, ahead: int) -> Thirty:
        """Mean mood of each noted day of the last thirty, by how many days ago, and how many entries those days hold.

        `ahead` is by how many days the client's calendar is before that of UTC. Counted once for each.
        """
        if ahead not in self._thirty:
            self._thirty[ahead] = by_day([ago + ahead for ago in self.ago] if ahead else self.ago, self.moods)
        return self._thirty[ahead]


def by_day(days: Sequence[int], moods: Sequence[float | None]) -> Thirty:
    each = dict(zip(days, moods, strict=True))
    if len(each) == len(days) and None not in moods:  # one entry a day, as with most: nothing to be sorted out
        for day in OUTSIDE:
            each.pop(day, None)
        return cast("dict[int, float]", each), len(each)
    within = [one for one in zip(days, moods, strict=True) if 0 <= one[0] < DAYS]
    return means([(ago, mood) for ago, mood in within if mood is not None]), len(within)


def means(noted: list[tuple[int, float]]) -> dict[int, float]:
    moods: dict[int, list[float]] = {}
    for ago, mood in noted:
        moods.setdefault(ago, []).append(mood)
    return {ago: fmean(each) if len(each) > 1 else each[0] for ago, each in moods.items()}
