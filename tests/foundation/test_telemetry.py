"""Logs are JSON lines with request ids and hold nothing that anybody wrote."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
import structlog
from afterglow_foundation.database import UnitOfWork
from afterglow_foundation.permissions import public
from afterglow_foundation.telemetry import configure_logging, current_request_id
from afterglow_foundation.testing.people import Person, open_client
from fastapi import Body, Depends, FastAPI
from sqlalchemy import text
from starlette.responses import StreamingResponse

from tests.foundation.tiny import Tiny, WriteThings, routed

WORDS = "what-a-person-wrote"
OPEN = [Depends(public)]


@pytest.fixture
def talkative(tiny: Tiny) -> Iterator[Tiny]:
    """An app that logs everything; afterwards logging is as quiet as in other tests."""
    structlog.reset_defaults()
    yield Tiny(tiny.values | {"log_level": "debug"}, tiny.issuer, tiny.database)
    structlog.reset_defaults()
    configure_logging("error", "messaging")


def lines(capfd: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged; every line must be a JSON object, and nothing may stand on standard error."""
    told = capfd.readouterr()
    assert told.err == ""
    found = [json.loads(line) for line in told.out.splitlines()]
    assert all(isinstance(line, dict) for line in found)
    return found


async def write(_: WriteThings, words: Annotated[str, Body(embed=True)], session: UnitOfWork) -> str:
    private = f"{words} in a local variable"
    await session.execute(text("SELECT CAST(:words AS int)"), {"words": private})
    return private


async def id_of_request() -> str | None:
    return current_request_id()


async def test_a_request_is_one_line_with_its_route_and_no_content(
    talkative: Tiny, capfd: pytest.CaptureFixture[str]
) -> None:
    app = talkative.app(routed("/things/{name}", id_of_request, dependencies=OPEN))
    async with open_client(app, cookie=f"session={WORDS}", authorization=f"Bearer {WORDS}") as http:
        answer = await http.get(f"/things/{WORDS}", params={"q": WORDS}, headers={"user-agent": WORDS})
        await http.get(f"/{WORDS}")
        await http.get("/livez")
    first, second = [line for line in lines(capfd) if line["event"] == "request"]
    assert (first["method"], first["route"], first["status"]) == ("GET", "/things/{name}", 200)
    assert first["request_id"] == answer.headers["x-request-id"]
    assert first["milliseconds"] >= 0
    assert (first["service"], first["level"]) == ("messaging", "info")
    assert (second["route"], second["status"]) == ("unmatched", 404)
    assert WORDS not in json.dumps([first, second])


async def test_a_fault_is_told_by_place_without_text_values_or_local_variables(
    talkative: Tiny, client_person: Person, capfd: pytest.CaptureFixture[str]
) -> None:
    app = talkative.app(routed("/a", write, method="PUT"))
    async with talkative.signed_in(app, client_person) as http:
        answer = await http.put("/a", json={"words": WORDS})
    assert answer.status_code == 500
    told = lines(capfd)
    (fault,) = [line for line in told if line["event"] == "unexpected error"]
    assert fault["error_type"] == "DBAPIError"
    assert any("test_telemetry.py" in frame and frame.endswith(" write") for frame in fault["frames"])
    assert WORDS not in json.dumps(told)
    assert [line["status"] for line in told if line["event"] == "request"] == [500]


async def test_bad_input_is_not_logged(
    talkative: Tiny, client_person: Person, capfd: pytest.CaptureFixture[str]
) -> None:
    app = talkative.app(routed("/a", write, method="PUT"))
    async with talkative.signed_in(app, client_person) as http:
        assert (await http.put("/a", json={"words": [WORDS], WORDS: 1})).status_code == 422
    assert WORDS not in json.dumps(lines(capfd))


