"""What a browser calls itself, in a few words, so that people recognise their own in the list of sessions."""

import re

from afterglow_design.languages import gettext as _

LONGEST_HEADER = 500
BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Opera", r"\bOPR/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bVersion/\S+ .*Safari/"),
)
SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMacintosh\b"),
    ("Linux", r"\bLinux\b"),
)


def device_of(user_agent: str | None) -> str | None:
    """`Firefox on Windows`, or as much of it as the header says; None where it says nothing that we know.

    Only names of ours are ever kept, never what was sent.
    """
    sent = (user_agent or "")[:LONGEST_HEADER]
    found = [name for known in (BROWSERS, SYSTEMS) if (name := first_of(known, sent))]
    return " on ".join(found) or None


def first_of(known: tuple[tuple[str, str], ...], sent: str) -> str | None:
    return next((name for name, pattern in known if re.search(pattern, sent)), None)


def in_words(device: str | None) -> str:
    """As a page or a mail says it, in its language."""
    browser, on, system = (device or "").partition(" on ")
    if on:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or _("A browser that did not say what it is")
