"""What a letter is, and what writing one is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from afterglow_design.languages import LazyString
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.digests import Digests


@dataclass(frozen=True)
class Writing:
    """One letter being written: to whom, about which row, and what its links are made of.

    `person` is None where `to` is nobody's id. A link's secret is derived here, at sending time, from the row's id
    and kept nowhere: `writing.link("/auth/reset", token=…)` with a value of `writing.digests`.
    """

    session: AsyncSession
    to: UUID
    person: Person | None
    about: UUID | None
    base_url: str
    digests: Digests

    def link(self, path: str, **query: str) -> str:
        """An absolute address of ours; never built from a request."""
        return f"{self.base_url}{path}" + (f"?{urlencode(query)}" if query else "")


Context = Mapping[str, object]
Write = Callable[[Writing], Awaitable[Context | None]]


async def nothing_more(_writing: Writing) -> Context:
    return {}


async def address_of_account(writing: Writing) -> str | None:
    """Where the person says that letters are safe, else the address they sign in with."""
    return (writing.person.notices_to or writing.person.email) if writing.person else None


@dataclass(frozen=True)
class Letter:
    """A kind of mail. Its text is `templates/mail/<name>.txt`, in which `start` is the portal's address.

    `same_as` names the letter whose text it shares.

    It is written in the language of whom it goes to, a paragraph to a line: every program folds those to its width.

    Neither subject nor text names a person, a scale, what was written, or what the practice treats: a phone shows
    them to whoever holds it. `write` gives what the template needs, or None when there is nothing to say any more (a
    letter may be sent hours late). `address` says where it goes.
    """

    name: str
    subject: LazyString
    write: Write = nothing_more
    address: Callable[[Writing], Awaitable[str | None]] = address_of_account
    same_as: str | None = None

    @property
    def template(self) -> str:
        return f"{self.same_as or self.name}.txt"
