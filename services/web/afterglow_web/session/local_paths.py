"""Where to go after sign-in: only ever a page of ours."""

from urllib.parse import urlsplit

LONGEST = 300
NOT_PAGES = ("/sign-in", "/signed-out", "/step-up", "/callback", "/auth", "/api", "/static")


def local_path(wanted: str | None) -> str:
    """Return `wanted` if it is a plain path (with query) on this site, else `/`."""
    path = wanted or "/"
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST:
        return "/"
    if any(character <= " " or character in "\\\x7f#" or not character.isascii() for character in path):
        return "/"
    parts = urlsplit(path)
    if (
        parts.scheme
        or parts.netloc
        or any(parts.path == page or parts.path.startswith(f"{page}/") for page in NOT_PAGES)
    ):
        return "/"
    return path
