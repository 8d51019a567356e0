"""Which language is spoken, and what is said in it. English is the source: its words are the keys of every catalogue.

The language belongs to the running request (or mail): whatever is rendered or translated within it speaks it.
Catalogues are `<package>/translations/<language>/*.po`, one file per room, read when the language is first spoken.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import LazyProxy, NullTranslations, Translations
from jinja2 import Environment
from markupsafe import Markup, escape

SOURCE = "en"
LANGUAGES = {SOURCE: "English", "es": "Español"}
LOCALES = {"es": "es_419"}  # whose dates and numbers: Latin America's, since the practice is there, not in Spain
LazyString = LazyProxy
By = Literal["address", "browser", "person"]

_packages: list[str] = ["afterglow_design"]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language and who chose it: `address` a link of ours or of a program, `person` the account."""

    language: str = SOURCE
    by: By = "browser"


_spoken: ContextVar[Spoken] = ContextVar("spoken", default=Spoken())  # noqa: B039  # frozen


def add_package(package: str) -> None:
    """Take a package's catalogues in, beside design's own."""
    if package not in _packages:
        _packages.append(package)
        catalogue.cache_clear()


def spoken() -> Spoken:
    return _spoken.get()


def current() -> str:
    return _spoken.get().language


def locale() -> str:
    """Babel's name of the current language, for dates and numbers."""
    return LOCALES.get(current(), current())


def known(wanted: str | None) -> str | None:
    """The language of ours that a tag such as `es-MX` means, if any."""
    language = (wanted or "").partition("-")[0].lower()
    return language if language in LANGUAGES else None


def speak(wanted: str | None, *, by: By = "person") -> None:
    """From here on in this request, as a rule the person's own language; one that we do not have changes nothing."""
    if language := known(wanted):
        _spoken.set(Spoken(language, by))


@contextmanager
def speaking(wanted: str | None) -> Iterator[None]:
    """For the block, such as one mail; a language that we do not have is the source's."""
    with spoken_as(Spoken(known(wanted) or SOURCE, "person")):
        yield


@contextmanager
def spoken_as(choice: Spoken) -> Iterator[None]:
    marker = _spoken.set(choice)
    try:
        yield
    finally:
        _spoken.reset(marker)


def gettext(message: str, /, **values: object) -> str:
    """The words in the current language, with values in their named places: `_("Wait %(wait)s.", wait=wait)`."""
    words: str = catalogue(current()).gettext(message) if message else ""  # a catalogue keeps its header under ""
    return words % values if values else words


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """As `gettext`, in the form that the number asks for; `num` is the number in its place."""
    words: str = catalogue(current()).ngettext(one, many, number)
    return words % {"num": number, **values}


def lazy(message: str, /, **values: object) -> LazyString:
    """Words that are translated each time they are shown: for constants and whatever is made before its page."""
    return LazyProxy(gettext, message, enable_cache=False, **values)


_ = gettext


class OurWords(str):
    """Words of a configuration: translated where a page shows them as long as they are ours, and as they are if not.

    They compare, travel and are stored in the source language, unlike `lazy` ones.
    """

    __slots__ = ()

    def __html__(self) -> Markup:
        return escape(gettext(str(self)))


@cache
def catalogue(language: str) -> NullTranslations:
    """Every package's words in one language; what it lacks is said in the source's."""
    words = Translations()
    if language == SOURCE:
        return words
    for package in _packages:
        folder = files(package) / "translations" / language
        for file in sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else []:
            if file.name.endswith(".po"):
                with file.open("rb") as lines:
                    compiled = BytesIO()
                    write_mo(compiled, read_po(lines, locale=language))
                compiled.seek(0)
                words.merge(Translations(fp=compiled))
    return words


def install(environment: Environment) -> None:
    """Let templates speak: `{% trans %}` and `_()`, in the language that is current when they are rendered."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        lambda message: catalogue(current()).gettext(message),
        lambda one, many, number: catalogue(current()).ngettext(one, many, number),
        newstyle=True,
    )
    environment.globals["_"] = environment.globals["gettext"]  # the extension's own looks it up at every word
    environment.globals["language"] = current
