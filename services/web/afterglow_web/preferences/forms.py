"""The form of preferences: from what was typed to the body that portal takes."""

from typing import Any

from afterglow_foundation.errors import FieldError
from afterglow_foundation.identifiers import new_id

from afterglow_web.course.forms import Values, text
from afterglow_web.course.sending import LONG, UNUSABLE
from afterglow_web.journal.forms import number
from afterglow_web.preferences.records import Preferences, Wish

WORDS = ("helps", "unwanted", "expectations")


def values_of(found: Preferences) -> Values:
    """What they say now, to be changed under a new id; or nothing yet, and nothing chosen beforehand."""
    now = found.current
    if now is None:
        return {"id": str(new_id()), "base_version": "0"}
    answers = {str(wish): str(answer) for wish, answer in now.answers.items() if answer}
    return {
        "id": str(new_id()),
        "base_version": str(now.version),
        **answers,
        **{name: getattr(now, name) for name in WORDS},
    }


def body_of(values: Values) -> dict[str, Any]:
    return {
        **{str(wish): values.get(wish) or None for wish in Wish},
        **{name: text(values, name) for name in WORDS},
        "base_version": number(values.get("base_version", "")),
    }


def errors_of(found: list[FieldError], _values: Values) -> dict[str, str]:
    return {one.field: str(LONG if one.field in WORDS else UNUSABLE) for one in found}
