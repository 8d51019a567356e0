"""The lines of an entry to choose one from: without Markdown's marks, long ones cut into sentences."""

import re

LONGEST_LINE = 500
LONG = 160
MOST_LINES = 40
BEGINNING = re.compile(r"^[ \t]*(?:(?:[#>]+|[-*+]|\d{1,9}[.)])[ \t]+)*")
LINK = re.compile(r"\[([^\[\]]{1,500})\]\([^()\s]{0,2000}\)")
MARKS = re.compile(r"[*_`]+")
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def plain(line: str) -> str:
    """A line as it reads, in one piece."""
    return " ".join(MARKS.sub("", LINK.sub(r"\1", BEGINNING.sub("", line))).split())


def lines_of(text: str) -> list[str]:
    """At most forty, each once, in the order in which they stand there; of a long entry the first ones."""
    found: dict[str, None] = {}
    for line in map(plain, text.splitlines()):
        for piece in SENTENCE_END.split(line) if len(line) > LONG else [line]:
            if piece and len(piece) <= LONGEST_LINE and any(map(str.isalnum, piece)):
                found[piece] = None
                if len(found) == MOST_LINES:
                    return list(found)
    return list(found)
