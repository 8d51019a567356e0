"""Static files under names that carry a hash of their content, served as immutable.

The files lie in static/ beside this module; a service may add its own `static` folder.
"""

import hashlib
import importlib.util
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STATIC_FOLDER = Path(__file__).resolve().parent / "static"
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
HINT = "third-party files come with `python -m afterglow_design.vendor`"
IMMUTABLE = "public, max-age=31536000, immutable"
_REFERENCE = re.compile(r"""(?P<open>url\("|from "|import ")(?P<path>\.{1,2}/[^"]+)(?=")""")


@dataclass(frozen=True)
class Asset:
    """One static file as it is sent: references inside it already point at hashed names.

    `refers_to` names the other files that it cannot do without, and theirs, by plain name.
    """

    name: str
    hashed_name: str
    content: bytes
    content_type: str
    refers_to: frozenset[str] = frozenset()


@cache
def collect(package: str | None = None) -> Mapping[str, Asset]:
    """Design's static files and those of `package`, by plain name; files of unknown type are left out.

    Raises LookupError when a stylesheet or module refers to a file that does not exist.
    """
    sources: dict[str, bytes] = {}
    for folder in (STATIC_FOLDER, *_folder_of(package)):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in CONTENT_TYPES:
                sources[path.relative_to(folder).as_posix()] = path.read_bytes()
    assets: dict[str, Asset] = {}
    for name in sources:
        _build(name, sources, assets, ())
    return MappingProxyType(assets)


def _folder_of(package: str | None) -> list[Path]:
    specification = importlib.util.find_spec(package) if package else None
    if specification is None or specification.origin is None:
        return []
    folder = Path(specification.origin).parent / "static"
    return [folder] if folder.is_dir() else []


def _build(name: str, sources: Mapping[str, bytes], assets: dict[str, Asset], trail: tuple[str, ...]) -> Asset:
    """Hash one file after those it refers to, so that a changed font also renames its stylesheet."""
    if name in assets:
        return assets[name]
    if name not in sources or name in trail:
        raise LookupError(f"static file {name!r}, named in {trail[-1:]}, is missing or names itself; {HINT}")
    path, content = PurePosixPath(name), sources[name]
    refers_to: set[str] = set()
    if path.suffix in {".css", ".js"} and path.parts[0] != "vendor":

        def renamed(match: re.Match[str]) -> str:
            target = _resolve(path.parent, match["path"])
            asset = _build(target, sources, assets, (*trail, name))
            refers_to.update({target}, asset.refers_to)
            up = "../" * (len(path.parts) - 1) or "./"
            return match["open"] + up + asset.hashed_name

        content = _REFERENCE.sub(renamed, content.decode()).encode()
    digest = hashlib.sha256(content).hexdigest()[:12]
    hashed_name = path.with_name(f"{path.stem}.{digest}{path.suffix}").as_posix()
    assets[name] = Asset(name, hashed_name, content, CONTENT_TYPES[path.suffix], frozenset(refers_to))
    return assets[name]


def _resolve(folder: PurePosixPath, reference: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(reference).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


class StaticFiles:
    """An ASGI application that serves assets from memory: hashed names for good, plain names revalidated."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self.plain = dict(assets)
        self.hashed = {asset.hashed_name: asset for asset in assets.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope)
        await self.answer(request)(scope, receive, send)

    def answer(self, request: Request) -> Response:
        """200 with the file, 304 when the caller has it, 404 or 405 otherwise."""
        if request.method not in {"GET", "HEAD"}:
            return Response(status_code=405, headers={"Allow": "GET, HEAD"})
        name = request.scope["path"].removeprefix(request.scope.get("root_path", "")).lstrip("/")
        asset = self.hashed.get(name) or self.plain.get(name)
        if asset is None:
            return Response("Not found", status_code=404, media_type="text/plain")
        tag = f'"{hashlib.sha256(asset.content).hexdigest()[:16]}"'
        headers = {
            "Cache-Control": IMMUTABLE if name in self.hashed else "no-cache",
            "Content-Type": asset.content_type,
            "Cross-Origin-Resource-Policy": "same-origin",
            "ETag": tag,
            "X-Content-Type-Options": "nosniff",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(asset.content, headers=headers)


def mount(app: Starlette, prefix: str, *, package: str | None = None) -> None:
    """Serve design's static files, and those in `package`'s own static folder, under `prefix` (e.g. `/static`)."""
    app.mount(prefix, StaticFiles(collect(package)), name="static")
