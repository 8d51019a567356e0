"""Every failure leaves as a problem document that says what is wrong and nothing of what was sent."""

import errno
from datetime import date
from socket import gaierror
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from afterglow_foundation import errors
from afterglow_foundation.errors import (
    BadRequest,
    Conflict,
    FieldError,
    Forbidden,
    InvalidInput,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    Problem,
    ProblemDocument,
    TooManyRequests,
    Unavailable,
    UnsupportedMediaType,
)
from afterglow_foundation.permissions import public
from afterglow_foundation.testing.people import open_client
from fastapi import APIRouter, Depends, Form, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from tests.foundation.tiny import Tiny, routed

WORDS = "what-a-person-wrote"
KINDS = [
    (Problem, 500, "internal_error"),
    (BadRequest, 400, "bad_request"),
    (NotAuthenticated, 401, "not_authenticated"),
    (Forbidden, 403, "forbidden"),
    (NotFound, 404, "not_found"),
    (MethodNotAllowed, 405, "method_not_allowed"),
    (Conflict, 409, "conflict"),
    (PayloadTooLarge, 413, "too_large"),
    (UnsupportedMediaType, 415, "unsupported_media_type"),
    (InvalidInput, 422, "invalid_input"),
    (TooManyRequests, 429, "too_many_requests"),
    (Unavailable, 503, "unavailable"),
]


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=2, max_length=10)]
    when: date | None = None
    parent: UUID | None = None
    numbers: dict[str, int] = {}


async def take(body: Thing, limit: Annotated[int, Query(ge=1)] = 1) -> int:
    return len(body.name) + limit


async def fill_in(name: Annotated[str, Form()]) -> int:
    return len(name)


def raising(error: BaseException) -> APIRouter:
    async def fail() -> None:
        raise error

    return routed("/a", fail, dependencies=[Depends(public)])


def open_route(endpoint: Any, method: str = "PUT") -> APIRouter:
    return routed("/a", endpoint, method=method, dependencies=[Depends(public)])


async def ask(tiny: Tiny, router: APIRouter, method: str = "GET", path: str = "/a", **request: Any) -> httpx.Response:
    async with open_client(tiny.app(router)) as http:
        return await http.request(method, path, **request)


def is_problem(answer: httpx.Response, status: int, code: str) -> ProblemDocument:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    document = ProblemDocument.model_validate_json(answer.content)
    assert (document.status, document.code, document.type) == (status, code, f"urn:afterglow:problem:{code}")
    assert document.request_id == answer.headers["x-request-id"]
    return document


@pytest.mark.parametrize(("kind", "status", "code"), KINDS)
async def test_every_kind_of_problem_leaves_as_its_document(
    tiny: Tiny, kind: type[Problem], status: int, code: str
) -> None:
    field = FieldError(field="name", code="taken", message="Somebody has it.")
    problem = kind("Plain words.", errors=[field], headers={"retry-after": "7"})
    answer = await ask(tiny, raising(problem))
    document = is_problem(answer, status, code)
    assert (document.title, document.detail, document.errors) == (kind.title, "Plain words.", [field])
    assert answer.headers["retry-after"] == "7"


def test_codes_and_states_are_told_apart() -> None:
    kinds = set(Problem.__subclasses__()) | {Problem}
    assert {kind for kind, *_ in KINDS} == {kind for kind in kinds if kind.__module__ == errors.__name__}
    assert len({kind.code for kind in kinds if kind.__module__ == errors.__name__}) == len(KINDS)


async def test_a_path_and_a_method_that_are_not_there(tiny: Tiny) -> None:
    is_problem(await ask(tiny, open_route(take), path=f"/{WORDS}"), 404, "not_found")
    answer = await ask(tiny, open_route(take), "POST")
    is_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "PUT"
    is_problem(await ask(tiny, open_route(take), path="/a/"), 404, "not_found")


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_request"), (404, "not_found"), (418, "bad_request"), (502, "internal_error"), (503, "unavailable")],
)
async def test_a_librarys_own_exception_becomes_a_problem_without_its_words(tiny: Tiny, status: int, code: str) -> None:
    answer = await ask(tiny, raising(HTTPException(status, WORDS)))
    assert answer.json()["code"] == code
    assert WORDS not in answer.text


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": WORDS}, ["name"]),
        ({"name": "x", "when": WORDS}, ["name", "when"]),
        ({"name": "ok", "parent": WORDS}, ["parent"]),
        ({"name": "ok", "numbers": {"sleep": WORDS}}, ["numbers.sleep"]),
        ({"name": "ok", "surprise": WORDS}, ["surprise"]),
        ({"name": [WORDS]}, ["name"]),
        ({}, ["name"]),
        ([WORDS], ["body"]),
        (WORDS, ["body"]),
    ],
)
async def test_what_cannot_be_used_is_named_and_not_repeated(tiny: Tiny, body: object, fields: list[str]) -> None:
    answer = await ask(tiny, open_route(take), "PUT", json=body)
    document = is_problem(answer, 422, "invalid_input")
    assert [error.field for error in document.errors] == fields
    assert all(error.message and error.code for error in document.errors)
    assert WORDS not in answer.text


