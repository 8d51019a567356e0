"""Writing and sending a letter when its job comes up."""

from dataclasses import dataclass
from functools import cache
from uuid import UUID

import structlog
from afterglow_design import languages
from afterglow_design.practice import Practice
from afterglow_design.practice_now import SpokenNow, telling_of
from afterglow_foundation.database import Database, RowContext
from afterglow_foundation.jobs import HopelessError, Job
from afterglow_foundation.mail import Mail, MailRefusedError, send
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy.ext.asyncio import AsyncSession

from afterglow_auth.accounts.models import Person
from afterglow_auth.mail.letters import Writing
from afterglow_auth.mail.registry import LETTERS
from afterglow_auth.provider import IdentityProvider

logger = structlog.get_logger()


async def deliver(provider: IdentityProvider, database: Database, job: Job) -> None:
    """The handler of `send_letter` jobs; `database` is the worker role's.

    Raises HopelessError where no further try can help, MailError where one may. No transaction is open while the
    mail server is talked to.
    """
    async with database.unit_of_work(RowContext()) as session:
        mail = await compose(provider, session, Order.of(job))
    if mail is None:
        logger.info("letter no longer needed", letter=job.payload["letter"], job_id=job.id)
        return
    try:
        await send(mail, provider.settings)
    except MailRefusedError as error:
        raise HopelessError from error
    logger.info("letter sent", letter=job.payload["letter"], job_id=job.id)


@dataclass(frozen=True, slots=True)
class Order:
    """Which letter to whom, about which row; `id` becomes the Message-ID."""

    id: str
    letter: str
    to: UUID
    about: UUID | None

    @classmethod
    def of(cls, job: Job) -> "Order":
        about = job.payload["about"]
        return cls(job.payload["id"], job.payload["letter"], UUID(job.payload["to"]), UUID(about) if about else None)


async def compose(provider: IdentityProvider, session: AsyncSession, order: Order) -> Mail | None:
    """The mail, or None when there is nothing to say any more. KeyError for a letter of a newer version."""
    letter = LETTERS[order.letter]
    person = await session.get(Person, order.to)
    writing = Writing(
        session=session,
        to=order.to,
        person=person,
        about=order.about,
        base_url=provider.settings.base_url,
        digests=provider.digests,
    )
    told = await provider.practice.now()
    with languages.speaking(person.locale if person else None), telling_of(told):
        context = await letter.write(writing)
        if context is None:
            return None
        address = await letter.address(writing)
        if address is None:
            raise HopelessError("nobody to write to")
        text = templates().get_template(letter.template).render(start=writing.link("/"), **context)
        sender = told.practice.mail_sender
        return Mail(id=order.id, to=address, subject=str(letter.subject), text=text, sender=sender)


@cache
def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("afterglow_auth", "templates/mail"),
        autoescape=select_autoescape(),  # by file ending: plain text stays as it is
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    languages.install(environment)
    languages.add_package("afterglow_auth")
    environment.globals["practice"] = SpokenNow(Practice())
    return environment
