"""Words of what stands in a conversation without being a message."""

from collections.abc import Callable
from uuid import UUID

from afterglow_design.dates import moment
from afterglow_design.languages import _

from afterglow_web.messages.records import CoverLine, Parties, TeamLine


def line_sentence(line: CoverLine | TeamLine, parties: Parties, reader: UUID | None, zone: str) -> str:
    """What a line says to this reader, to nobody in particular on paper."""
    if isinstance(line, TeamLine):
        return team_sentence(line, reader, zone)
    covered = line.covered or parties.therapist
    name = covered.name if covered and covered.id != reader else None
    if line.kind == "cover_begins" and any(one.id == line.covering.id for one in parties.team):
        return within_sentence(line, name, zone)
    return cover_sentence(line, name, zone)


def within_sentence(line: CoverLine, covered: str | None, zone: str) -> str:
    """Of somebody who is in the care team as well, or was, and so reads the conversation or may have read it."""
    said = {"covering": line.covering.name, "from": moment(line.starts_at, zone), "until": moment(line.ends_at, zone)}
    if covered is None:
        return _("%(covering)s stands in for you from %(from)s to %(until)s.", **said)
    return _("%(covering)s stands in for %(covered)s from %(from)s to %(until)s.", covered=covered, **said)


def team_sentence(line: TeamLine, reader: UUID | None, zone: str) -> str:
    when, name = moment(line.at, zone), line.member.name
    if line.kind == "leaves":
        if line.member.id == reader:
            return _("%(when)s: you left the care team.", when=when)
        return _("%(when)s: %(name)s left the care team.", when=when, name=name)
    if line.member.id == reader:
        return _("%(when)s: you joined the care team. You read what is written here from then on.", when=when)
    return _(
        "%(when)s: %(name)s joined the care team, and reads what is written here from then on.", when=when, name=name
    )


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


FILTERS: dict[str, Callable[..., object]] = {"line_sentence": line_sentence}
