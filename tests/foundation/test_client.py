"""Service to service: repeated where that is safe, patient for so long, and honest about what came back."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from afterglow_foundation.client import (
    ASSERTION_TYPE,
    ServiceClient,
    ServiceTokens,
    UpstreamProblem,
    client_assertion,
)
from afterglow_foundation.errors import Unavailable
from afterglow_foundation.permissions import public
from afterglow_foundation.testing.people import BASE_URL, open_client
from fastapi import Depends
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.foundation.tiny import Tiny, routed

Step = httpx.Response | type[httpx.TransportError]
KEY = ECKey.generate_key("P-256", {"kid": "things-1"}, auto_kid=False)


class Upstream:
    """Another service that answers, or fails, step by step; the last step stays."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.requests: list[httpx.Request] = []
        self.client = ServiceClient("http://upstream.test", transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if isinstance(step, httpx.Response):
            return step
        raise step("what broke")


OK = httpx.Response(200, json={"id": 1})
BROKEN = [httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError, httpx.ReadTimeout]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("broken", BROKEN)
async def test_what_is_safe_to_repeat_is_tried_once_more(method: str, broken: type[httpx.TransportError]) -> None:
    upstream = Upstream(broken, OK)
    answer = await upstream.client.request(method, "/things/1", json={"a": 1})
    assert answer.status_code == 200
    first, second = upstream.requests
    assert (first.method, first.url, first.content) == (second.method, second.url, second.content)
    assert first.headers["x-request-id"] == second.headers["x-request-id"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_once_more_and_no_more(method: str) -> None:
    upstream = Upstream(httpx.ReadError)
    with pytest.raises(Unavailable):
        await upstream.client.request(method, "/things/1")
    assert len(upstream.requests) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("broken", BROKEN)
async def test_what_is_not_safe_to_repeat_is_tried_once(method: str, broken: type[httpx.TransportError]) -> None:
    upstream = Upstream(broken, OK)
    with pytest.raises(Unavailable):
        await upstream.client.request(method, "/things")
    assert len(upstream.requests) == 1


async def test_a_service_that_takes_no_connection_is_not_waited_for_twice() -> None:
    upstream = Upstream(httpx.ConnectTimeout)
    with pytest.raises(Unavailable):
        await upstream.client.request("GET", "/things")
    assert len(upstream.requests) == 1


async def test_a_time_out_is_unavailable_and_its_cause_is_kept() -> None:
    with pytest.raises(Unavailable) as gone:
        await Upstream(httpx.PoolTimeout).client.request("GET", "/things")
    assert isinstance(gone.value.__cause__, httpx.PoolTimeout)
    assert "what broke" not in str(gone.value)


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 2\r\n\r\n{}"


@asynccontextmanager
async def listening(answer: Handler) -> AsyncIterator[ServiceClient]:
    """A client of a service behind a real socket."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    client = ServiceClient(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        yield client
        await client.close()


@pytest.mark.parametrize("sent", [b"", ANSWER[:20], ANSWER[:-1]])
@pytest.mark.parametrize(("method", "tries"), [("PUT", 2), ("POST", 1)])
async def test_a_connection_that_breaks_is_a_broken_one_wherever_it_breaks(
    sent: bytes, method: str, tries: int
) -> None:
    heads: list[bytes] = []

    async def break_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER if len(heads) > 1 else sent)

    async with listening(break_once) as client:
        if tries == 1:
            with pytest.raises(Unavailable):
                await client.request(method, "/things/1")
        else:
            assert (await client.request(method, "/things/1")).json() == {}
    assert len(heads) == tries


async def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    client = ServiceClient(address)
    with pytest.raises(Unavailable) as gone:
        await client.request("GET", "/things")
    await client.close()
    assert isinstance(gone.value.__cause__, httpx.TransportError)


async def test_a_connection_is_used_again_and_keeps_nobodys_cookie() -> None:
    connections: list[list[bytes]] = []

    async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append([])
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                connections[-1].append(head.lower())
                writer.write(ANSWER)

    async with listening(answer_all) as client:
        for _ in range(2):
            await client.request("GET", "/things")
    (heads,) = connections
    assert len(heads) == 2
    assert not any(b"cookie" in head for head in heads)


PROBLEM = {
    "type": "urn:afterglow:problem:conflict",
    "title": "This was saved before with other content",
    "status": 409,
    "code": "conflict",
    "detail": "Plain words.",
    "errors": [{"field": "name", "code": "taken", "message": "Somebody has it."}],
    "request_id": "12345678",
}


async def test_a_problem_is_kept_whole_and_not_repeated() -> None:
    upstream = Upstream(httpx.Response(409, json=PROBLEM))
    with pytest.raises(UpstreamProblem) as refused:
        await upstream.client.request("PUT", "/things/1", json={})
    assert len(upstream.requests) == 1
    assert refused.value.upstream_status == 409
    assert refused.value.upstream.model_dump() == PROBLEM
    assert [error.field for error in refused.value.errors] == ["name"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500, 502, 503])
@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"status": "x"}'])
async def test_a_refusal_that_is_no_problem_document_has_its_status(status: int, body: str) -> None:
    with pytest.raises(UpstreamProblem) as refused:
        await Upstream(httpx.Response(status, text=body)).client.request("GET", "/things")
    assert (refused.value.upstream_status, refused.value.upstream.code) == (status, "upstream")


@pytest.mark.parametrize(
    ("error", "code"),
    [("invalid_grant", "invalid_grant"), ("Invalid grant\n", "upstream"), (["invalid_grant"], "upstream")],
)
async def test_what_a_token_endpoint_refuses_with_is_kept(error: object, code: str) -> None:
    answer = httpx.Response(400, json={"error": error, "error_description": "Somebody's words."})
    with pytest.raises(UpstreamProblem) as refused:
        await Upstream(answer).client.request("POST", "/token")
    assert (refused.value.upstream.code, refused.value.detail) == (code, None)


async def test_the_status_is_the_answers_own_whatever_the_document_says() -> None:
    with pytest.raises(UpstreamProblem) as refused:
        await Upstream(httpx.Response(403, json=PROBLEM | {"status": 200})).client.request("GET", "/things")
    assert refused.value.upstream_status == 403


async def test_headers_that_tell_the_caller_what_to_do_are_kept_and_no_other() -> None:
    headers = {"retry-after": "7", "www-authenticate": "Bearer", "set-cookie": "a=b", "x-internal": "1"}
    with pytest.raises(UpstreamProblem) as refused:
        await Upstream(httpx.Response(401, headers=headers)).client.request("GET", "/things")
    assert refused.value.headers == {"retry-after": "7", "www-authenticate": "Bearer"}


async def test_redirects_are_not_followed() -> None:
    upstream = Upstream(httpx.Response(302, headers={"location": "http://elsewhere.test/"}))
    assert (await upstream.client.request("GET", "/things", token="t")).status_code == 302
    assert len(upstream.requests) == 1


async def test_a_request_carries_its_token_and_the_id_of_the_request_it_serves(tiny: Tiny) -> None:
    upstream = Upstream(OK)

    async def forward() -> int:
        return (await upstream.client.request("GET", "/things", token="a-token", params={"limit": 2})).status_code

    async with open_client(tiny.app(routed("/a", forward, dependencies=[Depends(public)]))) as http:
        answer = await http.get("/a")
    (sent,) = upstream.requests
    assert sent.headers["authorization"] == "Bearer a-token"
    assert sent.headers["x-request-id"] == answer.headers["x-request-id"]
    assert str(sent.url) == "http://upstream.test/things?limit=2"


async def test_without_a_token_none_is_sent() -> None:
    upstream = Upstream(OK)
    await upstream.client.request("GET", "/things")
    assert "authorization" not in upstream.requests[0].headers
    assert upstream.requests[0].headers["x-request-id"]


def test_an_assertion_names_its_client_and_lives_a_minute() -> None:
    token = jwt.decode(client_assertion("things", KEY, f"{BASE_URL}/auth"), KEY, algorithms=["ES256"])
    assert (token.header["alg"], token.header["kid"]) == ("ES256", "things-1")
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("things", "things", f"{BASE_URL}/auth")
    assert claims["exp"] - claims["iat"] == 60
    assert abs(claims["iat"] - time.time()) < 5
    assert claims["jti"]


def token_answer(name: str, expires_in: int = 300) -> httpx.Response:
    return httpx.Response(200, json={"access_token": name, "expires_in": expires_in, "token_type": "Bearer"})


def tokens_of(upstream: Upstream) -> ServiceTokens:
    return ServiceTokens(
        upstream.client, issuer=f"{BASE_URL}/auth", client_id="things", private_key=KEY, scope="security_events"
    )


async def test_a_services_token_is_kept_until_shortly_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    upstream = Upstream(token_answer("first"), token_answer("second"))
    tokens = tokens_of(upstream)
    assert [await tokens.get() for _ in range(3)] == ["first"] * 3
    now += 269
    assert await tokens.get() == "first"
    now += 2
    assert await tokens.get() == "second"
    forms = [dict(httpx.QueryParams(request.content.decode())) for request in upstream.requests]
    assert len(forms) == 2
    assert forms[0]["client_assertion"] != forms[1]["client_assertion"]
    assert forms[0] | {"client_assertion": ""} == {
        "grant_type": "client_credentials",
        "scope": "security_events",
        "client_id": "things",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": "",
    }


async def test_a_token_endpoint_that_refuses_is_passed_on() -> None:
    with pytest.raises(UpstreamProblem):
        await tokens_of(Upstream(httpx.Response(401, json={"error": "invalid_client"}))).get()


class Talking(httpx.AsyncByteStream):
    """An answer that goes on, and breaks at its end."""

    def __init__(self) -> None:
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"one\ntw"
        yield b"o\n"
        raise httpx.ReadTimeout("silence")

    async def aclose(self) -> None:
        self.closed = True


async def test_an_answer_that_goes_on_is_read_by_lines() -> None:
    talking = Talking()
    upstream = Upstream(httpx.Response(200, stream=talking))
    heard: list[str] = []

    async def listen() -> None:
        async with upstream.client.lines("/things", token="mine") as lines:
            async for line in lines:
                heard.append(line)  # noqa: PERF401  # what was heard before it broke counts

    with pytest.raises(Unavailable):
        await listen()
    assert heard == ["one", "two"]
    assert talking.closed
    assert upstream.requests[0].headers["authorization"] == "Bearer mine"
    assert upstream.requests[0].extensions["timeout"]["read"] > 15


async def test_an_answer_that_is_left_is_closed() -> None:
    talking = Talking()
    async with Upstream(httpx.Response(200, stream=talking)).client.lines("/things", token="mine") as lines:
        assert await anext(aiter(lines)) == "one"
    assert talking.closed


async def test_an_answer_that_never_begins() -> None:
    refusal = httpx.Response(403, json={"type": "t", "title": "No", "status": 403, "code": "forbidden"})
    with pytest.raises(UpstreamProblem) as refused:
        async with Upstream(refusal).client.lines("/things", token="mine"):
            pytest.fail("it was refused")
    assert refused.value.upstream.code == "forbidden"
    with pytest.raises(Unavailable):
        async with Upstream(httpx.ConnectError).client.lines("/things", token="mine"):
            pytest.fail("nobody answered")


async def test_a_fresh_token_is_not_a_kept_one() -> None:
    answers = [httpx.Response(200, json={"access_token": name, "expires_in": 300}) for name in ("kept", "fresh")]
    upstream = Upstream(*answers)
    tokens = ServiceTokens(upstream.client, issuer="i", client_id="things", private_key=KEY, scope="live")
    assert await tokens.get() == "kept"
    assert (await tokens.fresh()).access_token == "fresh"
    assert await tokens.get() == "kept"


async def test_a_token_that_was_refused_is_asked_for_anew() -> None:
    upstream = Upstream(token_answer("first"), token_answer("second"))
    tokens = tokens_of(upstream)
    assert await tokens.get() == "first"
    tokens.forget()
    assert await tokens.get() == "second"
