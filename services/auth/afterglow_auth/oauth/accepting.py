"""Which of two representations a request would rather have (RFC 9110 §12.5.1)."""

import re

WEIGHT = re.compile(r"(0(\.\d{0,3})?|1(\.0{0,3})?)", re.ASCII)
EVERYTHING = "*/*"


def prefers(accept: str, special: str, usual: str) -> bool:
    """Whether `special` is to be sent and not `usual`: only where it is named, and liked at least as well."""
    weights = read(accept)
    liked = weights.get(special, 0.0)
    family = f"{usual.partition('/')[0]}/*"
    instead = next((weights[kind] for kind in (usual, family, EVERYTHING) if kind in weights), 0.0)
    return liked > 0 and liked >= instead


def read(accept: str) -> dict[str, float]:
    """Media types by weight, in lower case; one whose weight is none does not count."""
    found = {}
    for entry in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        weight = next((one.removeprefix("q=") for one in parameters if one.startswith("q=")), "1")
        if kind and WEIGHT.fullmatch(weight):
            found[kind] = float(weight)
    return found
