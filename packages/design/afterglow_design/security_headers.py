"""Headers of every page. The content security policy is data: directives and their sources."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

ContentSecurityPolicy = Mapping[str, tuple[str, ...]]

PAGE_POLICY: ContentSecurityPolicy = MappingProxyType(
    {
        "default-src": ("'none'",),
        "base-uri": ("'none'",),
        "connect-src": ("'self'",),
        "font-src": ("'self'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
        "img-src": ("'self'",),
        "manifest-src": ("'self'",),
        "script-src": ("'self'",),
        "style-src": ("'self'",),
    }
)

WIDENABLE = frozenset({"connect-src", "form-action", "img-src"})  # no page may loosen scripts, styles or framing

# The gateway sets these too; a service that is reached without it must not be weaker.
PAGE_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)


def extend(policy: ContentSecurityPolicy, **additions: str) -> ContentSecurityPolicy:
    """Return `policy` with one more source per directive, e.g. `extend(PAGE_POLICY, form_action="https://a.example")`.

    Underscores stand for hyphens; a source is an origin or a URL, of which the origin is used. Raises ValueError
    for a directive no page may widen and for anything that is not an http(s) or app-scheme origin.
    """
    widened = dict(policy)
    for word, source in additions.items():
        directive = word.replace("_", "-")
        if directive not in WIDENABLE:
            raise ValueError(f"{directive} cannot be widened")
        widened[directive] = (*widened[directive], origin_of(source))
    return MappingProxyType(widened)


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL as a policy source; a private-use scheme (RFC 8252) gives `scheme:`."""
    parts = urlsplit(url)
    if any(character in url for character in " ;,'\"\r\n\t*") or not parts.scheme:
        raise ValueError("not a URL that a policy can name")
    if parts.scheme in {"http", "https"}:
        if not parts.hostname or parts.username or parts.password:
            raise ValueError("a web origin has a host and no credentials")
        return f"{parts.scheme}://{parts.netloc}"
    if "." not in parts.scheme:  # RFC 8252 §7.1: reverse domain names; this also refuses data:, javascript:, blob:
        raise ValueError("a private-use scheme has a dot")
    return f"{parts.scheme}:"


def header(policy: ContentSecurityPolicy = PAGE_POLICY) -> str:
    """Write the policy as the value of Content-Security-Policy."""
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())
