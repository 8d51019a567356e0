"""What `afterglow mail` does."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from afterglow_operator.errors import OperatorError
from afterglow_operator.mailbox.reading import KeptMail, find_mail, kept_mails
from afterglow_operator.printing import print_json

console = Console(highlight=False)


def show(folder: Path, mail_id: str | None, *, as_json: bool) -> None:
    """List what lies in `folder`, or show one mail. OperatorError for an id that is none, or several mails'."""
    if mail_id is None:
        list_all(kept_mails(folder), as_json=as_json)
        return
    found = find_mail(folder, mail_id)
    if found is None:
        raise OperatorError(f"There is no single mail {mail_id}; `afterglow mail` lists them.")
    if as_json:
        print_json(found.document())
    else:
        print_one(found)


def list_all(mails: list[KeptMail], *, as_json: bool) -> None:
    if as_json:
        print_json([mail.document() for mail in mails])
        return
    if not mails:
        console.print("No mail has been sent yet.")
        return
    table = Table("id", "received (UTC)", Column("to", overflow="fold"), Column("subject", overflow="fold"), box=None)
    for mail in mails:
        table.add_row(mail.id, f"{mail.received_at:%m-%d %H:%M:%S}", escape(mail.to), escape(mail.subject))
    console.print(table)


def print_one(mail: KeptMail) -> None:
    for name, value in (
        ("From", mail.sender),
        ("To", mail.to),
        ("Received", f"{mail.received_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Subject", mail.subject),
    ):
        console.print(f"{name:9} {value}", markup=False, soft_wrap=True)
    console.print(f"\n{mail.text}", markup=False, soft_wrap=True)  # never folded: a link must stay one
    for link in mail.links:
        console.print(f"Link      {link}", markup=False, soft_wrap=True)
