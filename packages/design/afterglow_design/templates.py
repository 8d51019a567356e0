"""Pages: a Jinja environment that looks in the service's templates first and in design's second."""

import re
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.requests import Request
from starlette.responses import HTMLResponse

from afterglow_design import dates, htmx, language_of_request, languages
from afterglow_design.practice import Practice
from afterglow_design.practice_now import SpokenNow, other_languages
from afterglow_design.security_headers import PAGE_HEADERS, PAGE_POLICY, ContentSecurityPolicy, header
from afterglow_design.static import collect

TEMPLATE_FOLDER = Path(__file__).resolve().parent / "templates"
NO_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


class SharedGlobals(Environment):
    """Templates have the environment's globals and none of their own: a view of both is gone through for every import.

    What is compiled is not looked for anew on disk either: like the rest of the code, a template stays what it was.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        if d:
            raise ValueError("a template of ours has no globals of its own")
        return self.globals


class Templates:
    """Renders pages of one service with the headers every page has."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def render(self, name: str, **context: Any) -> str:  # noqa: ANN401  # a template takes values of any type
        """Render a template to text: for fragments inside other answers and for tests."""
        return shown(self.environment.get_template(name).render(**context))

    def page(
        self,
        request: Request,
        name: str,
        status_code: int = 200,
        *,
        policy: ContentSecurityPolicy = PAGE_POLICY,
        headers: Mapping[str, str] | None = None,
        **context: Any,  # noqa: ANN401  # a template takes values of any type
    ) -> HTMLResponse:
        """Answer with a page that is never stored; `request` and `path` are in the template's context too."""
        content = self.render(name, request=request, path=request.url.path, **context)
        security = {**PAGE_HEADERS, "Content-Security-Policy": header(policy)}
        spoken = {"Content-Language": languages.current(), "Vary": "Accept-Language"}
        return HTMLResponse(content, status_code, {**security, **spoken, **(headers or {})})


def shown(page: str) -> str:
    """The page with the sign for a character that is none in the place of each control, which HTML cannot have.

    Somebody may have pasted one. A browser would drop it or draw something of its own there, each another thing.
    """
    return NO_CHARACTER.sub("\ufffd", page)


def make_templates(
    package: str | None, *, static_prefix: str, practice: Practice | None = None, folder: Path | None = None
) -> Templates:
    """Build the environment of one service.

    `package` has a `templates` folder (or `folder` is one, in tests); `static_prefix` is where `static.mount` serves.
    `practice` is what pages name outside a request that knows better (`practice_now`).
    """
    environment = SharedGlobals(
        loader=ChoiceLoader(_loaders(package, folder)),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,  # a misspelt name is a fault, not an empty place on the page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    languages.install(environment)
    if package:
        languages.add_package(package)
    assets = collect(package)

    def static(name: str) -> str:
        """Return the address of a static file; an unknown one is a KeyError."""
        return f"{static_prefix}/{assets[name].hashed_name}"

    def imported(modules: Sequence[str]) -> list[str]:
        """Name what these modules import, all the way down, and the page does not name itself."""
        return sorted(frozenset().union(*(assets[name].refers_to for name in modules)).difference(modules))

    environment.globals.update(static=static, imported=imported)
    environment.globals.update(practice=SpokenNow(practice or Practice()), htmx_config=htmx.config())
    environment.globals["other_languages"] = other_languages
    environment.filters.update(dates.FILTERS, keep_language=keep_language)
    return Templates(environment)


@pass_context  # or Jinja would fold it away where the address is a constant, in the language of that moment
def keep_language(_context: Context, address: str) -> str:
    """As `language_of_request.keep_language`, for templates."""
    return language_of_request.keep_language(address)


def _loaders(package: str | None, folder: Path | None) -> list[PackageLoader | FileSystemLoader]:
    own: list[PackageLoader | FileSystemLoader] = [FileSystemLoader(folder)] if folder else []
    if package:
        own.append(PackageLoader(package))
    return [*own, FileSystemLoader(TEMPLATE_FOLDER)]
