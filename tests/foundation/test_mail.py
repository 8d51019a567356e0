"""Mail through real SMTP exchanges, with and without TLS; and what settings and addresses may be."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from afterglow_foundation.mail import (
    Mail,
    MailError,
    MailRefusedError,
    MailSettings,
    PerhapsTakenError,
    answers,
    parsed,
    send,
    sender_of,
    written,
)
from afterglow_operator.mailbox.reading import KeptMail, kept_mails
from afterglow_operator.mailbox.receiving import Doorway, listen
from afterglow_operator.ports import free_ports
from aiosmtpd.smtp import SMTP
from pydantic import ValidationError

from tests.certificates import Authority

LETTER = Mail(id="abc", to="rowan@example.org", subject="Neuigkeiten für Sie", text="Grüße,\n\nein Satz.\n")
LINK = "https://portal.example.org/auth/invitation?token=" + "x" * 60
Serve = Callable[..., AbstractAsyncContextManager[MailSettings]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.new(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def serve(folder: Path, settings_values: dict[str, Any], authority: Authority) -> Serve:
    """Run a mailbox; what is yielded are settings that reach it."""

    @asynccontextmanager
    async def served(tls: str = "none", *, days: int = 1, **changes: Any) -> AsyncIterator[MailSettings]:
        certificate, key = (None, None) if tls == "none" else authority.sign("localhost", days=days)
        values = {
            "smtp_host": "localhost",
            "smtp_port": free_ports(1)[0],
            "smtp_tls": tls,
            "smtp_authority": authority.certificate,
            "mail_from": "Client portal <portal@practice.example>",
            **changes,
        }
        server = await listen(
            Doorway(
                folder=folder,
                host="127.0.0.1",
                port=values["smtp_port"],
                certificate=certificate,
                key=key,
                implicit=tls == "implicit",
                user="afterglow" if "smtp_user" in changes else None,
                password="a password of the provider's",
            )
        )
        try:
            yield MailSettings(**settings_values, **values)
        finally:
            server.close()

    return served


def only(folder: Path) -> KeptMail:
    [mail] = kept_mails(folder)
    return mail


@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
async def test_a_mail_arrives_as_it_was_written(serve: Serve, folder: Path, tls: str):
    async with serve(tls) as settings:
        assert await answers(settings)
        await send(LETTER, settings)
    mail = only(folder)
    assert (mail.to, mail.subject, mail.text) == (LETTER.to, LETTER.subject, LETTER.text)
    message = message_from_bytes(mail.file.read_bytes(), policy=default)
    assert message["From"] == "Client portal <portal@practice.example>"
    assert message["Return-Path"] == "<portal@practice.example>"
    assert message["Message-ID"] == "<abc@practice.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.tzinfo
    assert message.get_content_type() == "text/plain"
    assert message.get_content_charset() == "utf-8"
    assert not message.is_multipart()
    assert "X-Mailer" not in message


async def test_a_long_link_survives_the_way(serve: Serve, folder: Path):
    async with serve() as settings:
        await send(Mail(id="1", to="rowan@example.org", subject="A link", text=f"Open\n\n{LINK}\n\nsoon."), settings)
    assert only(folder).links == [LINK]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_of_somebody_else_is_refused(serve: Serve, folder: Path, tls: str, tmp_path: Path):
    stranger = Authority.new(tmp_path / "stranger")
    async with serve(tls, smtp_authority=stranger.certificate) as settings:
        with pytest.raises(MailError):
            await send(LETTER, settings)
        assert not await answers(settings)
    assert kept_mails(folder) == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_of_another_name_is_refused(serve: Serve, folder: Path, tls: str):
    async with serve(tls, smtp_host="127.0.0.1") as settings:
        with pytest.raises(MailError):
            await send(LETTER, settings)
    assert kept_mails(folder) == []


async def test_a_certificate_that_has_run_out_is_refused(serve: Serve, folder: Path):
    async with serve("starttls", days=-1) as settings:
        with pytest.raises(MailError):
            await send(LETTER, settings)
    assert kept_mails(folder) == []


async def test_a_server_that_no_longer_offers_tls_gets_nothing(serve: Serve, folder: Path):
    async with serve("none") as plain:
        with pytest.raises(MailError) as refused:
            await send(LETTER, plain.model_copy(update={"smtp_tls": "starttls"}))
    assert not isinstance(refused.value, MailRefusedError)
    assert kept_mails(folder) == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_signing_in_at_the_server(serve: Serve, folder: Path, tls: str):
    known = {"smtp_user": "afterglow", "smtp_password": "a password of the provider's"}
    async with serve(tls, **known) as settings:
        await send(LETTER, settings)
    assert only(folder).to == LETTER.to


async def test_a_changed_password_loses_no_mail(serve: Serve, folder: Path):
    """The operator can repair it: the mail is tried again, not given up."""
    async with serve("starttls", smtp_user="afterglow", smtp_password="an older one") as settings:
        with pytest.raises(MailError) as refused:
            await send(LETTER, settings)
    assert not isinstance(refused.value, MailRefusedError)
    assert kept_mails(folder) == []


async def test_no_server_is_no_refusal(settings_values: dict[str, Any]):
    nobody = MailSettings(**settings_values, smtp_port=free_ports(1)[0], smtp_tls="none")
    with pytest.raises(MailError) as missed:
        await send(LETTER, nobody)
    assert not isinstance(missed.value, MailRefusedError)
    assert not await answers(nobody)


class Answering:
    """A server that says what it is told to at each step."""

    def __init__(self, **said: str) -> None:
        self.said = said

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's hook
        envelope.mail_from = address
        return self.said.get("mail", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's hook
        envelope.rcpt_tos.append(address)
        return self.said.get("rcpt", "250 OK")

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802  # aiosmtpd's hook
        return self.said.get("data", "250 OK")


@pytest.mark.parametrize("step", ["mail", "rcpt", "data"])
@pytest.mark.parametrize(("said", "for_good"), [("550 no", True), ("554 never", True), ("451 later", False)])
async def test_refused_for_good_or_for_now(settings_values: dict[str, Any], step: str, said: str, for_good: bool):
    loop, port = asyncio.get_running_loop(), free_ports(1)[0]
    server = await loop.create_server(
        lambda: SMTP(Answering(**{step: said}), hostname="localhost", loop=loop), "127.0.0.1", port
    )
    async with server:
        with pytest.raises(MailError) as refused:
            await send(LETTER, MailSettings(**settings_values, smtp_port=port, smtp_tls="none"))
        server.close()
    assert isinstance(refused.value, MailRefusedError) == for_good


class Silent(Answering):
    """A server that says nothing any more once it has a mail."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802  # aiosmtpd's hook
        await asyncio.sleep(60)
        return "250 OK"


