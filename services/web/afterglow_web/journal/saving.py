"""Save an entry or keep a draft from the form: what portal's answer means for the page."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from uuid import UUID

from afterglow_design.dates import moment
from afterglow_design.languages import _, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, Unavailable
from afterglow_foundation.identifiers import new_id

from afterglow_web.journal.asking import Journal
from afterglow_web.journal.forms import JournalForm
from afterglow_web.journal.records import DraftSaved

NOT_REACHED = lazy("This could not be saved just now. What you wrote is still here: please try again in a moment.")
SAVED_BEFORE = lazy(
    "This page was used to save other words before, and those stay. Save once more to keep these as a new entry."
)
CHANGED = lazy(
    "This entry was changed somewhere else since you opened this page, perhaps in another tab. Nothing is lost: save"
    " once more to put these words on top; the others stay among the earlier versions."
)
FULL = lazy("There are too many drafts to keep another one. Save or discard one of them first.")


@dataclass(frozen=True)
class Result:
    """Saved, or the form to show again with a status, field errors or one sentence."""

    entry_id: UUID
    form: JournalForm
    status: int = HTTPStatus.SEE_OTHER
    errors: list[FieldError] = field(default_factory=list)
    message: str | None = None

    @property
    def saved(self) -> bool:
        return self.status == HTTPStatus.SEE_OTHER


async def save(journal: Journal, entry_id: UUID, form: JournalForm, zone: str) -> Result:
    """Send the form to portal. Refusals that are not about the form (not signed in, forbidden) are raised on."""
    result = Result(entry_id, form)
    if errors := form.errors(zone):
        return replace(result, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=errors)
    try:
        send = journal.edit if form.is_edit else journal.write
        await send(entry_id, form.body(zone))
    except UpstreamProblem as problem:
        return await refused(journal, result, problem)
    except Unavailable:
        return replace(result, status=HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
    return result


async def refused(journal: Journal, result: Result, problem: UpstreamProblem) -> Result:
    form = result.form
    match problem.upstream_status, problem.upstream.code:
        case HTTPStatus.UNPROCESSABLE_ENTITY, _code:
            kept = form
            if any(one.field == "follows" for one in problem.upstream.errors):
                kept = form.model_copy(update={"follows": ""})  # what it continued was erased: it can stand alone
            return replace(result, form=kept, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=problem.upstream.errors)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _code:
            too_long = FieldError(field="text", code="too_long", message="is too long")
            return replace(result, status=HTTPStatus.UNPROCESSABLE_ENTITY, errors=[too_long])
        case HTTPStatus.CONFLICT, "already_read":
            return await read_before(journal, result)
        case HTTPStatus.CONFLICT, "entry_changed":
            return await changed_before(journal, result)
        case (HTTPStatus.CONFLICT, _code) | (HTTPStatus.NOT_FOUND, _code):
            return await is_replay(journal, result) or anew(result, str(SAVED_BEFORE))
        case ((HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN), _code):
            raise problem
        case _:
            return replace(result, status=HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))


def anew(result: Result, message: str) -> Result:
    """The same words for an entry of their own."""
    form = result.form.model_copy(
        update={"base_version": "0", "revision": "0", "follows": "", "version_id": str(new_id())}
    )
    return replace(result, entry_id=new_id(), form=form, status=HTTPStatus.CONFLICT, message=message)


async def is_replay(journal: Journal, result: Result) -> Result | None:
    """Saved, where the same form was sent twice: only the time that web filled in is another."""
    if result.form.felt_at or result.form.is_edit:
        return None
    entry = await journal.find_entry(result.entry_id)
    if entry is None or entry.version > 1:
        return None
    sent = result.form.words()
    same = (entry.title or "", entry.text) == (sent["title"].strip(), sent["text"])
    return result if same and entry.visibility == result.form.visibility else None


async def read_before(journal: Journal, result: Result) -> Result:
    """Say who read it when: it stays shared, and the words can still be changed."""
    entry = await journal.entry(result.entry_id)
    said = ", ".join(
        _("%(name)s on %(when)s", name=one.reader.name, when=moment(one.read_at, entry.time_zone))
        for one in entry.readings
    )
    message = _(
        "This was read already, by %(readers)s. It stays shared; what it says you can still change.", readers=said
    )
    form = result.form.model_copy(update={"visibility": entry.visibility, "version_id": str(new_id())})
    return replace(result, form=form, status=HTTPStatus.CONFLICT, message=message)


async def changed_before(journal: Journal, result: Result) -> Result:
    entry = await journal.entry(result.entry_id)
    form = result.form.model_copy(update={"base_version": str(entry.version), "version_id": str(new_id())})
    return replace(result, form=form, status=HTTPStatus.CONFLICT, message=str(CHANGED))


@dataclass(frozen=True)
class Kept:
    """A draft that was kept; `apart` from another under the same id that somebody saved from elsewhere."""

    saved: DraftSaved
    apart: bool


async def keep_draft(journal: Journal, entry_id: UUID, form: JournalForm) -> Kept:
    """Keep what is being written; where another tab was faster, beside its words and not over them."""
    try:
        return Kept(await journal.keep_draft(entry_id, form.draft()), apart=False)
    except UpstreamProblem as problem:
        if problem.upstream.code != "draft_changed":
            raise
    beside = form.draft() | {"base_version": 0, "revision": 0}
    return Kept(await journal.keep_draft(new_id(), beside), apart=True)
