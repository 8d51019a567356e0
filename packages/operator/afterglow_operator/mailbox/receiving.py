"""The SMTP server: each mail becomes `<time>-<id>.eml`, whole or not at all."""

import asyncio
import os
import secrets
import signal
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LARGEST = 10 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Doorway:
    """Where mail comes in and how. `certificate` and `key` are PEM files; with them TLS is required."""

    folder: Path
    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    implicit: bool = False
    user: str | None = None
    password: str | None = None

    def context(self) -> ssl.SSLContext | None:
        if self.certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def allows(self, given: object) -> bool:
        return isinstance(given, LoginPassword) and (given.login, given.password) == (
            (self.user or "").encode(),
            (self.password or "").encode(),
        )


class Keeping:
    """What aiosmtpd hands mails to; its method's name is aiosmtpd's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # as above
        keep(self.folder, envelope)
        return "250 OK"


def keep(folder: Path, envelope: Envelope) -> Path:
    """Write the mail, with its envelope as its first headers, and flush it to disk before it counts as taken."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}.eml"
    unfinished = folder / f".{name}.unfinished"
    content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
    heading = "".join(
        [f"Return-Path: <{envelope.mail_from}>\r\n", *(f"Delivered-To: {to}\r\n" for to in envelope.rcpt_tos)]
    )
    # Links in it open accounts: only its owner may read it.
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(heading.encode() + content)
        file.flush()
        os.fsync(file.fileno())
    return unfinished.rename(folder / name)


async def listen(doorway: Doorway) -> asyncio.Server:
    """Serve in the running loop; close what is returned to end it."""
    context = doorway.context()
    loop = asyncio.get_running_loop()

    def door() -> SMTP:
        return SMTP(
            Keeping(doorway.folder),
            hostname="localhost",
            ident="Afterglow mailbox",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            tls_context=None if doorway.implicit else context,
            require_starttls=context is not None and not doorway.implicit,
            auth_required=doorway.user is not None,
            auth_require_tls=not doorway.implicit,
            authenticator=lambda _server, _session, _envelope, _way, given: AuthResult(
                success=doorway.allows(given), handled=False
            ),
            loop=loop,
        )

    return await loop.create_server(door, doorway.host, doorway.port, ssl=context if doorway.implicit else None)


async def serve_until_told(doorway: Doorway) -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    for signalled in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signalled, ended.set)
    server = await listen(doorway)
    await ended.wait()
    server.close()  # not waiting for whoever is still connected
