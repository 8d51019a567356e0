"""Which doses a figure is of: those of one course that are alike, by default like the newest one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.errors import FieldError, InvalidInput

from afterglow_portal.curve.doses import Dose, Kind

NO_COURSE = FieldError(field="course", code="unknown", message="There is no dose in such a course.")
NO_DOSE = FieldError(field="like", code="unknown", message="There is no such administration.")


@dataclass(frozen=True, slots=True)
class Chosen:
    """The doses of one course, oldest first, and those of them that are `alike`. Never empty."""

    course: Sequence[Dose]
    alike: Sequence[Dose]


def courses_of(doses: Iterable[Dose]) -> list[list[Dose]]:
    """The doses of each course, the course with the newest dose first."""
    found: dict[UUID, list[Dose]] = {}
    for dose in doses:
        found.setdefault(dose.course, []).append(dose)
    return sorted(found.values(), key=lambda some: some[-1].at, reverse=True)


def kinds_of(course: Iterable[Dose]) -> list[list[Dose]]:
    """The doses of each medicine and route, in the order in which they were first given."""
    found: dict[Kind, list[Dose]] = {}
    for dose in course:
        found.setdefault(dose.kind, []).append(dose)
    return list(found.values())


def choose(doses: Sequence[Dose], course: UUID | None, like: UUID | None) -> Chosen:
    """Of at least one dose. `like` is any administration, and names its course as well; of `course` it is the newest.

    Raises InvalidInput for what is not there.
    """
    found = [dose for dose in doses if course in {None, dose.course}]
    if not found:
        raise InvalidInput(errors=[NO_COURSE])
    one = next((dose for dose in reversed(found) if like is None or like in {each.id for each in dose.given}), None)
    if one is None:
        raise InvalidInput(errors=[NO_DOSE])
    same = [dose for dose in doses if dose.course == one.course]
    return Chosen(same, [dose for dose in same if dose.kind == one.kind])
