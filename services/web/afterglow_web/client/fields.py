"""What the check-in form's template needs: sliders and boxes with what was given, and every error in plain words."""

from collections.abc import Callable, Sequence
from typing import Any

from afterglow_design.languages import lazy
from afterglow_foundation.errors import FieldError

from afterglow_web.client.forms import ITEM, MEASURES, TAG, WORD, CheckInForm
from afterglow_web.client.vocabulary_words import ITEMS, context_words, emotion_words
from afterglow_web.records import Vocabulary
from afterglow_web.wording import UNTIL_MORNING

PLACES = {name: f"#slider-{name}" for name in MEASURES} | {
    name: f"#{name}" for name in ("felt_at", "note", "tags", "visibility", "words")
}
WORDS = {
    "nothing_said": lazy("Touch at least one of the three sliders"),
    "in_the_future": lazy("This time has not come yet: choose an earlier one, or leave it empty if it is now"),
    "too_long_ago": lazy("A check-in can look back two days at most: choose a later time"),
    "mood": lazy("Mood: choose a value on the scale"),
    "energy": lazy("Energy: choose a value on the scale"),
    "anxiety": lazy("Anxiety: choose a value on the scale"),
    "until_morning": UNTIL_MORNING,
    "already_opened": lazy("Your therapist has opened this check-in: it stays shared"),
    "visibility": lazy("Say who may see this check-in"),
    "felt_at": lazy("Choose a time in the last two days, or leave it empty if it is now"),
    "note.string_too_long": lazy("Make the note shorter: at most 4,000 characters fit"),
    "note": lazy("The note has a character in it that cannot be kept: write it without"),
    "words.too_long": lazy("Choose ten words at most"),
    "words": lazy("One of the words is not on offer: choose again"),
    "tags.too_long": lazy("Choose ten circumstances at most"),
    "tags": lazy("One of the circumstances cannot be used: choose again"),
    "items": lazy("A value lies outside its scale: choose it again"),
    "time_zone": lazy("The time zone of this device is not known: choose yours under Security"),
}
UNUSABLE = lazy("Something in this form cannot be used")


def field_of(error: FieldError) -> str:
    """Which part of the form an error is about: `words.3` is about the words."""
    return error.field.partition(".")[0]


def place_of(error: FieldError) -> str:
    item = error.field.removeprefix("items.")
    return f"#slider-item-{item}" if item != error.field else PLACES.get(field_of(error), "#check-in")


def error_words(error: FieldError) -> str:
    """Say one error in plain words."""
    field = field_of(error)
    return str(WORDS.get(error.code) or WORDS.get(f"{field}.{error.code}") or WORDS.get(field) or UNUSABLE)


def shown(form: CheckInForm, offered: Vocabulary, errors: Sequence[FieldError]) -> dict[str, Any]:
    """What the fields' template takes; `errors` are said on top, and beside the field they are about."""
    found = {field_of(one): error_words(one) for one in errors}
    words = boxes(WORD, offered.words, form.words, emotion_words)
    tags = boxes(TAG, offered.tags, form.tags, context_words)
    folded = {"words": bool(form.words or "words" in found), "tags": bool(form.tags or "tags" in found)}
    return {
        "form": form,
        "shared_again_at": offered.shared_again_at,
        "standing_in": ", ".join(person.name for person in offered.standing_in),
        "values": form.values(),
        "items": item_sliders(form, offered, {one.field: error_words(one) for one in errors}),
        "unshown": {} if offered.words else {f"{ITEM}{name}": typed for name, typed in form.named(ITEM).items()},
        "words": words,
        "tags": tags,
        "opened": {
            **folded,
            "more": bool(form.note or form.felt_at or any(folded.values()) or {"note", "felt_at"} & set(found)),
        },
        "summary": [{"href": place_of(one), "text": error_words(one)} for one in errors],
        "field_errors": found,
    }


def boxes(
    kind: str, offered: Sequence[str], chosen: Sequence[str], say: Callable[[str], str]
) -> list[dict[str, object]]:
    """One box for each name, by what it is called; what was chosen and is not on offer stays to be seen."""
    names = dict.fromkeys([*offered, *chosen])
    every: list[dict[str, object]] = [
        {"name": f"{kind}{name}", "label": say(name), "ticked": name in chosen} for name in names
    ]
    return sorted(every, key=lambda box: str(box["label"]))


def item_sliders(form: CheckInForm, offered: Vocabulary, errors: dict[str, str]) -> list[dict[str, object]]:
    """The optional items that the therapist switched on, and whatever else this form has."""
    ranges = {one.name: one for one in offered.items}
    values = dict.fromkeys(offered.switched_on) | form.items()
    return [
        {
            "name": f"{ITEM}{name}",
            "label": ITEMS[name].label,
            "low": int(ranges[name].lowest),
            "high": int(ranges[name].highest),
            "low_end": ITEMS[name].lowest,
            "high_end": ITEMS[name].highest,
            "value": value,
            "error": errors.get(f"items.{name}"),
        }
        for name, value in values.items()
        if name in ranges and name in ITEMS
    ]
