"""What lies in the mailbox."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

LINK = re.compile(r"https?://[^\s<>\"]+")
SENTENCE_ENDS = ".,;:!?)"


@dataclass(frozen=True)
class KeptMail:
    """One mail, decoded. `id` is the end of its file's name, `received_at` the beginning."""

    id: str
    received_at: datetime
    to: str
    sender: str
    subject: str
    text: str
    file: Path

    @property
    def links(self) -> list[str]:
        return [link.rstrip(SENTENCE_ENDS) for link in LINK.findall(self.text)]

    def document(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat(),
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "text": self.text,
            "links": self.links,
            "file": str(self.file),
        }


def kept_mails(folder: Path) -> list[KeptMail]:
    """Every mail, the newest first."""
    return [opened(file) for file in sorted(folder.glob("[0-9]*-*.eml"), reverse=True)]


def find_mail(folder: Path, mail_id: str) -> KeptMail | None:
    """The mail of an id, or of the beginning of one if only one mail's begins so."""
    found = [file for file in folder.glob("[0-9]*-*.eml") if id_of(file).startswith(mail_id)] if mail_id else []
    return opened(found[0]) if len(found) == 1 else None


def id_of(file: Path) -> str:
    return file.stem.partition("-")[2]


def opened(file: Path) -> KeptMail:
    message = message_from_bytes(file.read_bytes(), policy=default)
    body = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return KeptMail(
        id=id_of(file),
        received_at=datetime.strptime(file.stem.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC),
        to=", ".join(str(address) for address in message.get_all("Delivered-To", [])),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        text=body.get_content().replace("\r\n", "\n") if body else "",
        file=file,
    )
