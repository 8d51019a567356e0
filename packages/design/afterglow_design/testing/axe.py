"""axe-core in a browser page, from the development packages in node_modules."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from afterglow_design.vendor import PACKAGE_FOLDER

AXE_FILE = PACKAGE_FOLDER / "node_modules" / "axe-core" / "axe.min.js"
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class BrowserPage(Protocol):
    """The one thing asked of an asynchronous Playwright page: its evaluation passes the policy of the page by."""

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - as Playwright declares it
        ...


def axe_source() -> str:
    """Source of axe-core. Raises FileNotFoundError that says how to get it."""
    if not AXE_FILE.is_file():
        raise FileNotFoundError("axe-core is missing: run `python -m afterglow_design.vendor --development`")
    return AXE_FILE.read_text()


def axe_expression() -> str:
    """One expression to evaluate in a page: it loads axe, runs it and gives its result to `faults`."""
    options = json.dumps({"runOnly": {"type": "tag", "values": _RULES}})
    return f"(async () => {{ {axe_source()}; return await axe.run(document, {options}); }})()"


def faults(result: Mapping[str, Any]) -> list[str]:
    """One line per violation in axe's result, with the elements it found."""
    found = result["violations"]
    return [f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']]}" for fault in found]


async def violations(page: BrowserPage) -> list[str]:
    """Run axe on an open page; an empty list is a clean page."""
    return faults(await page.evaluate(axe_expression()))