async def test_a_query_and_a_form_are_named_too(tiny: Tiny) -> None:
    answer = await ask(tiny, open_route(take), "PUT", json={"name": "ok"}, params={"limit": WORDS})
    assert [error["field"] for error in answer.json()["errors"]] == ["limit"]
    assert WORDS not in answer.text
    answer = await ask(tiny, open_route(fill_in, "POST"), "POST", data={"other": WORDS})
    assert [error["field"] for error in answer.json()["errors"]] == ["name"]
    assert WORDS not in answer.text


@pytest.mark.parametrize("content", [b"{", b'{"name": ', b"\xff", b'{"name": "\xff"}', b"[" * 50_000, b"9" * 5_000])
async def test_broken_json_is_the_senders_fault(tiny: Tiny, content: bytes) -> None:
    answer = await ask(tiny, open_route(take), "PUT", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "multipart/form-data", None],
)
async def test_json_under_another_name_is_not_taken(tiny: Tiny, kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    answer = await ask(tiny, open_route(take), "PUT", content=b'{"name": "ok"}', headers=headers)
    is_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"]
)
async def test_json_under_its_own_names_is(tiny: Tiny, kind: str) -> None:
    answer = await ask(tiny, open_route(take), "PUT", content=b'{"name": "ok"}', headers={"content-type": kind})
    assert answer.status_code == 200


async def test_no_body_at_all_is_a_missing_one(tiny: Tiny) -> None:
    is_problem(await ask(tiny, open_route(take), "PUT"), 422, "invalid_input")


FAULTS = [
    ValueError(WORDS),
    KeyError(WORDS),
    RecursionError(WORDS),
    FileNotFoundError(WORDS),
    IntegrityError("INSERT", {"words": WORDS}, Exception(WORDS)),
    ExceptionGroup(WORDS, [ValueError(WORDS)]),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
async def test_a_fault_of_ours_tells_neither_trace_nor_text(
    tiny: Tiny, fault: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = await ask(tiny, raising(fault))
    document = is_problem(answer, 500, "internal_error")
    assert document.detail is None
    told = capfd.readouterr()
    for text in (answer.text, told.out, told.err):
        assert WORDS not in text
    assert "Traceback" not in answer.text
    assert type(fault).__name__ not in answer.text


@pytest.mark.parametrize(
    "away",
    [
        OperationalError("SELECT", {}, Exception(WORDS)),
        PoolTimeoutError(WORDS),
        ConnectionRefusedError(WORDS),
        gaierror(-2, WORDS),
        OSError(errno.EHOSTUNREACH, WORDS),
    ],
)
async def test_a_database_that_is_away_may_be_asked_again(tiny: Tiny, away: Exception) -> None:
    answer = await ask(tiny, raising(away))
    is_problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert WORDS not in answer.text


@pytest.mark.parametrize(("broken", "status", "code"), [(True, 503, "unavailable"), (False, 500, "internal_error")])
async def test_a_connection_that_broke_is_no_fault_of_the_statement(
    tiny: Tiny, broken: bool, status: int, code: str
) -> None:
    """Ended in the middle of a statement, it raises the plainest of SQLAlchemy's errors, as a faulty statement may."""
    error = DBAPIError("SELECT", {}, Exception(WORDS), connection_invalidated=broken)
    answer = await ask(tiny, raising(error))
    is_problem(answer, status, code)
    assert WORDS not in answer.text


@pytest.mark.parametrize(("state", "status"), [("57P01", 503), ("57P03", 503), ("53300", 503), ("42601", 500)])
async def test_a_server_that_starts_or_ends_may_be_asked_again(tiny: Tiny, state: str, status: int) -> None:
    """In recovery after a crash PostgreSQL answers, and says that it takes no connections yet."""
    said = Exception(WORDS)
    said.sqlstate = state  # type: ignore[attr-defined]  # as SQLAlchemy's asyncpg adapter does
    answer = await ask(tiny, raising(DBAPIError("SELECT", {}, said)))
    assert answer.status_code == status
    assert WORDS not in answer.text


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ('new row violates row-level security policy for table "things"', 503),
        ("permission denied for table things", 500),
    ],
)
async def test_what_a_row_policy_refuses_after_a_look_may_be_asked_again(tiny: Tiny, words: str, status: int) -> None:
    said = Exception(words)
    said.sqlstate = "42501"  # type: ignore[attr-defined]  # as SQLAlchemy's asyncpg adapter does
    answer = await ask(tiny, raising(DBAPIError("INSERT", {}, said)))
    assert answer.status_code == status
    assert "things" not in answer.text


async def test_a_service_of_pages_renders_its_own(tiny: Tiny) -> None:
    def page(_: Request, problem: Problem) -> PlainTextResponse:
        return PlainTextResponse(f"page of {problem.code}", problem.status)

    app = tiny.app(raising(ValueError(WORDS)), open_route(take))
    app.state.render_problem = page
    async with open_client(app) as http:
        answers = [await http.get("/a"), await http.get("/nowhere"), await http.put("/a", json={})]
    assert [answer.text for answer in answers] == [
        "page of internal_error",
        "page of not_found",
        "page of invalid_input",
    ]


def test_documented_responses_are_problem_documents() -> None:
    documented = errors.responses(NotFound, Conflict)
    assert documented.keys() == {404, 409}
    for each in documented.values():
        assert "application/problem+json" in each["content"]
