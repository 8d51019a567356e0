"""The practice as it is now: an admin's change shows on the next page of every process, without a restart.

It belongs to the running request or mail, as the language does; `practice` in a template is `spoken_now`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from afterglow_design import language_of_request
from afterglow_design.language_of_request import OtherLanguage, first_known, preferred
from afterglow_design.languages import Spoken, current, spoken, spoken_as
from afterglow_design.practice import Practice

logger = logging.getLogger(__name__)
REMEMBERED_FOR = 2.0  # seconds
PATIENCE = 1.0  # seconds; a page with yesterday's telephone number beats none
LookUp = Callable[[], Awaitable[Practice | None]]


class Told:
    """One state of the practice, put into each language once."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self._spoken: dict[str, Practice] = {}

    def spoken(self) -> Practice:
        language = current()
        if language not in self._spoken:
            self._spoken[language] = self.practice.spoken(language)
        return self._spoken[language]


_told: ContextVar[Told | None] = ContextVar("practice", default=None)


class SpokenNow:
    """Stands in templates for the practice of the running request; outside of one, for that of the settings."""

    def __init__(self, otherwise: Practice) -> None:
        self._otherwise = Told(otherwise)

    def __getattr__(self, name: str) -> object:
        return getattr((_told.get() or self._otherwise).spoken(), name)


def practice_told() -> Practice:
    """That of the running request, in its own language. Raises LookupError outside of one."""
    told = _told.get()
    if told is None:
        raise LookupError("no request is running")
    return told.practice


class KnownPractice:
    """What one process knows: `first` (its settings') until `look_up` finds what an admin has saved.

    `away` is what it raises where nobody answers.
    """

    def __init__(self, first: Practice, look_up: LookUp, *, away: tuple[type[Exception], ...]) -> None:
        self._first = first
        self._look_up = look_up
        self._unknown: tuple[type[Exception], ...] = (TimeoutError, ValidationError, *away)
        self._told = Told(first)
        self._until = 0.0

    async def now(self) -> Told:
        """At most a few seconds old. One asks, the others go on with what was known; so do all while nobody answers."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + REMEMBERED_FOR
            try:
                async with asyncio.timeout(PATIENCE):
                    found = await self._look_up() or self._first
            except self._unknown as error:
                logger.warning("practice not looked up: %s", type(error).__name__)
            else:
                self._told = self._told if self._told.practice == found else Told(found)
        return self._told

    @property
    def known(self) -> Practice:
        """What was found when it was last asked: for whoever holds a transaction, and cannot wait for another."""
        return self._told.practice

    def forget(self) -> None:
        """Ask again at once: this process has just changed it."""
        self._until = 0.0


@contextmanager
def telling_of(told: Told) -> Iterator[None]:
    marker = _told.set(told)
    try:
        yield
    finally:
        _told.reset(marker)


class PracticeOfRequest:
    """Middleware inside that of the language: a language that the practice does not offer is its own instead.

    Paths that begin with one of `without` have no page of ours.
    """

    def __init__(self, app: ASGIApp, known: KnownPractice, without: tuple[str, ...]) -> None:
        self.app = app
        self.known = known
        self.without = without

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self.without):
            await self.app(scope, receive, send)
            return
        told = await self.known.now()
        with telling_of(told), spoken_as(offered(told.practice, Headers(scope=scope))):
            await self.app(scope, receive, send)


def offered(practice: Practice, headers: Headers) -> Spoken:
    """What is spoken already, if the practice offers it and anybody asked for it; else the practice's own language."""
    asked = spoken()
    by_nobody = asked.by == "browser" and first_known(preferred(headers.get("accept-language", ""))) is None
    return Spoken(practice.default_language) if by_nobody or asked.language not in practice.languages else asked


def other_languages(request: Request, query: str | None = None) -> list[OtherLanguage]:
    """As in `language_of_request`, as far as the practice offers them."""
    told = _told.get()
    others = language_of_request.other_languages(request, query)
    return [one for one in others if told is None or one.language in told.practice.languages]
