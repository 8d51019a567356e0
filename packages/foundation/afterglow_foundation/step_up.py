"""Step-up (RFC 9470): what is hard to take back is done only by somebody who has just proved who they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from afterglow_foundation.callers import Caller, Scheme
from afterglow_foundation.errors import Forbidden, NotAuthenticated, Refusal

PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')
LONGEST_AGE_DIGITS = 9
LATELY = timedelta(minutes=10)
WHY = "step_up"
DESCRIPTION = "Prove who you are once more"


@dataclass(frozen=True, slots=True)
class StepUp:
    """How long ago somebody may have proved who they are, and by one of which `acr_values` (by any if there are none).

    RFC 9470 §3: these are the `max_age` and `acr_values` that a client then asks auth for.
    """

    max_age: timedelta = LATELY
    acr_values: tuple[str, ...] = ()

    def is_met_by(self, caller: Caller) -> bool:
        """A token that does not say when, and so a service's, meets none."""
        if caller.authenticated_at is None:
            return False
        if self.acr_values and caller.acr not in self.acr_values:
            return False
        return datetime.now(UTC) - caller.authenticated_at <= self.max_age

    def challenge(self, scheme: Scheme = Scheme.bearer) -> str:
        """The `WWW-Authenticate` that asks for it."""
        asked = {
            "error": "insufficient_user_authentication",
            "error_description": DESCRIPTION,
            "max_age": str(int(self.max_age.total_seconds())),
        }
        if self.acr_values:
            asked["acr_values"] = " ".join(self.acr_values)
        return f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in asked.items())

    @classmethod
    def read(cls, challenge: str) -> "StepUp":
        """What a `WWW-Authenticate` asks for; ten minutes where it leaves the age open or says none we can read."""
        asked = dict(PARAMETER.findall(challenge))
        age = asked.get("max_age", "")
        readable = age.isascii() and age.isdigit() and len(age) <= LONGEST_AGE_DIGITS
        return cls(timedelta(seconds=int(age)) if readable else LATELY, tuple(asked.get("acr_values", "").split()))


class StepUpNeeded(NotAuthenticated):
    """The sign-in is too old, or too weak, for this. The audit keeps the attempt, `step_up` as its purpose."""

    code, title = "step_up_needed", "Please prove once more who you are"

    def __init__(self, step_up: StepUp, refusal: Refusal, scheme: Scheme) -> None:
        super().__init__(headers={"WWW-Authenticate": step_up.challenge(scheme)}, refusal=refusal)
        self.step_up = step_up


Steps = Mapping[StrEnum, StepUp]
"""Which permissions of a service take a step-up, and which."""


def require_fresh(caller: Caller, step_up: StepUp, refusal: Refusal) -> None:
    """Raise StepUpNeeded unless `caller` meets it: inside a route, where only some of its acts need it.

    Forbidden where a service holds the token in the person's stead: they proved who they are to do it themselves.
    """
    if caller.actor:
        raise Forbidden(refusal=refusal)
    if not step_up.is_met_by(caller):
        raise StepUpNeeded(step_up, refusal.because(WHY), caller.scheme)
