"""Words that belong to a person or the practice: whoever knows them tries these first."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

SHORTEST_WORD = 4  # "Ana" stands in too many words to forbid it
SHORTEST_RUN = 6  # written together: "rowanhale"
SAME = str.maketrans("@4301!|l$57", "aaeoiiiisst")  # whichever of them stands for the other
WORD = re.compile(r"[^\W_]+")


def stands_in(password: str, about: Sequence[str]) -> bool:
    """Whether a name, an address or the practice is part of the password, even with `0` for `o` or in capitals."""
    written, together = alike(password), letters(alike(password))
    return any(word in written for word in words(about)) or any(run in together for run in runs(about))


def words(about: Iterable[str]) -> set[str]:
    """The longer words of names, and of the part of an address that is its owner's."""
    return {alike(word) for text in about for word in WORD.findall(own_part(text)) if len(word) >= SHORTEST_WORD}


def runs(about: Iterable[str]) -> set[str]:
    """Each text written together, as one would who leaves the spaces out."""
    return {run for text in about if len(run := letters(alike(own_part(text)))) >= SHORTEST_RUN}


def own_part(text: str) -> str:
    """Of an address what stands before the @: many people share what follows."""
    return text.partition("@")[0]


def alike(text: str) -> str:
    """Without capitals and accents, and with the usual stand-ins for letters put back."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(one for one in decomposed if not unicodedata.combining(one)).translate(SAME)


def letters(text: str) -> str:
    return "".join(WORD.findall(text))
