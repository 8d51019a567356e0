"""Names of the people in a page of events."""

from collections.abc import Sequence
from uuid import UUID

from afterglow_foundation.errors import Unavailable

from afterglow_web.admin.records import Named
from afterglow_web.auditing.events import Told
from afterglow_web.portal import read
from afterglow_web.practice.desk import Desk
from afterglow_web.records import ItemPage

AT_ONCE = 100


async def names_in(desk: Desk, events: Sequence[Told]) -> dict[UUID, str]:
    """By id, as far as auth answers and knows them."""
    ids = {one for told in events for one in (told.event.actor_id, told.event.subject_id) if one}
    found: dict[UUID, str] = {}
    for batch in batches(sorted(ids)):
        try:
            answer = await desk.ask("GET", "names", params={"id": batch})  # type: ignore[dict-item]  # httpx repeats it
        except Unavailable:
            return found
        found |= {one.id: one.name for one in read(answer, ItemPage[Named]).items}
    return found


def batches(ids: Sequence[UUID]) -> list[list[str]]:
    return [[str(one) for one in ids[start : start + AT_ONCE]] for start in range(0, len(ids), AT_ONCE)]
