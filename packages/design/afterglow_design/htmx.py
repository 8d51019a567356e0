"""htmx's settings, in the names of its fourth major version (older names are silently ignored)."""

import json
from types import MappingProxyType

SETTINGS = MappingProxyType(
    {
        "defaultTimeout": 20_000,  # milliseconds; a phone in a tunnel should hear so within a breath
        "implicitInheritance": False,
        "includeIndicatorCSS": False,
        "mode": "same-origin",
        "transitions": False,
    }
)


def config() -> str:
    """Write the settings as the content of `<meta name="htmx-config">`."""
    return json.dumps(dict(SETTINGS), separators=(",", ":"))
