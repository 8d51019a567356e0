"""From content to columns and back; what is wished is sealed and opened here only."""

from uuid import UUID

from afterglow_foundation.sealing import DataKey

from afterglow_portal.journal.content import binding
from afterglow_portal.preferences.models import SupportPreferences
from afterglow_portal.preferences.schemas import Answer, PreferencesContent, PreferencesOut, Wish, Wishes

TABLE = "support_preferences"
ORDER = {None: 0, Answer.no: 0, Answer.ask: 1, Answer.yes: 2}


def sealed(content: PreferencesContent, row: UUID, key: DataKey) -> bytes:
    return key.seal(content.model_dump_json(), binding(TABLE, "content", row, key.owner))


def opened(row: SupportPreferences, key: DataKey) -> PreferencesContent:
    """Raises SealBrokenError where it does not open."""
    return PreferencesContent.model_validate_json(
        key.open(row.content, binding(TABLE, "content", row.id, row.client_id))
    )


def preferences_out(row: SupportPreferences, key: DataKey) -> PreferencesOut:
    return PreferencesOut(**opened(row, key).model_dump(), id=row.id, version=row.version, made_at=row.made_at)


def opens_wider(before: Wishes, after: Wishes) -> bool:
    """Whether anything more may be done than before. Words can allow anything, so other words count as more."""
    more = any(ORDER[after.answer(wish)] > ORDER[before.answer(wish)] for wish in Wish)
    return more or before.words() != after.words()
