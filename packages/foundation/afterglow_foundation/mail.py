"""Mail: plain text, without content, handed to one SMTP server."""

import contextlib
import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as LINES_OF_SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Literal, Self

from aiosmtplib import SMTP, SMTPException, SMTPNotSupported, SMTPRecipientsRefused, SMTPResponseException
from pydantic import Field, SecretStr, model_validator

from afterglow_foundation.settings import ServiceSettings

SECONDS = 15.0  # for each answer of the server
PARTING_SECONDS = 2.0
ATOM = r"[^\s\x00-\x20\x7f()<>\[\]\\,;:\"@.]+"
ADDRESS = re.compile(rf"(?P<user>{ATOM}(\.{ATOM})*)@(?P<domain>{ATOM}(\.{ATOM})*)")
FOR_GOOD = 500  # codes from here on mean that asking again changes nothing (RFC 5321, 4.2.1)


class MailSettings(ServiceSettings):
    """Where mail goes. Outside development it goes over TLS, and a server and a sender must be named.

    `mail_from` is what a receiver sees: an address, or `Name <address>` with a name that tells nothing.
    `smtp_authority` is a file of certificates (PEM), one of which signed the server's, where the machine's own
    authorities did not.
    """

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_tls: Literal["starttls", "implicit", "none"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_authority: Path | None = None
    mail_from: str = "Client portal <portal@localhost>"

    @model_validator(mode="after")
    def check_mail(self) -> Self:
        sender_of(self.mail_from)
        if (self.smtp_user is None) != (self.smtp_password is None):
            raise ValueError("smtp_user and smtp_password belong together")
        if self.environment == "development":
            return self
        if self.smtp_tls == "none":
            raise ValueError("smtp_tls must be starttls or implicit outside development")
        missing = {"smtp_host", "mail_from"} - self.model_fields_set
        if missing:
            raise ValueError(f"{' and '.join(sorted(missing))} must be set outside development")
        return self


class MailError(Exception):
    """The server did not take a mail; later it may."""


class PerhapsTakenError(MailError):
    """The connection broke while the server had the mail, which it may have taken: to try again may send it twice."""


class MailRefusedError(MailError):
    """The server will not take this mail, however often it is asked, or there is no such address."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address. `id` becomes its Message-ID: sent twice, a mail is recognised as the same.

    `sender` is the name that its receiver sees, in place of the installation's.
    """

    id: str
    to: str
    subject: str
    text: str
    sender: str = ""


def sender_of(value: str) -> Address:
    """The sender of a setting. Raises ValueError for what is no address."""
    name, address = parseaddr(value)
    if not value.isprintable() or value not in {address, f"{name} <{address}>"}:
        raise ValueError("mail_from is not an address, nor a name and an address in <>")
    return parsed(address, name)


def parsed(address: str, name: str = "") -> Address:
    """Raises ValueError for what is no single address: so nothing else ever reaches a header or a command.

    Stricter than the standard, which allows quoted names with anything in them, and wider: letters of any script.
    """
    match = ADDRESS.fullmatch(address)
    if match is None:
        raise ValueError("not an address")
    return Address(name, match["user"], match["domain"])


def written(mail: Mail, sender: Address) -> EmailMessage:
    """The mail as it is sent. Raises MailRefusedError for an address that is none or a header of several lines."""
    message = EmailMessage(policy=LINES_OF_SMTP)
    try:
        message["From"] = Address(mail.sender or sender.display_name, sender.username, sender.domain)
        message["To"] = parsed(mail.to)
        message["Subject"] = mail.subject
        message["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    except ValueError:
        raise MailRefusedError from None
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice comes back
    message.set_content(mail.text)
    return message


async def send(mail: Mail, settings: MailSettings) -> None:
    """Hand a mail to the server. Raises MailRefusedError or, where trying again may help, MailError.

    Delivery is at least once: a connection that breaks just after the server took the mail looks like one before.
    """
    sender = sender_of(settings.mail_from)
    message = written(mail, sender)
    server = await connected(settings, sender.domain)
    try:
        await server.send_message(message, sender=sender.addr_spec, recipients=[mail.to])
    except (SMTPException, OSError, ValueError) as error:
        raise failure(error) from error
    else:
        await part(server)
    finally:
        server.close()  # at once: whoever was told to stop in the middle must not wait for the server


async def connected(settings: MailSettings, own_name: str) -> SMTP:
    """A connection over TLS (unless development said none), signed in. Raises MailError."""
    password = settings.smtp_password
    server = SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user,
        password=password.get_secret_value() if password else None,
        local_hostname=own_name,
        timeout=SECONDS,
        use_tls=settings.smtp_tls == "implicit",
        start_tls=settings.smtp_tls == "starttls",  # True, never "if offered": who strips the offer gets no mail
        tls_context=None if settings.smtp_tls == "none" else trust(settings.smtp_authority),
    )
    try:
        await server.connect()
    except (SMTPException, OSError, ValueError) as error:
        raise MailError from error
    return server


async def part(server: SMTP) -> None:
    """Say goodbye; the server has said already whether it took the mail, so nothing depends on its answer."""
    with contextlib.suppress(SMTPException, OSError):
        await server.quit(timeout=PARTING_SECONDS)


def trust(authority: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority) if authority else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def failure(error: Exception) -> MailError:
    """What became of a mail whose sending failed. Whatever the server said of it, it has not taken it."""
    if is_for_good(error):
        return MailRefusedError()
    answered = isinstance(error, SMTPResponseException | SMTPRecipientsRefused)
    return MailError() if answered else PerhapsTakenError()


def is_for_good(error: Exception) -> bool:
    if isinstance(error, SMTPRecipientsRefused):
        return all(refused.code >= FOR_GOOD for refused in error.recipients)
    if isinstance(error, SMTPResponseException):
        return error.code >= FOR_GOOD
    return isinstance(error, SMTPNotSupported | ValueError)


async def answers(settings: MailSettings) -> bool:
    """Whether the server is there, can be trusted and knows us; for `afterglow doctor`."""
    try:
        server = await connected(settings, sender_of(settings.mail_from).domain)
    except MailError:
        return False
    await part(server)
    server.close()
    return True
