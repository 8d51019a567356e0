"""Markdown as it reads in a list: the words in one piece without their marks, and cut between two of them."""

import re

NO_WORDS = re.compile(r"[-*_=`~ \t]{2,}$")  # a line across, the line under a heading, the fence of a block
BEGINNING = re.compile(r"^[ \t]*(?:(?:#{1,6}|>+|[-*+]|\d{1,9}[.)])[ \t]+|>+)*")
LINK = re.compile(r"!?\[([^\[\]]{1,500})\]\([^()\s]{0,2000}\)")
EMPHASIS = re.compile(  # no mark stands in 2*3, a_b or \*
    r"(?<!\\)(\*{1,3}|`{1,3}|(?<!\w)_{1,3})(?=\S)([^\n]{1,500}?)(?<=[^\s\\])\1(?!\w)"
)
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
MARK = re.compile(r"[*_`]")
MOST_MARKS = 200  # in one line; whoever writes more means none of them, and pairs are no longer looked for
NESTED = 3  # marks within marks within marks


def line_as_read(line: str) -> str:
    """One line without its marks; a mark that stands for itself stays."""
    line = LINK.sub(r"\1", "" if NO_WORDS.match(line.strip()) else BEGINNING.sub("", line))
    if len(MARK.findall(line)) > MOST_MARKS:
        line = MARK.sub("", line)
    for _ in range(NESTED):
        line = EMPHASIS.sub(r"\2", line)
    return " ".join(ESCAPED.sub(r"\1", line).split())


def as_read(text: str) -> str:
    """All of a text in one piece."""
    return " ".join(filter(None, map(line_as_read, text.splitlines())))


def cut(text: str, longest: int) -> str:
    """At most `longest` characters, the last of them an ellipsis where there was more; no word is broken that fits."""
    if len(text) <= longest:
        return text
    whole, _, _ = text[:longest].rpartition(" ")
    return (whole or text[: longest - 1]).rstrip(" ,;:.…") + "…"
