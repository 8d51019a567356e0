"""Words that are looked for in texts which were opened for it, whatever case and accents."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from afterglow_foundation.plain_text import as_read, cut

LONGEST_QUESTION = 100
BEFORE_HIT = 50  # characters shown before what was found
ACCENTS = re.compile("[\u0300-\u036f]+")  # taken apart from their letters


def plain(text: str) -> str:
    """Without case and accents, so that `Cafe` finds `café`."""
    if text.isascii():
        return text.casefold()
    return ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def says_something(question: str) -> str:
    """Raise ValueError where there is nothing to look for: a lone accent is no word."""
    if "\0" in question or not plain(question).split():
        raise ValueError("must hold at least one word")
    return question


Question = Annotated[str, Field(strict=True, max_length=LONGEST_QUESTION), AfterValidator(says_something)]


def holds(text: str, wanted: Sequence[str]) -> bool:
    """Whether every one of the words, which are `plain` already, stands in the text."""
    text = plain(text)
    return all(word in text for word in wanted)


def around(text: str, wanted: Sequence[str], longest: int) -> str:
    """The part of a text in which the first of the words stands, or its beginning; as good as it needs to be."""
    text = as_read(text)
    places = [place for word in wanted if (place := plain(text).find(word)) >= 0]
    begin = max(0, min(places, default=0) - BEFORE_HIT)
    if begin:  # at the next word, unless one goes on and on
        begin = text.find(" ", begin, begin + BEFORE_HIT) + 1 or begin
    return ("…" if begin else "") + cut(text[begin:], longest)
