"""What a dose curve can be drawn of: each item of a check-in, its range, and which way is better."""

from enum import StrEnum
from typing import NamedTuple

from afterglow_portal.checkins.vocabulary import vocabulary


class Better(StrEnum):
    down = "down"
    up = "up"


class Item(StrEnum):
    """The three core items, then the optional ones, in the order in which a check-in asks for them."""

    mood = "mood"
    energy = "energy"
    anxiety = "anxiety"
    rumination = "rumination"
    hope = "hope"
    connection = "connection"
    sleep_hours = "sleep_hours"
    sleep_quality = "sleep_quality"
    craving = "craving"
    intrusive_memories = "intrusive_memories"
    urge_to_check = "urge_to_check"


class Scale(NamedTuple):
    """In the item's own units. `better` is None where neither end is: nothing is said to lift or to return there."""

    lowest: float
    highest: float
    better: Better | None


CORE = {
    Item.mood: Scale(-5, 5, Better.up),
    Item.energy: Scale(-5, 5, None),
    Item.anxiety: Scale(0, 10, Better.down),
}
BETTER = {
    Item.rumination: Better.down,
    Item.hope: Better.up,
    Item.connection: Better.up,
    Item.sleep_hours: None,  # more is not better without end
    Item.sleep_quality: Better.up,
    Item.craving: Better.down,
    Item.intrusive_memories: Better.down,
    Item.urge_to_check: Better.down,
}
SCALES = CORE | {Item(one.name): Scale(one.lowest, one.highest, BETTER[Item(one.name)]) for one in vocabulary().items}
