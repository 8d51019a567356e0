"""The pages of a therapist's saved answers: the list, one that is new or changed, and deleting."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated, TypeVar
from uuid import UUID

from afterglow_design.languages import lazy
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Unavailable
from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from afterglow_web.messages.messaging import MessagingForPerson
from afterglow_web.messages.unread import count_unread, with_unread
from afterglow_web.pages import page
from afterglow_web.permissions import SaveAnswers
from afterglow_web.saved_answers.forms import AnswerForm, Refused, refused
from afterglow_web.session import kept_forms
from afterglow_web.session.csrf import refuse_cross_site

LIST, NEW = "/messages/answers", "/messages/answers/new"
ONE = LIST + "/{answer_id}"
DONE = {"saved": lazy("Saved. You can insert it into any message."), "deleted": lazy("Deleted.")}
KEPT = lazy("What you typed is still here and not saved yet.")
NOT_REACHED = lazy("This could not be saved just now. Your words are still here: please try again in a moment.")
router = APIRouter(dependencies=[Depends(refuse_cross_site), Depends(with_unread)])
Typed = Annotated[AnswerForm, Form()]
Done = TypeVar("Done")
Act = Callable[[], Awaitable[Done]]


@router.get(LIST)
async def read_list(
    request: Request, _: SaveAnswers, messaging: MessagingForPerson, *, saved: bool = False, deleted: bool = False
) -> Response:
    done = "saved" if saved else "deleted" if deleted else None
    answers = await messaging.saved_answers()
    return page(request, "messages/saved_answers/list.html", answers=answers, said=DONE[done] if done else None)


@router.get(NEW)
async def ask_for_new(request: Request, _: SaveAnswers, kept: kept_forms.KeptId = None) -> Response:
    form, said = await kept_or(request, kept, AnswerForm.empty())
    return show(request, form, NEW, said=said)


@router.post(NEW, dependencies=[Depends(kept_forms.keep_typed(NEW, words="text"))])
async def save_new(request: Request, _: SaveAnswers, messaging: MessagingForPerson, form: Typed) -> Response:
    async def save() -> None:
        await messaging.put_saved_answer(form.answer_id, form.body())

    return await saved(request, form, NEW, save)


@router.get(ONE)
async def ask_for_change(
    request: Request, answer_id: UUID, _: SaveAnswers, messaging: MessagingForPerson, kept: kept_forms.KeptId = None
) -> Response:
    answer = await messaging.saved_answer(answer_id)
    held = AnswerForm(name=answer.name, text=answer.text, replaces=str(answer.version))
    form, said = await kept_or(request, kept, held)
    return show(request, form, ONE.format(answer_id=answer_id), said=said)


@router.post(ONE, dependencies=[Depends(kept_forms.keep_typed(ONE, words="text"))])
async def change(
    request: Request, answer_id: UUID, _: SaveAnswers, messaging: MessagingForPerson, form: Typed
) -> Response:
    async def save() -> None:
        await messaging.post_saved_answer_version(answer_id, form.body() | {"replaces": form.version()})

    async def newest() -> AnswerForm:
        return form.model_copy(update={"replaces": str((await messaging.saved_answer(answer_id)).version)})

    return await saved(request, form, ONE.format(answer_id=answer_id), save, newest)


@router.post(ONE + "/deletion")
async def delete(answer_id: UUID, _: SaveAnswers, messaging: MessagingForPerson) -> Response:
    """One that is gone already is as good."""
    try:
        await messaging.delete_saved_answer(answer_id)
    except UpstreamProblem as problem:
        if problem.upstream_status != HTTPStatus.NOT_FOUND:
            raise
    return RedirectResponse(f"{LIST}?deleted=true", status_code=303)


async def kept_or(request: Request, kept: UUID | None, form: AnswerForm) -> tuple[AnswerForm, str | None]:
    """The form as it was kept over a sign-in, and that it was; or the other."""
    fields = await kept_forms.recall(request, kept) if kept else None
    return (AnswerForm.model_validate({**fields, "kept": str(kept)}), str(KEPT)) if fields else (form, None)


async def saved(
    request: Request, form: AnswerForm, path: str, save: Act[None], newest: Act[AnswerForm] | None = None
) -> Response:
    """Save and go back to the list, or show the form again with the words and the reason."""
    outcome = await attempt(form, save)
    if outcome is None:
        if form.kept_id:
            await kept_forms.forget(request, form.kept_id)
        return RedirectResponse(f"{LIST}?saved=true", status_code=303)
    await count_unread(request)
    again = await newest() if newest and outcome.status == HTTPStatus.CONFLICT else outcome.form
    return show(request, again, path, outcome)


async def attempt(form: AnswerForm, save: Act[None]) -> Refused | None:
    if wrong := form.missing():
        return Refused(form, errors=wrong)
    try:
        await save()
    except UpstreamProblem as problem:
        return refused(form, problem)
    except Unavailable:
        return Refused(form, HTTPStatus.SERVICE_UNAVAILABLE, message=str(NOT_REACHED))
    return None


def show(
    request: Request, form: AnswerForm, path: str, outcome: Refused | None = None, *, said: str | None = None
) -> Response:
    errors = outcome.errors if outcome else {}
    return page(
        request,
        "messages/saved_answers/page.html",
        outcome.status if outcome else HTTPStatus.OK,
        form=form,
        action=path,
        new=path == NEW,
        errors=errors,
        summary=[{"href": f"#{name}", "text": text} for name, text in errors.items()],
        message=outcome.message if outcome else said,
    )
