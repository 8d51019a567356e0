"""What the meter beside a password field asks while somebody types. Nothing of it is kept, nor written anywhere."""

from afterglow_foundation.errors import BadRequest, Forbidden, TooManyRequests
from afterglow_foundation.permissions import public
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from afterglow_auth import forms
from afterglow_auth.accounts.guessing import TooBusyError
from afterglow_auth.accounts.passwords import strength
from afterglow_auth.browser import ForgedFormError, check_form
from afterglow_auth.pages import NOT_STORED
from afterglow_auth.provider import Provider

PATH = "/auth/password-strength"
LONGEST_ABOUT = 400

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


class StrengthOut(BaseModel):
    """`score` is from 0 to 4; `fault` says why it will not do."""

    score: int
    words: str
    fault: str | None


@router.post(PATH)
async def measure(request: Request, provider: Provider) -> Response:
    """How strong `password` is; `about` is a name or address from the same form, `beside` says a factor is asked too.

    Only for a form of ours, by its token. It decides nothing: what is submitted is judged anew.
    """
    try:
        form = await forms.read_form(request)
    except forms.MalformedInputError as error:
        raise BadRequest(str(error)) from error
    try:
        check_form(request, provider.settings, provider.digests, form.get("csrf_token", ""))
    except ForgedFormError as error:
        raise Forbidden from error
    about = [form.get("about", "")[:LONGEST_ABOUT], (await provider.practice.now()).practice.name]
    try:
        found = await strength(form.get("password", ""), about, alone="beside" not in form)
    except TooBusyError as error:
        raise TooManyRequests(headers={"Retry-After": "1"}) from error
    answer = StrengthOut(
        score=found.score, words=str(found.words), fault=None if found.fault is None else str(found.fault)
    )
    return JSONResponse(answer.model_dump(), headers=NOT_STORED)
