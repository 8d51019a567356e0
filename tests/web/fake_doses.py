"""Portal's own dose curve of made-up doses and entries, as JSON: what the pages draw is what portal answers."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from afterglow_portal.curve import drawing
from afterglow_portal.curve.choosing import choose, courses_of
from afterglow_portal.curve.days import Entry
from afterglow_portal.curve.doses import Given, find_doses
from afterglow_portal.curve.items import SCALES, Item
from afterglow_portal.curve.schemas import DoseCurve
from afterglow_portal.curve.service import course_choice, figure_out, like_of


def dose_curve(
    given: Iterable[Given], entries: Iterable[Entry], item: Item = Item.mood, like: UUID | None = None
) -> dict[str, Any]:
    """Of the doses like `like`, or the newest; without any there is no figure."""
    doses = find_doses(given)
    lowest, highest, better = SCALES[item]
    found = DoseCurve(
        item=item,
        lowest=lowest,
        highest=highest,
        better=better,
        courses=[course_choice(some) for some in courses_of(doses)],
    )
    if doses:
        chosen = choose(doses, None, like)
        figure = drawing.draw(chosen.course[0], chosen.alike, list(entries), better)
        zones = {one.id: "Europe/London" for dose in doses for one in dose.given}
        found.course, found.like = chosen.course[0].course, like_of(chosen.alike)
        found.figure = figure_out(figure, chosen, zones)
    answer: dict[str, Any] = found.model_dump(mode="json")
    return answer
