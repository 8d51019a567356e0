"""Whether a line stands in an entry, however much of its Markdown was left out on the way."""

import re

TARGET = re.compile(r"\]\([^)\s]{0,2000}\)")  # a link shows its words and not its address


def said(text: str) -> str:
    """The letters and figures alone."""
    return "".join(character for character in TARGET.sub("]", text).casefold() if character.isalnum())


def stands_in(line: str, text: str) -> bool:
    letters = said(line)
    return (letters in said(text)) if letters else " ".join(line.split()) in " ".join(text.split())
