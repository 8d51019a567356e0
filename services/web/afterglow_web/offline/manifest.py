"""How the portal is called and drawn on a phone that has it installed (W3C Web Application Manifest)."""

from collections.abc import Callable

from afterglow_design.languages import current, gettext
from afterglow_design.practice_now import SpokenNow

Static = Callable[[str], str]
GROUND, SKY = "#fbf7f2", "#ebe6f5"  # as in the stylesheet; the theme of an open page is its own, light and dark
ICONS = (("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"))
MASKABLE = ("icon-maskable-512.png", "512x512", "maskable")


def manifest(practice: SpokenNow, static: Static) -> dict[str, object]:
    """The neutral name and nothing else: whoever picks the phone up reads it. `static` gives a file's address."""
    name = gettext(str(practice.neutral_name))
    icons: list[dict[str, str]] = [{"src": static("icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    for file, sizes, purpose in (*ICONS, MASKABLE):
        icons.append({"src": static(file), "sizes": sizes, "type": "image/png", "purpose": purpose})
    return {
        "id": "/",
        "name": name,
        "short_name": name,
        "lang": current(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": SKY,
        "icons": icons,
    }
