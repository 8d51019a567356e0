"""Markdown to safe HTML: words, lists, quotes and links; no raw HTML, no images, nothing that loads from elsewhere."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

MOST_MARKS = 1_500  # the time that a text takes grows with the square of these; nobody writes so many
DEEPEST = 100
LARGEST = 200_000  # characters: only an address that is referred to again and again makes an entry longer
MARK = re.compile(r"[*_`\[\]<>&!\\]")
ITEM = r"(?:[-*+]|\d+[.)])(?=[ \t]|$)"
RULE = r"(?:(?:[ \t]*-)+|(?:[ \t]*\*)+)[ \t]*$"  # a line across, and no list however many marks it has
DEEP = re.compile(rf"^(?!{RULE})(?:(?:[ \t]*(?:>|{ITEM})){{9}}|[ \t]{{25,}}(?:>|{ITEM}))", re.MULTILINE)
LOWEST_HEADING = 6


def is_safe_link(address: str) -> bool:
    """An address with one of three schemes; nothing relative, so that no entry leads around on our own pages.

    `https:/path` is relative to a browser that is on https, so these need a host.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme == "mailto" or (parts.scheme in {"http", "https"} and bool(parts.netloc))


class Renderer(RendererHTML):
    """Headings below the page's own, and links that tell nobody where they were followed from."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:  # noqa: ANN401  # as the library calls it
        tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
        return self.renderToken(tokens, idx, options, env)


def make_reader() -> MarkdownIt:
    options = {"html": False, "linkify": False, "breaks": True, "maxNesting": DEEPEST}
    reader = MarkdownIt("commonmark", options, renderer_cls=Renderer)
    reader.validateLink = is_safe_link  # type: ignore[method-assign,assignment]  # the library's own way to replace it
    return reader.disable(["image", "html_block", "html_inline"])


READER = make_reader()


def render(text: str) -> Markup:
    """A text as safe HTML. One made to be slow, or nested deeper than anybody reads, shows as it was typed."""
    if len(MARK.findall(text)) > MOST_MARKS or DEEP.search(text):
        return as_typed(text)
    tokens = READER.parse(text)
    put_headings_in_order(tokens)
    html = READER.renderer.render(tokens, READER.options, {})
    if len(html) > LARGEST:
        return as_typed(text)
    return Markup(html)  # noqa: S704  # made of escaped words above


def as_typed(text: str) -> Markup:
    return Markup('<p class="note">{}</p>').format(escape(text))


def put_headings_in_order(tokens: Sequence[Token]) -> None:
    """Level 2 first, since the page's title is level 1, and never a level left out, whatever was written."""
    above: list[int] = []
    for opening, closing in zip(tokens, tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        written = int(opening.tag[1])
        above = [*(level for level in above if level < written), written]
        opening.tag = closing.tag = f"h{min(1 + len(above), LOWEST_HEADING)}"
