"""The lines of an entry to choose one from: without Markdown's marks, long ones cut into sentences."""

import re

from afterglow_foundation.plain_text import line_as_read

LONGEST_LINE = 500
LONG = 160
MOST_LINES = 40
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


def lines_of(text: str) -> list[str]:
    """At most forty, each once, in the order in which they stand there; of a long entry the first ones."""
    found: dict[str, None] = {}
    for line in map(line_as_read, text.splitlines()):
        for piece in SENTENCE_END.split(line) if len(line) > LONG else [line]:
            if piece and len(piece) <= LONGEST_LINE and any(map(str.isalnum, piece)):
                found[piece] = None
                if len(found) == MOST_LINES:
                    return list(found)
    return list(found)
