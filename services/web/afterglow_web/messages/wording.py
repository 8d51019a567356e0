"""Words of what stands in a conversation without being a message."""

from collections.abc import Callable

from afterglow_design.dates import moment
from afterglow_design.languages import _

from afterglow_web.messages.records import CoverLine


def cover_sentence(line: CoverLine, covered: str | None, zone: str) -> str:
    """Who stands in for whom (None: for the reader), from when until when; or that they no longer do."""
    said = {"covering": line.covering.name, "from": moment(line.starts_at, zone), "until": moment(line.ends_at, zone)}
    if line.kind == "cover_ends":
        if covered is None:
            return _("%(until)s: %(covering)s no longer stands in for you.", **said)
        return _("%(until)s: %(covering)s no longer stands in for %(covered)s.", covered=covered, **said)
    if covered is None:
        return _(
            "%(covering)s stands in for you from %(from)s to %(until)s, and does not read this conversation.", **said
        )
    return _(
        "%(covering)s stands in for %(covered)s from %(from)s to %(until)s, and does not read this conversation.",
        covered=covered,
        **said,
    )


FILTERS: dict[str, Callable[..., object]] = {"cover_sentence": cover_sentence}
