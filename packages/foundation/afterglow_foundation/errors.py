"""Errors carry status, code and words; every one leaves as `application/problem+json` (RFC 9457)."""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from socket import gaierror
from typing import Any, ClassVar, cast
from uuid import UUID

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

logger = structlog.get_logger()

# The connection was refused or broke, none came free in time, or the name leads nowhere, as while its container is
# down; one that was ended in the middle of something (as when PostgreSQL restarts) raises a plain DBAPIError that says
# so of itself, and one to an address that nobody has any more a plain OSError.
DATABASE_AWAY = (OperationalError, InterfaceError, PoolTimeoutError, ConnectionError, gaierror)
PERHAPS_AWAY = (*DATABASE_AWAY, DBAPIError, OSError)
NO_WAY_THERE = {errno.EHOSTUNREACH, errno.ENETUNREACH}
# SQLSTATEs by which PostgreSQL says so itself: shutting down, crashed, starting up or recovering; no connection free.
NOT_NOW = {"57P01", "57P02", "57P03", "53300"}
REFUSED_BY_POLICY = "42501"
MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """One thing wrong with the input: which field, a stable code, and words for a person. Never the value."""

    field: str
    code: str
    message: str


class ProblemDocument(BaseModel):
    """The body of every answer of 400 and above."""

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldError] = []
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the audit keeps of a denied attempt; `purpose` says why where the action alone does not."""

    action: str
    object_id: UUID | None = None
    subject_id: UUID | None = None
    purpose: str | None = None

    def because(self, purpose: str) -> "Refusal":
        return replace(self, purpose=purpose)


class Problem(Exception):  # noqa: N818  # RFC 9457 calls it a problem
    """Raised anywhere below a route; the handler turns it into a problem document."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        refusal: Refusal | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = list(errors)
        self.refusal = refusal
        self.headers = dict(headers or {})

    def document(self, request_id: str | None = None) -> ProblemDocument:
        return ProblemDocument(
            type=f"urn:afterglow:problem:{self.code}",
            title=self.title,
            status=self.status,
            code=self.code,
            detail=self.detail,
            errors=self.errors,
            request_id=request_id,
        )


class InvalidInput(Problem):
    status, code, title = 422, "invalid_input", "Some of what was sent cannot be used"


class BadRequest(Problem):
    status, code, title = 400, "bad_request", "The request cannot be understood"


class NotAuthenticated(Problem):
    status, code, title = 401, "not_authenticated", "Please sign in"


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "This is not open to you"


class NotFound(Problem):
    status, code, title = 404, "not_found", "There is nothing here"


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "This cannot be done here"


class Conflict(Problem):
    status, code, title = 409, "conflict", "This was saved before with other content"


class PayloadTooLarge(Problem):
    status, code, title = 413, "too_large", "This is too large"


class TooManyRequests(Problem):
    status, code, title = 429, "too_many_requests", "Too many tries; please wait a little"


class Unavailable(Problem):
    status, code, title = 503, "unavailable", "This is not available right now; please try again"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported_media_type", "This kind of content is not taken here"


BY_STATUS: dict[int, type[Problem]] = {
    problem.status: problem
    for problem in (
        NotAuthenticated,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        PayloadTooLarge,
        UnsupportedMediaType,
        Unavailable,
    )
}


def responses(*problems: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that may raise these problems."""
    documented: dict[int | str, dict[str, Any]] = {}
    for problem in problems:
        documented[problem.status] = {
            "description": problem.title,
            "content": {MEDIA_TYPE: {"schema": ProblemDocument.model_json_schema()}},
        }
    return documented


def install(app: FastAPI) -> None:
    """Give an app the handlers that make every failure a problem document."""
    app.add_exception_handler(Problem, handle_problem)
    app.add_exception_handler(RequestValidationError, handle_invalid)
    app.add_exception_handler(HTTPException, handle_http)
    for fault in PERHAPS_AWAY:
        app.add_exception_handler(fault, handle_database_away)


async def handle_problem(request: Request, error: Exception) -> Response:
    problem = cast("Problem", error)
    await keep_refusal(request, problem)
    return respond(request, problem)


async def keep_refusal(request: Request, problem: Problem) -> None:
    """Audit a denied attempt in a transaction of its own: the request's was rolled back."""
    if problem.refusal is not None:
        await request.app.state.audit.refused(request, problem.refusal)


async def handle_invalid(request: Request, error: Exception) -> Response:
    invalid = cast("RequestValidationError", error)
    if is_no_json(request, invalid.errors()):
        return respond(request, UnsupportedMediaType("Send it as application/json."))
    return respond(request, InvalidInput(errors=field_errors(invalid.errors())))


def is_no_json(request: Request, found: Sequence[Mapping[str, Any]]) -> bool:
    """True when a JSON body was wanted and something came under another type: FastAPI hands it on unread."""
    unread = any(tuple(error["loc"]) == ("body",) and error["type"] != "missing" for error in found)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return unread and kind != "application/json" and not kind.endswith("+json")


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's errors without the input that caused them."""
    return [
        FieldError(
            field=".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path"}) or "body",
            code=str(error["type"]),
            message=str(error["msg"]).removeprefix("Value error, "),
        )
        for error in errors
    ]


async def handle_http(request: Request, error: Exception) -> Response:
    refused = cast("HTTPException", error)
    known = BY_STATUS.get(
        refused.status_code,
        Problem if refused.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else BadRequest,
    )
    return respond(request, known(headers=refused.headers))


def is_away(error: Exception) -> bool:
    """True for an error that says nothing about the statement: the database was not to be reached, or no longer."""
    if isinstance(error, DATABASE_AWAY):
        return True
    if isinstance(error, OSError):
        return error.errno in NO_WAY_THERE
    return isinstance(error, DBAPIError) and (error.connection_invalidated or sqlstate(error) in NOT_NOW)


def is_overtaken(error: Exception) -> bool:
    """True where a row policy refused a write that was allowed when it was looked at: care has ended in between, say.

    What a role may not touch at all has the same SQLSTATE and is a fault of ours.
    """
    refused = isinstance(error, DBAPIError) and sqlstate(error) == REFUSED_BY_POLICY
    return refused and "row-level security policy" in str(error)


def sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


async def handle_database_away(request: Request, error: Exception) -> Response:
    """Nothing was kept, and saying so beats a fault of ours: the same request may be sent again."""
    if is_overtaken(error):
        logger.warning("a row policy refused what was allowed a moment before")
    elif not is_away(error):
        raise error
    return respond(
        request, Unavailable("Nothing was saved. Please try again in a moment.", headers={"Retry-After": "2"})
    )


def respond(request: Request, problem: Problem) -> Response:
    """The answer an app gives for a problem: its own pages where it set `app.state.render_problem`, else JSON."""
    if render := getattr(request.app.state, "render_problem", None):
        page: Response = render(request, problem)
        return page
    return problem_json(request, problem)


def problem_json(request: Request, problem: Problem) -> Response:
    body = problem.document(request_id_of(request)).model_dump()
    return JSONResponse(body, problem.status, problem.headers, MEDIA_TYPE)


def request_id_of(request: Request) -> str | None:
    return getattr(request.state, "request_id", None)
