"""What may be taken away: never the last way in, nor a factor that the practice wants its staff to have.

A way in is a password or a passkey. An app and recovery codes come after a password and are none by themselves. A
password may go only where two passkeys stay: one can be lost with the phone that holds it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from afterglow_design.languages import LazyString, lazy

from afterglow_auth.factors.standing import Standing

PASSKEYS_INSTEAD_OF_A_PASSWORD = 2


class Why(StrEnum):
    """Why something has to stay, as the audit keeps it."""

    last_factor = "last_factor"
    last_way_in = "last_way_in"
    too_few_passkeys = "too_few_passkeys"


WORDS: dict[Why, LazyString] = {
    Why.last_factor: lazy(
        "This is your only second step, and the practice asks its staff for one. Set another one up first."
    ),
    Why.last_way_in: lazy("This is your only way to sign in. Add another passkey or choose a password first."),
    Why.too_few_passkeys: lazy(
        "Without a password you need two passkeys, so that you can still sign in if you lose one. Add one first."
    ),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether something may go: `stays` says why not; `asks_password` that only a password would be left.

    Then it has to be long enough to stand alone, and only who types it can show that.
    """

    stays: Why | None
    asks_password: bool = False

    def hinders(self, *, password_checked: bool) -> str | None:
        """What stands in the way now, as the audit keeps it."""
        if self.stays:
            return self.stays
        return "password_not_typed" if self.asks_password and not password_checked else None


def judge_passkey(has: Standing, *, needs_a_factor: bool) -> Judgement:
    """One of the person's passkeys."""
    left = replace(has, passkeys=has.passkeys - 1)
    return judge(left, needs_a_factor=needs_a_factor) if left.can_confirm else Judgement(Why.last_way_in)


def judge_app(has: Standing, *, needs_a_factor: bool) -> Judgement:
    """The authenticator app."""
    return judge(replace(has, has_totp=False), needs_a_factor=needs_a_factor)


def judge_password(has: Standing) -> Judgement:
    return Judgement(Why.too_few_passkeys if has.passkeys < PASSKEYS_INSTEAD_OF_A_PASSWORD else None)


def judge(left: Standing, *, needs_a_factor: bool) -> Judgement:
    if needs_a_factor and not left.has_second:
        return Judgement(Why.last_factor)
    return Judgement(None, asks_password=left.has_password and not left.has_second)
