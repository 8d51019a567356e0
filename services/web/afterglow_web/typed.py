"""Text as it was typed, and JSON that goes on to another service: what neither can carry is refused by its name."""

import json
from typing import Annotated

from afterglow_foundation.errors import FieldError, InvalidInput
from fastapi import Body, Depends
from pydantic import AfterValidator

NONE = "\0"  # what a form has for bytes that are no UTF-8 (broken_forms.py); nobody types it
SHOWN = "\ufffd"  # what a page can show instead


class Broken(str):
    """Text that came with something in it that is no character. A form shows it with the sign for that."""

    __slots__ = ()


def can_be_sent(value: object) -> bool:
    """No NaN or infinity, which Python reads and JSON has not; no half of a character; not nested without measure."""
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def showable(text: str) -> str:
    """No page can show NUL, so the form that comes back has the sign for a character that is none instead.

    Somebody may have typed or pasted that very sign: then it is text like any other.
    """
    if not can_be_sent(text):
        raise ValueError("must be text without half of a character")
    return Broken(text.replace(NONE, SHOWN)) if NONE in text else text


Typed = Annotated[str, AfterValidator(showable)]


def broken(field: str, text: str) -> list[FieldError]:
    """The error of a field that came in bytes that are no UTF-8, if it did."""
    if not isinstance(text, Broken):
        return []
    return [FieldError(field=field, code="broken", message="has a character that is none")]


async def passed_body(body: Annotated[dict[str, object], Body()]) -> dict[str, object]:
    """The fields of a JSON object. Raises InvalidInput naming each that is none; whether it makes sense others say."""
    wrong = [name if can_be_sent(name) else "body" for name in body if not can_be_sent({name: body[name]})]
    if wrong:
        raise InvalidInput(errors=[FieldError(field=name, code="not_json", message="is no JSON") for name in wrong])
    return body


PassedBody = Annotated[dict[str, object], Depends(passed_body)]
