"""Save an entry or keep a draft from the form: what portal's answer means for the page."""

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from afterglow_design.dates import moment
from afterglow_design.languages import _, lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import FieldError, Unavailable
from afterglow_foundation.identifiers import new_id

from afterglow_web.journal.asking import Journal
from afterglow_web.journal.forms import JournalForm, narrower, number
from afterglow_web.journal.records import BeingWritten, DraftSaved

NOT_REACHED = lazy("This could not be saved just now. What you wrote is still here: please try again in a moment.")
SAVED_BEFORE = lazy(
    "This page was used to save other words before, and those stay. Save once more to keep these as a new entry."
)
CHANGED = lazy(
    "This entry was changed somewhere else since you opened this page, perhaps in another tab. Nothing is lost: save"
    " once more to put these words on top; the others stay among the earlier versions."
)
NARROWED = lazy("Who may see it was said differently there: what fewer people see is chosen now.")
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
        return await sent(journal, result, form.body(zone))
    except UpstreamProblem as problem:
        if problem.upstream_status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise
    except Unavailable:
        pass
    return replace(result, status=HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))


async def sent(journal: Journal, result: Result, body: dict[str, Any]) -> Result:
    """Ask once, and once more where the refusal has to be explained: either can fail."""
    try:
        await (journal.edit if result.form.is_edit else journal.write)(result.entry_id, body)
    except UpstreamProblem as problem:
        return await refused(journal, result, problem)
    return result


async def refused(journal: Journal, result: Result, problem: UpstreamProblem) -> Result:
    """What a refusal means for the form. Raises `problem` where it is not about it."""
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
        case HTTPStatus.CONFLICT, _code if form.is_edit:  # or an edit whose answer was lost, and more was typed since
            return await changed_before(journal, result)
        case (HTTPStatus.CONFLICT, _code) | (HTTPStatus.NOT_FOUND, _code):
            return await is_replay(journal, result) or anew(result, str(SAVED_BEFORE))
        case _:
            raise problem


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
    kept = (entry.title or "", entry.text, entry.phase or "")
    same = kept == (sent["title"].strip(), sent["text"], result.form.phase)
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
    """Say that there are other words by now; whoever may not see those does not see these either, unless said anew."""
    entry = await journal.entry(result.entry_id)
    visibility = narrower(result.form.visibility, entry.visibility)
    form = result.form.model_copy(
        update={"base_version": str(entry.version), "version_id": str(new_id()), "visibility": visibility}
    )
    said = [CHANGED] if visibility == result.form.visibility else [CHANGED, NARROWED]
    return replace(result, form=form, status=HTTPStatus.CONFLICT, message=" ".join(map(str, said)))


@dataclass(frozen=True)
class Kept:
    """A draft that was kept; `apart` from another under the same id that somebody saved from elsewhere.

    `as_entry`: the entry says these words already, and nothing had to be kept.
    """

    saved: DraftSaved
    apart: bool = False
    as_entry: bool = False


async def keep_draft(journal: Journal, entry_id: UUID, form: JournalForm) -> Kept:
    """Keep what is being written; where another tab was faster, beside its words and not over them."""
    try:
        return Kept(await journal.keep_draft(entry_id, form.draft()))
    except UpstreamProblem as problem:
        if problem.upstream.code != "draft_changed":
            raise
    if kept := kept_already(await journal.being_written(entry_id), form):
        return kept
    beside = form.draft() | {"base_version": 0, "revision": 0}
    return Kept(await journal.keep_draft(new_id(), beside), apart=True)


def kept_already(found: BeingWritten, form: JournalForm) -> Kept | None:
    """What is stored, where it says these words: the answer to an earlier saving was late or lost."""
    typed = form.draft()
    draft, entry = found.draft, found.entry
    if draft and all(typed[name] == value for name, value in draft.said().items()):
        return Kept(DraftSaved(entry_id=draft.entry_id, revision=draft.revision, saved_at=draft.saved_at))
    if entry and (typed["title"].strip(), typed["text"]) == (entry.title or "", entry.text):
        saved_at = entry.edited_at or entry.entered_at
        return Kept(DraftSaved(entry_id=entry.id, revision=number(form.revision), saved_at=saved_at), as_entry=True)
    return None
