"""What each scope lets a program do, told to whoever allows it."""

from collections.abc import Iterable

from afterglow_design.languages import LazyString, lazy

MAY: dict[str, LazyString] = {
    "openid": lazy("know that it is you who signs in"),
    "profile": lazy("see your name, your language and your time zone"),
    "email": lazy("see your e-mail address"),
    "offline_access": lazy("stay connected when you are away, until you take it back"),
    "portal": lazy(
        "read, add and change your check-ins, your journal and whatever else you keep here, and see who opened it, "
        "in your name"
    ),
    "messaging": lazy("read your messages and write to your therapist, in your name"),
}


def in_words(scopes: Iterable[str]) -> list[LazyString]:
    """In the order of the list above."""
    asked = set(scopes)
    return [words for scope, words in MAY.items() if scope in asked]
