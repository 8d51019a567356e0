"""A page of its own before an act that takes something away: what will happen, to whom, and what stays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from afterglow_web.pages import page


@dataclass(frozen=True)
class Question:
    """One act to confirm. It is posted to the address of its own page; `back` is the page that asked."""

    heading: str
    happens: tuple[str, ...]
    stays: tuple[str, ...]
    button: str
    back: str
    fields: Mapping[str, str] = field(default_factory=dict)
    dangerous: bool = True


def ask(request: Request, question: Question, refusal: str | None = None) -> Response:
    """Show the question; after a refusal only why, and the way back."""
    return page(
        request,
        "admin/confirm/page.html",
        409 if refusal else 200,
        question=question,
        action=request.url.path,
        refusal=refusal,
    )
