"""Words of the practice's pages that depend on what is shown."""

from collections.abc import Callable

from afterglow_design.languages import _

from afterglow_web.practice.fields import Field
from afterglow_web.practice.office_hours import days_off, lines_of_week
from afterglow_web.programs.records import Program


def options_of(field: Field) -> list[dict[str, str]]:
    """For a list to choose from."""
    return [{"value": value, "label": str(label)} for value, label in field.options.items()]


def where_it_runs(program: Program) -> str:
    match program.kind:
        case "public":
            return _("on people's own devices")
        case "service":
            return _("a part of the portal")
    return _("on a server")


FILTERS: dict[str, Callable[..., object]] = {
    "days_off": days_off,
    "lines_of_week": lines_of_week,
    "options_of": options_of,
    "where_it_runs": where_it_runs,
}
