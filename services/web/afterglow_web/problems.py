"""Every failure as a calm page for people and as problem+json for programs."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from afterglow_foundation.client import UpstreamProblem
from afterglow_foundation.errors import Problem, problem_json, request_id_of
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from afterglow_web.pages import is_fragment, page
from afterglow_web.session.authentication import SignInAgain
from afterglow_web.session.csrf import SAFE
from afterglow_web.session.kept_forms import NotSaved
from afterglow_web.session.routes import NEVER_STORED

PASSED_ON = {400, 401, 403, 404, 409, 413, 422, 429, 503}


@dataclass(frozen=True)
class Words:
    """What a person reads: what happened, and where they can go."""

    title: str
    what_happened: str
    next_steps: tuple[tuple[str, str | None], ...] = (("Go to your first page", "/"),)


TRY_AGAIN = ("Go back and try again in a moment", None)
WORDS = {
    400: Words("That could not be understood", "The page was sent in a form we cannot read. Nothing was changed."),
    403: Words("This page is not open to you", "Your account does not have access to this page. Nothing was changed."),
    404: Words(
        "There is nothing here",
        "The address may be mistyped, or what was here is not open to you or no longer exists.",
    ),
    405: Words(
        "This address does not open by itself",
        "It belongs to a button on one of our pages. Nothing was changed.",
    ),
    409: Words(
        "This was saved before",
        "The same entry was saved earlier with other content. The earlier one is unchanged.",
        (("See your check-ins", "/check-ins"), ("Go to your first page", "/")),
    ),
    413: Words("That was too long", "What was sent is larger than we take. Go back and shorten it a little."),
    422: Words(
        "Some of what was sent cannot be used",
        "Something is missing or has a value we do not take. Go back to change it; nothing was saved.",
    ),
    429: Words("One moment, please", "That came too often in a short time. Wait a minute, then try again."),
    500: Words(
        "Something went wrong on our side",
        "It is not your fault, and what you saved before is safe.",
        (TRY_AGAIN, ("Go to your first page", "/")),
    ),
    503: Words(
        "This is not available right now",
        "A part of the portal does not answer at the moment. What you saved before is safe.",
        (TRY_AGAIN, ("Go to your first page", "/")),
    ),
}
BY_CODE = {
    "cross_site": Words(
        "This did not come from our own page",
        "For your safety nothing was changed. If you were typing, go back, copy your words and open the page again.",
    ),
    "earlier_session": Words(
        "This page is from an earlier sign-in",
        "Somebody else has signed in in this browser since, or you signed in again. Nothing was saved.",
    ),
    "signed_out_unsaved": Words(
        "You were signed out before this was saved",
        "Nothing was saved, and nothing of it is kept here.",
        (("Sign in", "/sign-in"), ("Go to the start", "/")),
    ),
    "sign_in_failed": Words(
        "That sign-in did not finish",
        "You are not signed in.",
        (("Sign in again", "/sign-in"), ("Go to the start", "/")),
    ),
}
KEPT_HEADERS = {"allow", "retry-after"}


def render_problem(request: Request, problem: Problem) -> Response:
    """The answer for a problem. Somebody who is not signed in is led to sign in, unless there is a loss to tell."""
    if wants_json(request):
        return problem_document(request, problem)
    if status_of(problem) == HTTPStatus.UNAUTHORIZED and problem.code not in BY_CODE:
        return to_sign_in(request, problem)
    return problem_page(request, problem)


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
        what_happened=f"{problem.detail} {words.what_happened}" if known and problem.detail else words.what_happened,
        next_steps=[{"text": text, "href": href} for text, href in (*rescue(problem), *words.next_steps)],
        reference=request_id_of(request),
    )
    answer.headers.update({name: value for name, value in problem.headers.items() if name.lower() in KEPT_HEADERS})
    return answer


def rescue(problem: Problem) -> tuple[tuple[str, str | None], ...]:
    """The words of a form that was neither saved nor kept, shown this once to be copied."""
    typed = problem.typed.strip() if isinstance(problem, NotSaved) else ""
    return ((f"Copy your words before you leave this page: {typed}", None),) if typed else ()


def page_status(request: Request, problem: Problem) -> int:
    """As `status_of`; but who opens a page sent nothing that could be put right, so an unusable address is unknown."""
    status = status_of(problem)
    if request.method in SAFE and status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return HTTPStatus.NOT_FOUND
    return status


def words_for(status: int) -> Words:
    """The status's own words; without any, those of 400 where the request was at fault and those of 500 elsewhere."""
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return WORDS.get(status) or WORDS[HTTPStatus.INTERNAL_SERVER_ERROR if ours else HTTPStatus.BAD_REQUEST]


def problem_document(request: Request, problem: Problem) -> Response:
    """problem+json: another service's as it is, with our request id; else our own."""
    if not isinstance(problem, UpstreamProblem):
        return problem_json(request, problem)
    document = problem.upstream.model_copy(update={"status": status_of(problem), "request_id": request_id_of(request)})
    return JSONResponse(document.model_dump(), document.status, problem.headers, "application/problem+json")


def status_of(problem: Problem) -> int:
    """The status web answers with: its own problem's, or another service's where it means the same to the browser."""
    if isinstance(problem, UpstreamProblem):
        return problem.upstream_status if problem.upstream_status in PASSED_ON else HTTPStatus.SERVICE_UNAVAILABLE
    return problem.status


def wants_json(request: Request) -> bool:
    """A program sends JSON or asks for it; everything else is a person in a browser."""
    accepts = request.headers.get("accept", "")
    return request.method == "PUT" or ("text/html" not in accepts and "json" in accepts)


def to_sign_in(request: Request, problem: Problem) -> Response:
    """See the person to sign-in and back to the page they asked for, or to the one that shows their form again."""
    return_to = problem.return_to if isinstance(problem, SignInAgain) else None
    if return_to is None and request.method == "GET" and not is_fragment(request):
        return_to = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = "/sign-in" + (f"?{urlencode({'next': return_to})}" if return_to else "")
    if is_fragment(request):
        return Response(status_code=204, headers={**NEVER_STORED, "HX-Redirect": address})
    return RedirectResponse(address, status_code=303, headers=NEVER_STORED)