@pytest.mark.parametrize("given", ["12345678", "0190a3f2-77aa-7c3e-9e3b-3a1b2c3d4e5f", "A" * 64])
async def test_the_gateways_request_id_is_kept(tiny: Tiny, given: str) -> None:
    async with open_client(tiny.app(routed("/a", id_of_request, dependencies=OPEN))) as http:
        answer = await http.get("/a", headers={"x-request-id": given})
    assert answer.headers.get_list("x-request-id") == [given]
    assert answer.json() == given


@pytest.mark.parametrize(
    "given", ["", "short", "A" * 65, "with space here", "semi;colon;1", 'quote"quote"', "ümläute-ü-1", "a/b/c/d/e/f"]
)
async def test_what_does_not_look_like_one_is_replaced(tiny: Tiny, given: str) -> None:
    async with open_client(tiny.app(routed("/a", id_of_request, dependencies=OPEN))) as http:
        answer = await http.get("/a", headers={"x-request-id": given.encode("latin-1")})
    (made,) = answer.headers.get_list("x-request-id")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made)
    assert answer.json() == made


async def test_every_request_has_an_id_of_its_own_and_leaves_none(tiny: Tiny) -> None:
    async with open_client(tiny.app(routed("/a", id_of_request, dependencies=OPEN))) as http:
        made = {(await http.get("/a")).headers["x-request-id"] for _ in range(5)}
    assert len(made) == 5
    assert current_request_id() is None


async def test_an_answer_that_breaks_off_is_broken_off_and_told(
    talkative: Tiny, capfd: pytest.CaptureFixture[str]
) -> None:
    async def broken() -> StreamingResponse:
        async def parts() -> Any:
            yield b"first"
            raise ValueError(WORDS)

        return StreamingResponse(parts())

    app = talkative.app(routed("/a", broken, dependencies=OPEN))
    messages = await messages_of(app, "/a")
    assert messages[0]["status"] == 200
    assert not any(message.get("more_body") is False for message in messages)
    told = lines(capfd)
    assert "ValueError" in {line.get("error_type") for line in told}
    assert WORDS not in json.dumps(told)


async def messages_of(app: FastAPI, path: str) -> list[dict[str, Any]]:
    """Call the app as a server does; the exception that ends the connection is expected."""
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    scope |= {"http_version": "1.1", "asgi": {"version": "3.0", "spec_version": "2.4"}, "scheme": "http"}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    with pytest.raises((ValueError, ExceptionGroup)):
        await app(scope, receive, send)
    return sent


def test_a_librarys_lines_are_json_too(talkative: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    talkative.app()
    logging.getLogger("alembic").info('a "quoted"\nmessage with %s', "a value")
    (line,) = lines(capfd)
    assert (line["event"], line["logger"], line["level"]) == ('a "quoted"\nmessage with a value', "alembic", "info")


def test_a_librarys_exception_is_told_without_its_text(talkative: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    """As uvicorn logs one that no handler took."""
    talkative.app()
    try:
        fail_with(WORDS)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    (line,) = lines(capfd)
    assert line["error_type"] == "ValueError"
    assert any(frame.endswith(" fail_with") for frame in line["frames"])
    assert WORDS not in json.dumps(line)


def fail_with(words: str) -> None:
    raise ValueError(words)


def test_addresses_called_or_served_are_not_logged(
    talkative: Tiny, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = logging.StreamHandler()
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "level", logging.INFO)  # whatever server ran before us
    for name in ("uvicorn", "uvicorn.access"):
        logging.getLogger(name).addHandler(plain)  # as uvicorn's own configuration does before it loads the app
    try:
        talkative.app()
        logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /things/%s"', WORDS)
        logging.getLogger("httpx").info("HTTP Request: GET http://auth/%s", WORDS)
        logging.getLogger("uvicorn.error").info("Started server process")
        assert [line["event"] for line in lines(capfd)] == ["Started server process"]
    finally:
        logging.getLogger("uvicorn.access").removeHandler(plain)
