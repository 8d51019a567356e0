"""`python -m afterglow_operator.mailbox`: the mailbox by itself."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from afterglow_operator.mailbox.receiving import Doorway, serve_until_told


def main(
    *,
    folder: Annotated[Path, typer.Option(help="Where mails are kept.")],
    host: str = "127.0.0.1",
    port: int = 2525,
    certificate: Annotated[Path | None, typer.Option(help="PEM; with it, mail is taken over TLS only.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM, the certificate's private key.")] = None,
    implicit: Annotated[bool, typer.Option(help="TLS from the first byte, instead of STARTTLS.")] = False,
    user: Annotated[str | None, typer.Option(help="With it, senders must sign in.")] = None,
    password: Annotated[str | None, typer.Option(envvar="MAILBOX_PASSWORD")] = None,
) -> None:
    """Take every mail and keep it as a file; forward none."""
    doorway = Doorway(
        folder=folder,
        host=host,
        port=port,
        certificate=certificate,
        key=key,
        implicit=implicit,
        user=user,
        password=password,
    )
    asyncio.run(serve_until_told(doorway))


if __name__ == "__main__":
    typer.run(main)
