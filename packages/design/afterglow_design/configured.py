"""What a practice may write about itself: lines, texts, numbers and addresses, with nothing unseen in them."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator

from afterglow_design.languages import OurWords

Language = Literal["en", "es"]
NUMBER = re.compile(r"[+0-9(][0-9 ().\-/]{1,38}")


def one_line(value: str) -> str:
    """Raise ValueError for line breaks and other characters that nobody sees."""
    if value != value.strip() or not value.isprintable():
        raise ValueError("one line, without spaces around it")
    return value


def plain_text(value: str) -> str:
    """Lines of text. Raises ValueError for characters that nobody sees."""
    if not value.replace("\n", "").replace("\t", "").isprintable():
        raise ValueError("text, with nothing in it that cannot be seen")
    return value


def secure_address(value: str) -> str:
    """An https address that gives nothing away. Raises ValueError."""
    parts = urlsplit(value)
    plain = value.isascii() and value.isprintable() and not set(value) & set(" \"'<>\\;,")
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or not plain:
        raise ValueError("a whole address that begins with https://")
    return value


def telephone_number(value: str) -> str:
    if not NUMBER.fullmatch(value):
        raise ValueError("a number as one would dial it, such as +1 555 010 0199")
    return value


Line = Annotated[str, AfterValidator(one_line)]
Text = Annotated[str, AfterValidator(plain_text)]
OurLine = Annotated[Line, AfterValidator(OurWords)]
OurText = Annotated[Text, AfterValidator(OurWords)]
