"""What goes into Authlib and what comes out: our request with its parameters, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.requests import OAuth2Payload


@dataclass
class Answer:
    """What Authlib decided: a redirect, or a JSON body."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def location(self) -> str | None:
        return self.headers.get("Location")


class Parameters(OAuth2Payload):  # type: ignore[misc]  # Authlib ships no types
    """Parameters that were read strictly: each name once."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @property
    def data(self) -> Mapping[str, str]:
        return self._values

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: [value] for name, value in self._values.items()}

    @property
    def response_type(self) -> str:
        """`code`, or a word that is refused: Authlib would repeat a stranger's text in its error and fail on it."""
        return "code" if self._values.get("response_type") == "code" else "unsupported"


class Request(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request whose URL is built from the configured base URL, never from the Host header.

    Authlib refuses a URL that is neither https nor loopback; a production base URL is https (settings see to that),
    the demonstration's is http://localhost. So its check stays on and the variable that switches it off is never set.
    """

    def __init__(self, method: str, url: str, values: Mapping[str, str]) -> None:
        super().__init__(method, url)
        self.payload = Parameters(values)

    @property
    def args(self) -> Mapping[str, str]:
        return self.payload.data

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data
