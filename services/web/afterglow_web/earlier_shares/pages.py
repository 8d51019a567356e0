"""Whether somebody new sees what was shared with others: asked plainly, nothing chosen beforehand."""

from datetime import UTC, date, datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import NotFound
from afterglow_foundation.identifiers import new_id
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.course.desk import id_of
from afterglow_web.course.forms import Values, typed
from afterglow_web.earlier_shares.asking import Sharing, SharingForPerson
from afterglow_web.earlier_shares.records import Newcomer
from afterglow_web.messages.unread import with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import WriteChoices
from afterglow_web.session.authentication import session_of
from afterglow_web.session.csrf import refuse_cross_site

PATH = "/earlier-shares"
ANSWERS = {
    "all": lazy("Show all of it"),
    "days": lazy("Show what is between two days"),
    "none": lazy("Show none of it"),
}
WRONG = {
    "answer": lazy("Choose one of the three"),
    "from_date": lazy("Choose the first day"),
    "until_date": lazy("Choose a last day that is not before the first"),
}
DONE = {
    "shown": lazy("They see it now. You can take it back, as far as they have not opened it."),
    "none": lazy("Nothing was shown. You can decide otherwise at any time."),
    "taken_back": lazy("Taken back. What they had opened already stays with them; the rest is closed."),
    "later": lazy("After a dose nothing more is shown until the next morning. You can decide this then."),
}
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])


@router.get(PATH)
async def earlier_shares(request: Request, _: WriteChoices, sharing: SharingForPerson, done: str = "") -> Response:
    return await show(request, sharing, {"id": str(new_id())}, said=str(DONE[done]) if done in DONE else None)


@router.post(f"{PATH}/{{therapist_id}}")
async def answer(request: Request, therapist_id: UUID, _: WriteChoices, sharing: SharingForPerson) -> Response:
    """Do as they say and come back, or ask again with what was typed."""
    values = await typed(request) | {"therapist": str(therapist_id)}
    if values.get("answer") == "none":
        return done("none")
    newcomer = (await sharing.all()).of(therapist_id)
    if newcomer is None:
        raise NotFound
    today = datetime.now(UTC).astimezone(ZoneInfo((await session_of(request)).time_zone)).date()
    days, errors = days_of(values, newcomer, today)
    if errors:
        return await show(request, sharing, values, errors=errors)
    try:
        await sharing.share(id_of(values, "id"), therapist_id, *days)
    except UpstreamProblem as problem:
        if problem.upstream.code == "until_morning":
            return done("later")
        if problem.upstream_status != HTTPStatus.CONFLICT:
            raise
        return await show(request, sharing, values | {"id": str(new_id())}, errors={"answer": str(WRONG["answer"])})
    return done("shown")


@router.post(f"{PATH}/{{share_id}}/end")
async def take_back(share_id: UUID, _: WriteChoices, sharing: SharingForPerson) -> Response:
    await sharing.take_back(share_id)
    return done("taken_back")


def done(what: str) -> Response:
    return RedirectResponse(f"{PATH}?done={what}", HTTPStatus.SEE_OTHER)


def days_of(values: Values, newcomer: Newcomer, today: date) -> tuple[tuple[date, date], dict[str, str]]:
    """The days that the answer is about, both included; and what is wrong with it, by field."""
    whole = (newcomer.first_day or today, today)
    if values.get("answer") == "all":
        return whole, {}
    if values.get("answer") != "days":
        return whole, {"answer": str(WRONG["answer"])}
    first, last = known_day(values, "from_date"), known_day(values, "until_date")
    if first is None:
        return whole, {"from_date": str(WRONG["from_date"])}
    if last is None or last < first:
        return whole, {"until_date": str(WRONG["until_date"])}
    return (first, last), {}


def known_day(values: Values, name: str) -> date | None:
    try:
        return date.fromisoformat(values.get(name, "").strip())
    except ValueError:
        return None


async def show(
    request: Request, sharing: Sharing, values: Values, *, errors: dict[str, str] | None = None, said: str | None = None
) -> Response:
    return page(
        request,
        "earlier_shares/page.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        sharing=await sharing.all(),
        values=values,
        errors=errors or {},
        summary=[{"href": f"#{name}", "text": text} for name, text in (errors or {}).items()],
        answers=[{"value": value, "label": label} for value, label in ANSWERS.items()],
        said=said,
        zone=(await session_of(request)).time_zone,
    )
