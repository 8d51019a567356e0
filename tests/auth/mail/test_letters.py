"""Letters: promised with what they are about, written when they are sent, and without content."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import pytest_asyncio
from afterglow_auth.accounts import service as accounts
from afterglow_auth.accounts.letters import ACCOUNT_CLOSED
from afterglow_auth.accounts.models import Person
from afterglow_auth.mail import delivering
from afterglow_auth.mail.delivering import Order, compose, deliver, templates
from afterglow_auth.mail.letters import Letter, Writing
from afterglow_auth.mail.registry import LETTERS
from afterglow_auth.mail.sending import SEND_LETTER
from afterglow_auth.main import assemble
from afterglow_auth.provider import IdentityProvider
from afterglow_auth.settings import Settings
from afterglow_design.languages import LANGUAGES, current, speaking
from afterglow_foundation.identifiers import new_id
from afterglow_foundation.jobs import HopelessError, Job
from afterglow_foundation.mail import Mail, MailError, MailRefusedError, MailSettings
from afterglow_foundation.testing.databases import RolledBackDatabase
from jinja2 import meta
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

TELLING = re.compile(
    r"ketamin|quetamin|psych|psic|therap|terap|counsel|paciente|dose|dosis|depres|mood|ánimo|practice of|PHQ|GAD",
    re.IGNORECASE,
)


@pytest.fixture
def provider(settings: Settings, database: RolledBackDatabase) -> IdentityProvider:
    return assemble(settings, database)


@pytest_asyncio.fixture(loop_scope="session")
async def letter(database: RolledBackDatabase, person: Person) -> Job:
    async with database.arrange() as session:
        await accounts.disable(session, person.id)
    return job("account_closed", person.id)


def job(letter: str, to: object, about: object = None) -> Job:
    return Job(1, SEND_LETTER, {"id": "abc", "letter": letter, "to": str(to), "about": about and str(about)}, 0)


@asynccontextmanager
async def reading(database: RolledBackDatabase) -> AsyncIterator[AsyncSession]:
    """As the worker role, which writes letters."""
    async with database.as_role("auth_worker"), database.sessions() as session:
        yield session


async def promised(database: RolledBackDatabase) -> list[str]:
    async with database.arrange() as session:
        rows = await session.scalars(text("SELECT convert_from(payload, 'UTF8') FROM jobs.pgqueuer ORDER BY id"))
        return list(rows)


async def test_whoever_is_disabled_is_told_once(database: RolledBackDatabase, person: Person):
    async with database.as_role("auth_worker"), database.sessions() as session, session.begin():
        await accounts.disable(session, person.id)
        await accounts.disable(session, person.id)
    [payload] = [one for one in await promised(database) if "letter" in one]  # others forget their browsers
    assert '"letter": "account_closed"' in payload
    assert str(person.id) in payload
    assert person.email not in payload


async def test_the_mail_goes_to_the_account_and_says_nothing(
    provider: IdentityProvider, database: RolledBackDatabase, person: Person
):
    async with database.arrange() as session:
        await accounts.disable(session, person.id)
    async with reading(database) as session:
        mail = await compose(provider, session, Order.of(job("account_closed", person.id)))
    assert mail is not None
    assert (mail.to, mail.id, mail.subject) == ("Rowan@Example.org", "abc", "Your account was closed")
    assert person.name not in mail.text
    assert mail.text.startswith("Hello,\n\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", LETTERS.values(), ids=LETTERS)
def test_no_letter_tells_what_it_is_about(letter: Letter, language: str):
    source, _, _ = templates().loader.get_source(templates(), letter.template)  # type: ignore[union-attr]  # it has one
    with speaking(language):
        subject = str(letter.subject)
        texts = [written(source, every=every) for every in (True, False)]
    assert not TELLING.search(subject + "".join(texts))
    assert "\n" not in subject
    assert not re.search(r"\{\{[^}]*name", source)


def written(source: str, *, every: bool) -> str:
    """A letter in the current language with every part that it may have, or with as few as it can."""
    names = meta.find_undeclared_variables(templates().parse(source)) - set(templates().globals)
    return templates().from_string(source).render(dict.fromkeys(names, "x" if every else ""))


async def test_a_letter_is_written_in_the_language_of_whom_it_goes_to(
    provider: IdentityProvider, database: RolledBackDatabase, person: Person
):
    async with database.arrange() as session:
        await accounts.disable(session, person.id)
        await session.execute(update(Person).where(col(Person.id) == person.id).values(locale="es-MX"))
    async with reading(database) as session:
        mail = await compose(provider, session, Order.of(job("account_closed", person.id)))
    assert mail is not None
    assert mail.subject == "Su cuenta se cerró"
    assert mail.text.startswith("Hola:\n\nSu cuenta se cerró")
    assert current() == "en"


async def test_nothing_to_say_any_more_sends_nothing(
    provider: IdentityProvider, database: RolledBackDatabase, person: Person, monkeypatch: pytest.MonkeyPatch
):
    async def nothing(_writing: Writing) -> None:
        return None

    monkeypatch.setitem(LETTERS, "account_closed", replace(ACCOUNT_CLOSED, write=nothing))
    async with reading(database) as session:
        assert await compose(provider, session, Order.of(job("account_closed", person.id))) is None


async def test_nobody_to_write_to_is_hopeless(provider: IdentityProvider, database: RolledBackDatabase):
    async with reading(database) as session:
        with pytest.raises(HopelessError):
            await compose(provider, session, Order.of(job("account_closed", new_id())))


async def test_a_letter_of_a_newer_version_is_left_for_later(
    provider: IdentityProvider, database: RolledBackDatabase, person: Person
):
    async with reading(database) as session:
        with pytest.raises(KeyError):
            await compose(provider, session, Order.of(job("not-yet-invented", person.id)))


@pytest.mark.parametrize(("refusal", "raised"), [(MailRefusedError, HopelessError), (MailError, MailError)])
async def test_what_the_server_says_decides_whether_it_is_tried_again(
    letter: Job,
    provider: IdentityProvider,
    monkeypatch: pytest.MonkeyPatch,
    refusal: type[Exception],
    raised: type[Exception],
):
    async def refuse(_mail: Mail, _settings: MailSettings) -> None:
        raise refusal

    monkeypatch.setattr(delivering, "send", refuse)
    with pytest.raises(raised):
        await deliver(provider, provider.database, letter)


def test_links_are_built_from_the_configured_address(provider: IdentityProvider, person: Person):
    writing = Writing(
        session=AsyncSession(),
        to=person.id,
        person=person,
        about=None,
        base_url="https://portal.example.org",
        digests=provider.digests,
    )
    assert writing.link("/auth/reset", token="a b&c") == "https://portal.example.org/auth/reset?token=a+b%26c"
