"""Text in templates that no catalogue can translate: outside `{% trans %}` and `_()`."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

from afterglow_design.testing.pseudo import NO_TEXT, SILENT, SPOKEN

WORD = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"^[A-Z][a-z]+\b|[a-z]{2,} [a-z]{2,}")  # a capital, or two words: not the name of a thing
FILLED = "\N{OBJECT REPLACEMENT CHARACTER}"  # stands where an expression does
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*"')  # of a macro that writes one into somebody else's tag
TRANSLATORS = {"_", "gettext", "ngettext"}
# Arguments and blocks that name things for the browser, not for people.
NAMES = {"attrs", "autocomplete", "classes", "href", "id", "kind", "layout", "name", "tone", "type", "value", "width"}


class Bare(HTMLParser):
    """Collects words between tags and in attributes that are shown or read out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in NO_TEXT
        for name, value in attrs:
            spoken = name in SPOKEN or (name.startswith("data-") and name not in SILENT)
            if spoken and value and WORD.search(value):
                self.found.append(f"{name}={value}")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in NO_TEXT

    def handle_data(self, data: str) -> None:
        if not self.silent and WORD.search(ATTRIBUTE.sub("", data)):
            self.found.append(" ".join(data.split()))


def bare_texts(environment: Environment, path: Path) -> list[str]:
    """Every bare text of a template; in a text file everything outside tags is one."""
    tree = environment.parse(path.read_text(encoding="utf-8"))
    flat = "".join(part.data if isinstance(part, nodes.TemplateData) else FILLED for part in outputs(tree))
    sentences = [text for text in constants(tree) if SENTENCE.search(text)]
    if path.suffix != ".html":
        return [*([flat] if WORD.search(flat) else []), *sentences]
    reader = Bare()
    reader.feed(flat)
    reader.close()
    return [*reader.found, *sentences]


def outputs(node: nodes.Node) -> Iterator[nodes.Node]:
    """What is put out, in the order of the file: every branch, one after the other."""
    if isinstance(node, nodes.Block) and node.name in NAMES:
        return
    for child in node.iter_child_nodes():
        if isinstance(node, nodes.Output):
            yield child
        else:
            yield from outputs(child)


def constants(node: nodes.Node) -> Iterator[str]:
    """Strings in expressions that nobody translates."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATORS:
        for child in (*node.args[2:], *node.kwargs):
            yield from constants(child)
        return
    if isinstance(node, nodes.Compare | nodes.Import | nodes.FromImport | nodes.Include | nodes.Extends):
        return
    if isinstance(node, nodes.Keyword) and node.key in NAMES:
        return
    if isinstance(node, nodes.Pair) and isinstance(node.key, nodes.Const) and node.key.value in NAMES:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for child in node.iter_child_nodes():
        yield from constants(child)
