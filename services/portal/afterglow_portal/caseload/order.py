"""Who comes first, and the place in that order as an opaque word."""

import base64
import json
from typing import Any

from afterglow_foundation.sought import plain

from afterglow_portal.caseload.schemas import ReasonKind
from afterglow_portal.caseload.standing import ORDER, Standing
from afterglow_portal.checkins.cursor import not_a_place

SESSIONS = {ReasonKind.session_open, ReasonKind.session_today, ReasonKind.session_tomorrow}
Place = tuple[int, str, int, str, str]


def place_of(one: Standing) -> Place:
    """By the most pressing reason, sessions by their hour, then by how many reasons there are, then by name."""
    name, client = plain(one.facts.name), str(one.facts.id)
    if not one.reasons:
        return len(ORDER), "", 0, name, client
    first = one.reasons[0]
    hour = first.at.isoformat() if first.kind in SESSIONS and first.at else ""
    return ORDER[first.kind], hour, -len(one.reasons), name, client


def encode(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(word: str) -> Place:
    """Raise InvalidInput for a word that no page gave."""
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, RecursionError) as error:
        raise not_a_place() from error
    if not isinstance(found, list) or [type(part) for part in found] != [int, str, int, str, str]:
        raise not_a_place()
    place: Place = tuple(found)
    if encode(place) != word:
        raise not_a_place()
    return place
