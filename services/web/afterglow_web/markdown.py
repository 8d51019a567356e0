"""Markdown to safe HTML: words, lists, quotes and links; no raw HTML, no images, nothing that loads from elsewhere.

What people say to each other knows less of it: no headings, rules or code, and an address is a link as it stands.
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, list_block
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
NO_COUNT = re.compile(r"\d{3,}[.)]")  # a year, a sum, a number of a house: nobody begins to count there
WRITTEN_ALONE = ("code", "fence", "heading", "lheading", "hr", "reference", "backticks", "entity")
PLACE = "\N{OBJECT REPLACEMENT CHARACTER}"
ADDRESS = re.compile(r"""(?<![\w<(\[/"'=])https?://[^\s<>]*[^\s<>.,;:!?'")\]]""")


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

    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:  # noqa: ANN401, ARG002  # as the library calls it
        return str(with_places(tokens[idx].content, env.get("places", ())))

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:  # noqa: ANN401  # as the library calls it
        tokens[idx].attrs.pop("title", None)
        tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
        return self.renderToken(tokens, idx, options, env)


def counted(state: StateBlock, begins: int, ends: int, silent: bool) -> bool:  # as the library calls it
    """A list, unless its first number is one that a sentence begins with."""
    at = state.bMarks[begins] + state.tShift[begins]
    return not NO_COUNT.match(state.src, at) and list_block(state, begins, ends, silent)


def make_reader() -> MarkdownIt:
    options = {"html": False, "linkify": False, "breaks": True, "maxNesting": DEEPEST}
    reader = MarkdownIt("commonmark", options, renderer_cls=Renderer)
    reader.validateLink = is_safe_link  # type: ignore[method-assign,assignment]  # the library's own way to replace it
    reader.block.ruler.at("list", counted, {"alt": ["paragraph", "reference", "blockquote"]})
    return reader.disable(["image", "html_block", "html_inline"])


READER = make_reader()
LISTENER = make_reader().disable(list(WRITTEN_ALONE))


def render(text: str) -> Markup:
    """A text as safe HTML. One made to be slow, or nested deeper than anybody reads, shows as it was typed."""
    return rendered(READER, text, typed=text)


def place(number: int) -> str:
    """What stands in a text that is said for something with markup of its own, which only words make room for."""
    return f"{PLACE}{number}{PLACE}"


def with_places(text: str, places: Sequence[Markup]) -> Markup:
    """Words as they are, and what its number says in each place."""
    parts = text.split(PLACE)
    return Markup().join(
        places[int(part)] if number % 2 and part.isdecimal() and int(part) < len(places) else escape(part)
        for number, part in enumerate(parts)
    )


def render_said(text: str, places: Sequence[Markup] = ()) -> Markup:
    """The same of a message, in which `places` stand."""
    return rendered(LISTENER, ADDRESS.sub(r"<\g<0>>", text), typed=text, places=places)


def rendered(reader: MarkdownIt, text: str, *, typed: str, places: Sequence[Markup] = ()) -> Markup:
    if len(MARK.findall(text)) > MOST_MARKS or DEEP.search(text):
        return as_typed(typed, places)
    tokens = reader.parse(text)
    put_headings_in_order(tokens)
    html = reader.renderer.render(tokens, reader.options, {"places": places})
    if len(html) > LARGEST:
        return as_typed(typed, places)
    return Markup(html)  # noqa: S704  # made of escaped words above


def as_typed(text: str, places: Sequence[Markup]) -> Markup:
    return Markup('<p class="note">{}</p>').format(with_places(text, places))


def put_headings_in_order(tokens: Sequence[Token]) -> None:
    """Level 2 first, since the page's title is level 1, and never a level left out, whatever was written."""
    above: list[int] = []
    for opening, closing in zip(tokens, tokens[2:], strict=False):
        if opening.type != "heading_open":
            continue
        written = int(opening.tag[1])
        above = [*(level for level in above if level < written), written]
        opening.tag = closing.tag = f"h{min(1 + len(above), LOWEST_HEADING)}"
