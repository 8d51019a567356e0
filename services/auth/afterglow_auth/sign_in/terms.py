"""The practice's terms, on the way in: once, and again when there is a newer version."""

from http import HTTPStatus
from typing import Annotated

from afterglow_design import languages
from afterglow_design.languages import lazy
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from starlette.responses import Response

from afterglow_auth.sign_in.arriving import NotProvedError
from afterglow_auth.sign_in.here import Here, at, read_form
from afterglow_auth.sign_in.stages import Step
from afterglow_auth.terms.service import accept, current_terms

CHANGED = lazy("The terms have changed since you opened this page. Please read them once more.")
MISSING = lazy("To go on, please read the terms and accept them. If you would rather not, call the practice.")

router = APIRouter(prefix=Step.terms.path, include_in_schema=False, dependencies=[Depends(public)])
AtTerms = Annotated[Here, Depends(at(Step.terms))]


@router.get("")
async def show(here: AtTerms) -> Response:
    """The text, in the language of whoever reads it."""
    return page(here)


@router.post("")
async def submit(here: AtTerms) -> Response:
    """Accept the version that was shown; an empty form accepts nothing."""
    accepted, version = (await read_form(here)).get("accepted"), current_terms(here.provider).version
    if accepted != str(version):
        return page(here, NotProvedError(CHANGED if accepted else MISSING))
    async with here.entering() as (session, way):
        await accept(session, here.person.id, version)
        return here.led_on(await here.go_on(session, way))


def page(here: Here, refused: NotProvedError | None = None) -> Response:
    terms = current_terms(here.provider)
    return here.page(
        "terms",
        refused.status if refused else HTTPStatus.OK,
        version=terms.version,
        paragraphs=terms.paragraphs(languages.current()),
        refused=refused,
    )
