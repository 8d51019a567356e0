"""The authorisation matrix: read from `matrix.txt`, where every cell is written out.

A line is a method, a path and what each of the ten actors of SECURITY §8 is answered, in the order of `Actor`:

- a status of an answer, `sign-in` for the way to the sign-in page, or `step-up` for the way to prove once more who
  one is; 409 where somebody else has the id that is sent;
- `self`, `other`: the client whose records the paths name, and a client who has nothing to do with them;
- `assigned`, `unassigned`: the therapist who treats that client, and one who treats the other client;
- `disabled`, `audience`, `expired`, `no-step-up`: somebody who would get in (the first of self, assigned and admin who
  does), but was disabled a moment ago while the token lives, brings a token for another API, brings one that has
  expired, or has signed in an hour ago and proved nothing since: an API answers 401 with the challenge of RFC 9470.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

TABLE = Path(__file__).with_name("matrix.txt")
SIGN_IN = "sign-in"
STEP_UP = "step-up"
GETS_IN = {"200", "201", "202", "204", "303"}
REFUSED = {"400", "401", "403", "404", "409", SIGN_IN, STEP_UP}


class Actor(StrEnum):
    anonymous = "anonymous"
    client = "self"
    other_client = "other"
    assigned = "assigned"
    unassigned = "unassigned"
    admin = "admin"
    disabled = "disabled"
    wrong_audience = "audience"
    expired = "expired"
    no_step_up = "no-step-up"


@dataclass(frozen=True)
class Row:
    """One route of one service and the outcome expected for each actor."""

    service: str
    method: str
    path: str
    expected: dict[Actor, str]

    @property
    def route(self) -> tuple[str, str]:
        return self.method, self.path

    @property
    def insider(self) -> Actor:
        """Who stands for everybody that would get in; the client where nobody does."""
        people = (Actor.client, Actor.assigned, Actor.admin)
        return next((actor for actor in people if self.expected[actor] in GETS_IN), Actor.client)


def read_table(text: str | None = None) -> dict[str, list[Row]]:
    """Rows by service. Raises ValueError for a line that does not say all ten outcomes, or an unknown one."""
    rows: dict[str, list[Row]] = {}
    service = ""
    for number, line in enumerate((text or TABLE.read_text()).splitlines(), 1):
        words = line.split()
        if not words or words[0] == "#":
            continue
        if words[0].endswith(":"):
            service = words[0].removesuffix(":")
            refuse_other_order(number, words[1:])
            continue
        method, path, *outcomes = words
        if len(outcomes) != len(Actor) or set(outcomes) - GETS_IN - REFUSED:
            raise ValueError(f"matrix.txt:{number}: ten outcomes, each one of {sorted(GETS_IN | REFUSED)}")
        rows.setdefault(service, []).append(Row(service, method, path, dict(zip(Actor, outcomes, strict=True))))
    return rows


def refuse_other_order(number: int, columns: list[str]) -> None:
    if columns != [str(actor) for actor in Actor]:
        raise ValueError(f"matrix.txt:{number}: the columns are {' '.join(Actor)}")
