"""Which people one may list: an admin everybody, anyone else themselves."""

from uuid import UUID

from afterglow_foundation.callers import Caller, Role
from sqlalchemy import Select, or_, select
from sqlmodel import col

from afterglow_auth.accounts.models import Person


def own_account(caller: Caller) -> Select[Person]:
    return select(Person).where(col(Person.id) == caller.person)


def visible_people(caller: Caller) -> Select[Person]:
    return select(Person) if caller.role == Role.admin else own_account(caller)


def page_of(people: Select[Person], *, after: UUID | None, words: str | None, limit: int) -> Select[Person]:
    """One page by id (so by time of creation); `words` must stand in the name or the address."""
    if after is not None:
        people = people.where(col(Person.id) > after)
    if words:
        people = people.where(
            or_(
                col(Person.name).icontains(words, autoescape=True),
                col(Person.email).icontains(words, autoescape=True),
            )
        )
    return people.order_by(col(Person.id)).limit(limit)
