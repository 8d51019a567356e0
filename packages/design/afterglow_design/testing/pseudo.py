"""A language of wide letters: whatever a page shows in ordinary ones was not translated.

Words become wide letter by letter, so that an untranslated word is seen even where it fills a place in a sentence.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch
from xml.etree.ElementTree import Element

import html5lib
from babel.support import NullTranslations

from afterglow_design import languages

KEPT = re.compile(r"(%\(\w+\)s|%%|<[^>]+>|&#?\w+;|{\w*})")
WIDE = {ordinary: ordinary + 0xFEE0 for ordinary in (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))}
WORD = re.compile(r"[^\W\d_\uff21-\uff3a\uff41-\uff5a]{2,}")
SPOKEN = {"alt", "aria-description", "aria-label", "aria-valuetext", "label", "placeholder", "title"}
SILENT = {  # for scripts, which show none of it
    *(
        "data-address",
        "data-browser",
        "data-conversation",
        "data-count",
        "data-crisis-words",
        "data-cursor",
        "data-day",
        "data-does",
        "data-done",
        "data-draft",
        "data-focus",
    ),
    *(
        "data-idle",
        "data-keep",
        "data-key",
        "data-leave",
        "data-max",
        "data-min",
        "data-name",
        "data-options",
        "data-passkey",
        "data-person",
    ),
    *(
        "data-reached",
        "data-state",
        "data-sequence",
        "data-slider",
        "data-standing",
        "data-step",
        "data-strength-of",
        "data-theme",
        "data-typed",
        "data-value",
    ),
}
NO_TEXT = {"code", "script", "style"}  # of code because it is typed, or compared, as it stands


def widened(message: str) -> str:
    """The message in wide letters; what is filled in, and markup, stay."""
    parts = KEPT.split(message)
    return "".join(part if index % 2 else part.translate(WIDE) for index, part in enumerate(parts))


class Widened(NullTranslations):
    """A catalogue that translates everything."""

    def gettext(self, message: str) -> str:
        return widened(message)

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return widened(singular if num == 1 else plural)


@contextmanager
def wide_letters() -> Iterator[None]:
    """Let every language be that of wide letters."""
    with patch.object(languages, "catalogue", lambda _language: Widened()):
        yield


def untranslated(text: str) -> list[str]:
    """The words in ordinary letters."""
    return WORD.findall(text)


def texts_of(html: str) -> list[str]:
    """What a page or a part of one says: its texts, and attributes that are shown or read out.

    What names its own language needs no translation, such as the link to the other language.
    """
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = parser.parse(html) if "<html" in html else parser.parseFragment(html)
    return [text.strip() for text in _within(root) if text.strip()]


def _within(element: Element) -> Iterator[str]:
    for child in element:
        if isinstance(child.tag, str) and (child.tag == "html" or "lang" not in child.attrib):
            yield from _attributes(child)
            if child.tag not in NO_TEXT:
                yield child.text or ""
            yield from _within(child)
        yield child.tail or ""


def _attributes(element: Element) -> Iterator[str]:
    is_button = element.tag == "input" and element.get("type") in {"submit", "button", "reset"}
    for name, value in element.attrib.items():
        if name in SPOKEN or (name.startswith("data-") and name not in SILENT) or (is_button and name == "value"):
            yield value
