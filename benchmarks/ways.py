"""Ways to do the same kind of work, measured in turn, each as a ratio to a ceiling taken in the same run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.load import CONNECTIONS, Measured, Sender, measure

ROUNDS = 3
INSERT = "bare, one INSERT"
INSERT_BEHIND = "bare, one INSERT, behind the gateway"


@dataclass(frozen=True)
class Way:
    """One way in: where, who sends on each connection, and which answers count."""

    name: str
    url: str
    new_sender: Callable[[], Sender]
    statuses: tuple[int, ...]
    ceiling: str | None = None
    connections: int = CONNECTIONS


@dataclass
class Results:
    """What each way gave, over all rounds together."""

    measured: dict[str, tuple[Way, Measured]]

    def ratio(self, name: str) -> float | None:
        """The rate of a way to that of its ceiling; None where it has none."""
        way, measured = self.measured[name]
        return measured.rate / self.measured[way.ceiling][1].rate if way.ceiling else None


async def run(ways: Sequence[Way], seconds: float) -> Results:
    """Measure every way in turn, several rounds, so that a slow moment of the machine falls on all."""
    together: dict[str, tuple[Way, Measured]] = {}
    for _ in range(ROUNDS):
        for way in ways:
            once = await measure(way.url, way.new_sender, seconds / ROUNDS, way.connections)
            _, total = together.setdefault(way.name, (way, Measured()))
            total.add(once.require(*way.statuses))
    return Results(together)
