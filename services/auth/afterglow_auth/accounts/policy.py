"""Which people one may list: an admin everybody, anyone else themselves."""

from dataclasses import dataclass
from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import ColumnElement, Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person, PersonState


def own_account(caller: Caller) -> Select[Person]:
    return select(Person).where(col(Person.id) == caller.person)


def visible_people(caller: Caller) -> Select[Person]:
    return select(Person) if caller.role == Role.admin else own_account(caller)


def in_state(state: PersonState) -> ColumnElement[bool]:
    """The condition on `people` that says what `Person.state` says."""
    enabled, joined, was_reset = (
        col(Person.disabled_at).is_(None),
        col(Person.joined_at).is_not(None),
        col(Person.reset_at).is_not(None),
    )
    conditions = {
        PersonState.active: enabled & joined & ~was_reset,
        PersonState.disabled: ~enabled,
        PersonState.invited: enabled & ~joined,
        PersonState.reset: enabled & joined & was_reset,
    }
    return conditions[state]


@dataclass(frozen=True, slots=True)
class Search:
    """Whom to list; `words` must stand in the name or the address."""

    words: str | None = None
    role: str | None = None
    state: PersonState | None = None


def page_of(people: Select[Person], search: Search, *, after: UUID | None, limit: int) -> Select[Person]:
    """One page by name, beginning after that person."""
    place = (func.lower(col(Person.name)), col(Person.id))
    if after is not None:
        anchor = aliased(Person)
        name = select(func.lower(col(anchor.name))).where(col(anchor.id) == after).scalar_subquery()
        people = people.where(tuple_(*place) > tuple_(name, literal(after)))
    if search.words:
        people = people.where(
            or_(
                col(Person.name).icontains(search.words, autoescape=True),
                col(Person.email).icontains(search.words, autoescape=True),
            )
        )
    if search.role:
        people = people.where(col(Person.role) == search.role)
    if search.state:
        people = people.where(in_state(search.state))
    return people.order_by(*place).limit(limit)