async def test_sending_ends_at_once_when_it_is_told_to(settings_values: dict[str, Any]):
    """A job has its time: what goes on beyond it could be done twice at the same time."""
    loop, port = asyncio.get_running_loop(), free_ports(1)[0]
    server = await loop.create_server(lambda: SMTP(Silent(), hostname="localhost", loop=loop), "127.0.0.1", port)
    settings = MailSettings(**settings_values, smtp_port=port, smtp_tls="none")
    sending = asyncio.create_task(send(LETTER, settings))
    await asyncio.sleep(0.5)
    sending.cancel()
    done, _ = await asyncio.wait({sending}, timeout=20)
    server.close()
    assert done == {sending}
    assert sending.cancelled()


BAD_ADDRESSES = [
    "",
    "rowan",
    "@example.org",
    "rowan@",
    "rowan@example.org, noor@example.org",
    "rowan@example.org\r\nBcc: noor@example.org",
    "rowan@example.org\nRCPT TO:<noor@example.org>",
    "<rowan@example.org> SIZE=1",
    "rowan hale@example.org",
    "rowan@exam ple.org",
    "Rowan <rowan@example.org>",
    "rowan@example.org\x00",
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_no_single_address_reaches_no_header(address: str):
    with pytest.raises(MailRefusedError):
        written(Mail(id="1", to=address, subject="Hello", text=""), sender_of("portal@practice.example"))


@pytest.mark.parametrize("field", ["subject", "id"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_no_header_can_be_injected(field: str, end: str):
    values = {"id": "1", "to": "rowan@example.org", "subject": "Hello", "text": "Hello"}
    values[field] = f"x{end}Bcc: noor@example.org"
    with pytest.raises(MailRefusedError):
        written(Mail(**values), sender_of("portal@practice.example"))


async def test_a_text_cannot_end_the_mail_early(serve: Serve, folder: Path):
    text = "One\n.\nMAIL FROM:<a@b>\n..\nEnd\n"
    async with serve() as settings:
        await send(Mail(id="1", to="rowan@example.org", subject="Dots", text=text), settings)
    assert only(folder).text == text


def test_an_address_in_another_script_is_one():
    assert parsed("zoë@exämple.org").addr_spec == "zoë@exämple.org"


async def test_an_address_in_another_script_arrives(serve: Serve, folder: Path):
    async with serve() as settings:
        await send(Mail(id="1", to="zoë@exämple.org", subject="Hello", text="Hello"), settings)
    assert only(folder).to == "zoë@exämple.org"


PRODUCTION = {
    "environment": "production",
    "base_url": "https://portal.example.org",
    "database_url": "postgresql+asyncpg://app:Xk3vQ9wLm2RtZ8pNb4@db/x",
    "worker_database_url": "postgresql+asyncpg://worker:Xk3vQ9wLm2RtZ8pNb5@db/x",
    "key_encryption_keys": '{"1": "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA="}',
    "smtp_host": "mail.example.org",
    "mail_from": "portal@example.org",
}


def test_outside_development_mail_goes_over_tls(settings_values: dict[str, Any]):
    assert MailSettings(**settings_values | PRODUCTION).smtp_tls == "starttls"
    assert MailSettings(**settings_values | PRODUCTION, smtp_tls="implicit")
    with pytest.raises(ValidationError, match="smtp_tls must be starttls or implicit"):
        MailSettings(**settings_values | PRODUCTION, smtp_tls="none")


@pytest.mark.parametrize("name", ["smtp_host", "mail_from"])
def test_outside_development_server_and_sender_are_named(settings_values: dict[str, Any], name: str):
    values = settings_values | {key: value for key, value in PRODUCTION.items() if key != name}
    with pytest.raises(ValidationError, match=f"{name} must be set"):
        MailSettings(**values)


@pytest.mark.parametrize(
    "sender", ["", "portal", "Portal <portal>", "a@b\r\nBcc: c@d", "a@b, c@d", "@b", "Portal <a@b> x"]
)
def test_a_sender_is_one_address(settings_values: dict[str, Any], sender: str):
    with pytest.raises(ValidationError):
        MailSettings(**settings_values, mail_from=sender)


@pytest.mark.parametrize("half", [{"smtp_user": "portal"}, {"smtp_password": "Xk3vQ9wLm2RtZ8pNb6"}])
def test_a_user_has_a_password(settings_values: dict[str, Any], half: dict[str, str]):
    with pytest.raises(ValidationError, match="belong together"):
        MailSettings(**settings_values, **half)


@pytest.mark.parametrize("password", ["abcdefghijklmnop", "Tr8-kw2-zz9"])
def test_the_providers_password_is_the_providers_choice(settings_values: dict[str, Any], password: str):
    assert MailSettings(**settings_values | PRODUCTION, smtp_user="portal", smtp_password=password)


@pytest.mark.parametrize("password", ["changeme", "secret", "password", ""])
def test_an_example_is_no_password(settings_values: dict[str, Any], password: str):
    with pytest.raises(ValidationError, match="smtp_password"):
        MailSettings(**settings_values | PRODUCTION, smtp_user="portal", smtp_password=password)


@pytest.mark.parametrize(
    ("said", "error"),
    [(b"451 4.3.0 later\r\n", MailError), (b"554 5.7.1 never\r\n", MailRefusedError), (b"", PerhapsTakenError)],
)
async def test_it_is_told_apart_whether_the_server_may_have_taken_it(
    settings_values: dict[str, Any], said: bytes, error: type[MailError]
):
    """`said` is the answer to the whole mail; a connection that breaks before it leaves open whether it was taken."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 localhost\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(said)
                if not said:
                    break
            else:
                writer.write(b"250 localhost\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    settings = MailSettings(**settings_values, smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none")
    async with server:
        with pytest.raises(MailError) as raised:
            await send(LETTER, settings)
    assert type(raised.value) is error
