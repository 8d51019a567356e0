"""Faults in a rendered page, as sentences. The test clients of auth and web run this on every page."""

from collections.abc import Callable, Iterator, Mapping
from xml.etree.ElementTree import Element

import html5lib

_UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
_ADDRESSES = ("href", "src", "action", "formaction", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete")


class Page:
    """A parsed page and the look-ups that the rules share."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.elements = [element for element in root.iter() if isinstance(element.tag, str)]
        self.parent = {child: element for element in self.elements for child in element}
        self.ids = [element.get("id", "") for element in self.elements if element.get("id") is not None]

    def all(self, *tags: str) -> Iterator[Element]:
        """Every element with one of these local names, in the order of the page."""
        return (element for element in self.elements if name_of(element) in tags)

    def inside(self, element: Element, tag: str) -> bool:
        """Whether an ancestor has this local name."""
        above: Element | None = self.parent.get(element)
        while above is not None and name_of(above) != tag:
            above = self.parent.get(above)
        return above is not None

    def name_is_spoken(self, element: Element) -> bool:
        """Whether text, a label or an aria attribute names the element."""
        if element.get("aria-label", "").strip() or text_of(element):
            return True
        named_by = element.get("aria-labelledby", "").split()
        return bool(named_by) and all(identifier in self.ids for identifier in named_by)


def name_of(element: Element) -> str:
    """Local name without the namespace that svg elements carry."""
    return element.tag.rpartition("}")[2]


def text_of(element: Element) -> str:
    """Text that is read out: an image's alternative counts, what is hidden does not."""
    if element.get("aria-hidden") == "true":
        return ""
    parts = [element.text or "", element.get("alt", "")]
    for child in element:
        parts += [text_of(child) if isinstance(child.tag, str) else "", child.tail or ""]
    return "".join(parts).strip()


def documents(page: Page) -> Iterator[str]:
    """Language, title, heading: once each."""
    if not page.root.get("lang"):
        yield "the page has no lang"
    titles = [element for element in page.all("title") if not page.inside(element, "svg")]
    if not any(text_of(title) for title in titles):
        yield "the title is empty"
    headings = list(page.all("h1"))
    if len(headings) != 1:
        yield f"{len(headings)} h1 instead of one"


def identifiers(page: Page) -> Iterator[str]:
    """Ids are unique, and what refers to one finds it."""
    for identifier in sorted({found for found in page.ids if page.ids.count(found) > 1}):
        yield f"the id {identifier!r} is used twice"
    for element in page.elements:
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for identifier in element.get(attribute, "").split():
                if identifier not in page.ids:
                    yield f"{attribute}={identifier!r} refers to nothing"


def labels(page: Page) -> Iterator[str]:
    """Everything one fills in, presses or looks at has a name."""
    labelled = {label.get("for") for label in page.all("label") if text_of(label)}
    for control in page.all("input", "select", "textarea"):
        if name_of(control) == "input" and control.get("type", "text") in _UNLABELLED:
            continue
        by_aria = control.get("aria-label") or control.get("aria-labelledby")
        if not (by_aria or control.get("id") in labelled or page.inside(control, "label")):
            yield f"the {name_of(control)} {control.get('name')!r} has no label"
    for element in page.all("button", "a", "summary"):
        if not page.name_is_spoken(element):
            yield f"a {name_of(element)} has no text"
    for image in page.all("img"):
        if image.get("alt") is None:
            yield "an img has no alt"


def inline_code(page: Page) -> Iterator[str]:
    """Nothing that the content security policy refuses, and none of htmx's ways to evaluate text."""
    for element in page.elements:
        if name_of(element) == "style":
            yield "a style element"
        if name_of(element) == "script" and not element.get("src"):
            yield "an inline script"
        for attribute, value in element.attrib.items():
            yield from _attribute_faults(attribute, value.strip().lower())


def _attribute_faults(attribute: str, value: str) -> Iterator[str]:
    plain = attribute.removeprefix("data-")
    if attribute == "style":
        yield "a style attribute"
    elif plain.startswith("hx-on"):
        yield f"{attribute} evaluates text"
    elif attribute.startswith("on"):
        yield f"the event attribute {attribute}"
    if plain.startswith("hx-") and value.startswith(("js:", "javascript:")):
        yield f"{attribute} begins with js:"
    if plain == "hx-trigger" and "[" in value:
        yield f"{attribute} has a filter, which is evaluated"
    if attribute in _ADDRESSES and value.startswith(("javascript:", "data:")):
        yield f"{attribute} is not an address"


def forms(page: Page) -> Iterator[str]:
    """Every form that changes something carries the token against forged requests.

    Leaving at once has none: the page may be from before another sign-in, and nobody should have to stay for that. It
    is judged by what the browser says of its origin.
    """
    for form in page.all("form"):
        if form.get("data-leave"):
            continue
        fields = [field for field in form.iter() if isinstance(field.tag, str) and field.get("name") == "csrf_token"]
        token = [field for field in fields if field.get("type") == "hidden" and field.get("value")]
        if form.get("method", "get").lower() == "post" and not token:
            yield "a post form has no csrf_token"
        if form.get("method", "get").lower() == "get" and fields:
            yield "a get form would show the csrf_token in the address"


FRAGMENT_RULES: tuple[Callable[[Page], Iterator[str]], ...] = (labels, inline_code, forms)
PAGE_RULES = (documents, identifiers, *FRAGMENT_RULES)


def lint_page(html: str, headers: Mapping[str, str] | None = None) -> list[str]:
    """Return every fault of a whole page; an empty list is a clean page. `headers` are those of the response."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    page = Page(parser.parse(html))
    return [*_parse_faults(parser), *_run(PAGE_RULES, page), *(_header_faults(headers) if headers is not None else ())]


def lint_fragment(html: str) -> list[str]:
    """Return every fault of a part of a page, as htmx swaps it in."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    root = Element("fragment")
    root.extend(child for child in parser.parseFragment(html) if isinstance(child.tag, str))
    return [*_parse_faults(parser), *_run(FRAGMENT_RULES, Page(root))]


def _run(rules: tuple[Callable[[Page], Iterator[str]], ...], page: Page) -> Iterator[str]:
    return (fault for rule in rules for fault in rule(page))


def _parse_faults(parser: html5lib.HTMLParser) -> Iterator[str]:
    return (f"line {position[0]}: {code} {details}" for position, code, details in parser.errors)


def _header_faults(headers: Mapping[str, str]) -> Iterator[str]:
    lower = {name.lower(): value for name, value in headers.items()}
    policy = lower.get("content-security-policy", "")
    if not policy.startswith("default-src 'none'"):
        yield "the content security policy is missing or open by default"
    if "'unsafe-" in policy:
        yield "the content security policy allows something unsafe"
    if "no-store" not in lower.get("cache-control", ""):
        yield "the page may be stored"
    if lower.get("content-type", "").replace(" ", "").lower() != "text/html;charset=utf-8":
        yield "the content type is not HTML in UTF-8"
