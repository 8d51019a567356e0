"""What an examination finds."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """`unknown`: it could not be asked from here, which is no fault of the installation."""

    ok = "ok"
    unknown = "unknown"
    wrong = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    detail: str

    def document(self) -> dict[str, Any]:
        return asdict(self)


def well(what: str, detail: str) -> Finding:
    return Finding(what, State.ok, detail)


def wrong(what: str, detail: str) -> Finding:
    return Finding(what, State.wrong, detail)


def unknown(what: str, detail: str) -> Finding:
    return Finding(what, State.unknown, detail)
