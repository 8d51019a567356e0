"""The words and items on offer, told to whoever draws a check-in form."""

from functools import cache

from afterglow_portal.checkins.schemas import TAGS, WORDS, ItemRange, Items, Vocabulary


@cache
def vocabulary() -> Vocabulary:
    """Read from the same schema that validates, so the two cannot differ."""
    properties = Items.model_json_schema()["properties"]
    numbers = {name: schema["anyOf"][0] for name, schema in properties.items()}
    return Vocabulary(
        words=list(WORDS),
        tags=list(TAGS),
        items=[
            ItemRange(name=name, lowest=number["minimum"], highest=number["maximum"])
            for name, number in numbers.items()
        ],
    )
