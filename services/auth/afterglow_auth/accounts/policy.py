"""Which people one may list: an admin everybody, anyone else themselves."""

from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import Select, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col

from afterglow_auth.accounts.models import Person


def own_account(caller: Caller) -> Select[Person]:
    return select(Person).where(col(Person.id) == caller.person)


def visible_people(caller: Caller) -> Select[Person]:
    return select(Person) if caller.role == Role.admin else own_account(caller)


def page_of(people: Select[Person], *, after: UUID | None, words: str | None, limit: int) -> Select[Person]:
    """One page by name, beginning after that person; `words` must stand in the name or the address."""
    place = (func.lower(col(Person.name)), col(Person.id))
    if after is not None:
        anchor = aliased(Person)
        name = select(func.lower(col(anchor.name))).where(col(anchor.id) == after).scalar_subquery()
        people = people.where(tuple_(*place) > tuple_(name, literal(after)))
    if words:
        people = people.where(
            or_(
                col(Person.name).icontains(words, autoescape=True),
                col(Person.email).icontains(words, autoescape=True),
            )
        )
    return people.order_by(*place).limit(limit)
