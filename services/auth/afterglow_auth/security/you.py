"""Name, language and clock, changed by whose they are."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from afterglow_design.languages import LANGUAGES, LazyString
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.audit import Verb
from afterglow_auth.pages import redirect
from afterglow_auth.security import details, kept_forms
from afterglow_auth.security.details import Details
from afterglow_auth.security.visits import START, Changing, Visit, submitting

PATH = f"{START}/you"
Sent = Annotated[Visit, submitting(Verb.account_changed, "name", "locale", "time_zone")]

router = APIRouter(prefix=PATH, include_in_schema=False, dependencies=[Depends(public)])


@router.get("")
async def show(visit: Changing) -> Response:
    """What we know, or what was typed before it had to be proved who types."""
    async with visit.unit_of_work() as session:
        kept = await kept_forms.take(session, visit.person.id, PATH)
    return page(visit, Details.sent(kept) if kept else Details.of(visit.person), kept=bool(kept))


@router.post("")
async def save(visit: Sent) -> Response:
    """The person's own and nobody else's, whatever id a form may hold."""
    wanted = Details.sent(visit.form)
    if faults := wanted.faults(Details.of(visit.person), visit.practice.languages):
        await visit.refuse(Verb.account_changed, "invalid")
        chosen = {field: getattr(visit.person, field) for field in faults if field != "name"}  # lists know no other
        return page(visit, replace(wanted, **chosen), faults)
    async with visit.changing() as (session, person):
        await details.change(session, visit.signed_in, person, wanted)
    return redirect(f"{START}?done=you")


def page(
    visit: Visit, shown: Details, faults: Mapping[str, LazyString] | None = None, *, kept: bool = False
) -> Response:
    spoken = {*visit.practice.languages, visit.person.locale}
    return visit.page(
        "you/page",
        HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        shown=shown,
        errors=faults or {},
        kept=kept,
        languages=[{"value": one, "label": LANGUAGES.get(one, one)} for one in sorted(spoken)],
        zones=[{"value": one, "label": one.replace("_", " ")} for one in details.zones(visit.person.time_zone)],
    )
