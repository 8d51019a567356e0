"""A word with its hour, kept as a journal entry that only its writer sees."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from afterglow_design.dates import clock
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError
from afterglow_foundation.identifiers import new_id

from afterglow_web.course.forms import Values, text
from afterglow_web.course.sending import Outcome, send
from afterglow_web.journal.asking import Journal
from afterglow_web.journal.wording import error_words
from afterglow_web.records import Visibility
from afterglow_web.session.kept_forms import known_id


async def keep(journal: Journal, entry_id: UUID, values: Values, zone: str) -> UUID | Outcome:
    """The entry in which it is kept, or the page to show again. Nothing is asked back of somebody while a dose works.

    A page that is sent twice keeps one word; one that kept another word before keeps this one beside it.
    """
    now = datetime.now(UTC)
    said = text(values, "text") or clock(now, zone)
    body = {
        "title": None,
        "text": said,
        "phase": "experience",
        "follows": None,
        "felt_at": now.isoformat(),
        "time_zone": zone,
        "visibility": Visibility.only_me,
    }

    async def write(identity: UUID) -> None:
        follows = known_id(values.get("follows"))
        try:
            await journal.write(identity, body | {"follows": follows and str(follows)})
        except UpstreamProblem as problem:
            if not follows or not any(one.field == "follows" for one in problem.upstream.errors):
                raise
            await journal.write(identity, body)  # what it followed was erased meanwhile

    outcome = await send(lambda: write(entry_id), values, errors_of)
    if outcome is None:
        return entry_id
    if outcome.status != HTTPStatus.CONFLICT:
        return outcome
    before = await journal.find_entry(entry_id)
    if before and text(values, "text") in {before.text, ""}:
        return entry_id
    another = new_id()
    return await send(lambda: write(another), values, errors_of) or another


def errors_of(found: list[FieldError], _values: Values) -> dict[str, str]:
    return {"text": " ".join(dict.fromkeys(str(error_words(one)) for one in found))}
