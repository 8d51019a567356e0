"""Where to go on to after signing in at auth itself: only ever a page of auth that has a door of its own."""

from urllib.parse import urlsplit

LONGEST = 300
OURS = ("/auth/security",)


def local_path(wanted: str | None) -> str | None:
    """`wanted`, if it is the plain path (perhaps with a query) of a page of auth's that one may be led to."""
    path = wanted or ""
    if not path.startswith("/") or path.startswith("//") or len(path) > LONGEST or not path.isascii():
        return None
    if any(character <= " " or character in "\\\x7f#" for character in path):
        return None
    page = urlsplit(path).path
    if ".." in page or "%" in page:
        return None
    return path if any(page == ours or page.startswith(f"{ours}/") for ours in OURS) else None
