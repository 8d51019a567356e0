"""axe-core in a browser page, from the development packages in node_modules."""

import json
from typing import Any, Protocol

from afterglow_design.vendor import PACKAGE_FOLDER

AXE_FILE = PACKAGE_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class BrowserPage(Protocol):
    """The one thing asked of an asynchronous Playwright page: its evaluation passes the policy of the page by."""

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401  # as Playwright declares it
        ...


def axe_source() -> str:
    """Source of axe-core. Raises FileNotFoundError that says how to get it."""
    if not AXE_FILE.is_file():
        raise FileNotFoundError("axe-core is missing: run `python -m afterglow_design.vendor --development`")
    return AXE_FILE.read_text()


def axe_expression() -> str:
    """One expression to evaluate in a page: it loads axe, runs it and gives one sentence per violation.

    Only sentences cross from the browser: axe's whole result holds every element of the page.
    """
    options = json.dumps({"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": _RULES}})
    sentence = "fault => `${fault.id}: ${fault.help}: ${fault.nodes.map((node) => node.target).join(' | ')}`"
    return (
        f"(async () => {{ {axe_source()}; return (await axe.run(document, {options})).violations.map({sentence}); }})()"
    )


async def violations(page: BrowserPage) -> list[str]:
    """Run axe on an open page; an empty list is a clean page."""
    found: list[str] = await page.evaluate(axe_expression())
    return found
