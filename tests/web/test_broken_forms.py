"""A form whose bytes are no UTF-8 is marked; every other one passes to the byte, in whatever pieces it comes."""

import pytest
from afterglow_web.broken_forms import LARGEST, BrokenForms, marked
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Receive, Scope, Send


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"a=caf%C3%A9&b=x+y", b"a=caf%C3%A9&b=x+y"),
        (b"a=%EF%BF%BD&b=%00", b"a=%EF%BF%BD&b=%00"),
        (b"a=caf%E9&b=x+y", b"a=caf%00&b=x+y"),
        (b"a=%FF%FE+%C3%A9&b=%EF%BF%BD", b"a=%00+%C3%A9&b=%EF%BF%BD"),
        (b"a=\xff&%FF=1", b"a=%00&%00=1"),
        (b"a=%C3&b=%A9", b"a=%00&b=%00"),
        (b"", b""),
    ],
)
def test_marked(sent: bytes, read: bytes) -> None:
    assert marked(sent) == read


@given(st.binary(max_size=60))
def test_whatever_comes_is_text_afterwards_and_stays_so(sent: bytes) -> None:
    once = marked(sent)
    assert marked(once) == once


@pytest.mark.parametrize("pieces", [[b"a=%FF"], [b"a=%", b"FF"], [b"a=x"], [b"a" * LARGEST, b"b" * 10, b"c=%FF"], []])
async def test_in_pieces(pieces: list[bytes]) -> None:
    """What is larger than any route takes is left to whoever refuses it, unread."""
    asked = [{"type": "http.request", "body": one, "more_body": True} for one in pieces]
    asked.append({"type": "http.request", "body": b"", "more_body": False})
    got = bytearray()

    async def receive() -> Message:
        return asked.pop(0)

    async def application(_scope: Scope, receive: Receive, _send: Send) -> None:
        while True:
            message = await receive()
            got.extend(message["body"])
            if not message["more_body"]:
                return

    async def send(_message: Message) -> None:
        raise AssertionError

    scope = {"type": "http", "headers": [(b"content-type", b"application/x-www-form-urlencoded; charset=utf-8")]}
    await BrokenForms(application)(scope, receive, send)
    whole = b"".join(pieces)
    assert bytes(got) == (whole if len(whole) > LARGEST else marked(whole))
