"""Openings as the page tells them: by day, and the same again in a row in one line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from afterglow_web.access_log.openings import Opening
from afterglow_web.access_log.wording import address, sentence
from afterglow_web.wording import local_day


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence, for what happened from `first` to `last`; `href` leads to what was opened."""

    words: str
    href: str | None
    first: datetime
    last: datetime


def by_day(openings: Sequence[Opening], zone: str) -> list[tuple[date, list[Line]]]:
    """The days of the reader's own zone, the newest first."""
    days = groupby(openings, key=lambda one: local_day(one.at, zone))
    return [(day, list(lines(list(those), zone))) for day, those in days]


def lines(openings: Sequence[Opening], zone: str) -> Iterator[Line]:
    """A page that is looked at for an hour asks again and again: that is one sentence, with its hour."""
    told = groupby(openings, key=lambda one: (sentence(one, zone), address(one)))
    for (words, href), those in told:
        times = [one.at for one in those]
        yield Line(words, href, min(times), max(times))
