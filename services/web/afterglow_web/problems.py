"""Every failure as a calm page for people and as problem+json for programs."""

from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlencode

from afterglow_design.languages import _
from afterglow_foundation.callers import find_caller
from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import PERHAPS_AWAY, Problem, handle_http, problem_json, request_id_of
from afterglow_foundation.live import MEDIA_TYPE
from afterglow_foundation.step_up import StepUp
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from afterglow_web.messages.sending import NotSent
from afterglow_web.pages import is_fragment, page
from afterglow_web.problem_words import BY_CODE, words_for
from afterglow_web.session.authentication import SignInAgain
from afterglow_web.session.csrf import SAFE, EarlierSession
from afterglow_web.session.kept_forms import NotSaved
from afterglow_web.session.routes import NEVER_STORED
from afterglow_web.session.step_up import AskedInVain, NotProved, ProveAgain, asked_of, page_of

CLOSED = "account_closed"
PASSED_ON = {400, 401, 403, 404, 409, 413, 415, 422, 429, 503}


KEPT_HEADERS = {"allow", "retry-after"}


def render_problem(request: Request, problem: Problem) -> Response:
    """The answer for a problem. Somebody who is not signed in is led to sign in, unless there is a loss to tell."""
    if wants_json(request):
        return problem_document(request, problem)
    if asked := step_up_in(problem):
        return to_step_up(request, problem, asked)
    if status_of(problem) == HTTPStatus.UNAUTHORIZED and problem.code not in BY_CODE:
        return to_sign_in(request, problem)
    return problem_page(request, problem)


async def render_nowhere(request: Request, error: Exception) -> Response:
    """An address without a route, told to whoever is signed in as their own page: nothing has looked for them yet."""
    with suppress(*PERHAPS_AWAY):
        await find_caller(request)
    return await handle_http(request, error)


def problem_page(request: Request, problem: Problem) -> Response:
    """A page in plain words, with the request's id to tell the practice; for htmx one sentence."""
    status = page_status(request, problem)
    known = BY_CODE.get(problem.code)
    words = known or words_for(status)
    answer = page(
        request,
        "_problem.html" if is_fragment(request) else "problem.html",
        status,
        title=words.title,
        what_happened=" ".join([*([_(problem.detail)] if known and problem.detail else []), str(words.what_happened)]),
        next_steps=[{"text": text, "href": href} for text, href in (*rescue(request, problem), *words.next_steps)],
        reference=request_id_of(request),
        away=status >= HTTPStatus.INTERNAL_SERVER_ERROR,
    )
    answer.headers.update({name: value for name, value in problem.headers.items() if name.lower() in KEPT_HEADERS})
    return answer


def rescue(request: Request, problem: Problem) -> tuple[tuple[str, str | None], ...]:
    """The words of a form that was neither saved nor kept, shown this once to be copied; or the way back to it."""
    if isinstance(problem, NotProved | AskedInVain):
        return ((_("Go back to what you were doing"), problem.return_to),)
    of_problem = problem.typed if isinstance(problem, NotSaved | NotSent | EarlierSession) else ""
    typed = (of_problem or getattr(request.state, "typed", "")).strip()
    return ((_("Copy your words before you leave this page: %(words)s", words=typed), None),) if typed else ()


def step_up_in(problem: Problem) -> StepUp | None:
    """What the person has to prove first: a page of ours wants it, or another service."""
    if isinstance(problem, ProveAgain):
        return problem.step_up
    return asked_of(problem) if isinstance(problem, UpstreamProblem) else None


def page_status(request: Request, problem: Problem) -> int:
    """As `status_of`; but who opens a page sent nothing that could be put right, so an unusable address is unknown."""
    status = status_of(problem)
    if request.method in SAFE and status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return HTTPStatus.NOT_FOUND
    return status


def problem_document(request: Request, problem: Problem) -> Response:
    """problem+json: another service's as it is, with our request id; else our own."""
    if not isinstance(problem, UpstreamProblem):
        return problem_json(request, problem)
    document = problem.upstream.model_copy(update={"status": status_of(problem), "request_id": request_id_of(request)})
    return JSONResponse(document.model_dump(), document.status, problem.headers, "application/problem+json")


def status_of(problem: Problem) -> int:
    """The status web answers with: its own problem's, or another service's where it means the same to the browser.

    A closed account is signed out everywhere, here too as soon as auth has told us: until then it is treated so.
    """
    if isinstance(problem, UpstreamProblem):
        if problem.upstream.code == CLOSED:
            return HTTPStatus.UNAUTHORIZED
        return problem.upstream_status if problem.upstream_status in PASSED_ON else HTTPStatus.SERVICE_UNAVAILABLE
    return problem.status


def wants_json(request: Request) -> bool:
    """A program sends JSON, or asks for it or for a stream of events; everything else is a person in a browser."""
    accepts = request.headers.get("accept", "")
    return request.method in {"PATCH", "PUT"} or (
        "text/html" not in accepts and ("json" in accepts or MEDIA_TYPE in accepts)
    )


def to_sign_in(request: Request, problem: Problem) -> Response:
    """See the person to sign-in and back to the page they asked for, or to the one that shows their form again."""
    return_to = page_again(request, problem)
    return lead(request, "/sign-in" + (f"?{urlencode({'next': return_to})}" if return_to else ""))


def to_step_up(request: Request, problem: Problem, asked: StepUp) -> Response:
    """See the person to prove anew who they are, and back."""
    query = {"next": page_again(request, problem) or "/", "max_age": int(asked.max_age.total_seconds())}
    if asked.acr_values:
        query["acr_values"] = " ".join(asked.acr_values)
    return lead(request, f"/step-up?{urlencode(query)}")


def page_again(request: Request, problem: Problem) -> str | None:
    """The page to open afterwards: the one that shows the form again, or the one that was asked for."""
    return_to = problem.return_to if isinstance(problem, SignInAgain | ProveAgain) else None
    return_to = return_to or getattr(request.state, "page_again", None)
    return return_to or (page_of(request) if request.method == "GET" and not is_fragment(request) else None)


def lead(request: Request, address: str) -> Response:
    if is_fragment(request):
        return Response(status_code=204, headers={**NEVER_STORED, "HX-Redirect": address})
    return RedirectResponse(address, status_code=303, headers=NEVER_STORED)
