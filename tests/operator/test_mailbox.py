"""The mailbox: a program of its own, mails kept whole, and `afterglow mail`."""

import json
import smtplib
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from afterglow_operator.mailbox.reading import find_mail, kept_mails
from afterglow_operator.main import app
from afterglow_operator.ports import free_ports
from typer.testing import CliRunner

from tests.certificates import Authority
from tests.operator.demonstrations import eventually

Start = Callable[..., int]
LINK = "https://portal.example.org/auth/invitation?token=abc"


def message(subject: str = "Hello", text: str = f"Open {LINK}.\n") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "portal@example.org", "rowan@example.org", subject
    made.set_content(text)
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def start(folder: Path) -> Iterator[Start]:
    """Start the program; returns its port."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str | Path) -> int:
        port = free_ports(1)[0]
        command = [sys.executable, "-m", "afterglow_operator.mailbox", "--folder", folder, "--port", str(port)]
        started.append(subprocess.Popen([*command, *arguments]))
        assert eventually(lambda: answers(port))
        return port

    yield run
    for process in started:
        process.terminate()
        assert process.wait(10) == 0


def answers(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=2) if port else smtplib.SMTP():
            return True
    except smtplib.SMTPServerDisconnected:  # it waits for TLS
        return True
    except TimeoutError:
        return True
    except OSError:
        return False


@pytest.fixture
def invoke(folder: Path) -> Callable[..., tuple[int, str]]:
    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["mail", "--var", str(folder.parent), *arguments])
        return result.exit_code, result.output

    return run


def test_what_is_sent_lies_there_readable_by_its_owner_alone(start: Start, folder: Path):
    with smtplib.SMTP("127.0.0.1", start()) as server:
        server.send_message(message(), to_addrs=["rowan@example.org", "noor@example.org"])
    [mail] = kept_mails(folder)
    assert (mail.to, mail.sender, mail.subject) == (
        "rowan@example.org, noor@example.org",
        "portal@example.org",
        "Hello",
    )
    assert mail.links == [LINK]
    assert oct(mail.file.stat().st_mode & 0o777) == "0o600"
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert [file.name for file in folder.iterdir()] == [mail.file.name]


def test_with_a_certificate_it_takes_mail_over_starttls_only(start: Start, folder: Path, tmp_path: Path):
    authority = Authority.new(tmp_path / "authority")
    certificate, key = authority.sign("localhost")
    port = start("--certificate", certificate, "--key", key)
    with smtplib.SMTP("localhost", port) as server:
        with pytest.raises(smtplib.SMTPResponseException, match="STARTTLS"):
            server.send_message(message())
        server.rset()
    with smtplib.SMTP("localhost", port) as server:
        server.starttls(context=ssl.create_default_context(cafile=authority.certificate))
        server.send_message(message())
    assert len(kept_mails(folder)) == 1


def test_tls_from_the_first_byte_and_a_password(
    start: Start, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    authority = Authority.new(tmp_path / "authority")
    certificate, key = authority.sign("localhost")
    monkeypatch.setenv("MAILBOX_PASSWORD", "quiet-harbour")
    port = start("--certificate", certificate, "--key", key, "--implicit", "--user", "portal")
    trust = ssl.create_default_context(cafile=authority.certificate)
    with smtplib.SMTP_SSL("localhost", port, context=trust) as server:
        with pytest.raises(smtplib.SMTPResponseException, match="uthentication"):
            server.send_message(message())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            server.login("portal", "something else")
        server.login("portal", "quiet-harbour")
        server.send_message(message())
    assert len(kept_mails(folder)) == 1


def test_nothing_was_sent_yet(invoke: Callable[..., tuple[int, str]]):
    assert invoke() == (0, "No mail has been sent yet.\n")
    assert json.loads(invoke("--json")[1]) == []


def put(folder: Path, moment: str, mail_id: str, subject: str) -> None:
    folder.mkdir(exist_ok=True)
    head = b"Delivered-To: rowan@example.org\r\n"
    (folder / f"{moment}-{mail_id}.eml").write_bytes(head + message(subject).as_bytes())


def test_mails_are_listed_newest_first_and_shown_with_their_links(folder: Path, invoke: Callable[..., tuple[int, str]]):
    put(folder, "20261101T080000000000Z", "aaaa1111", "The older one")
    put(folder, "20261102T080000000000Z", "aabb2222", "The newer [one]")
    (folder / ".20261103T080000000000Z-cccc3333.eml.unfinished").write_text("half")
    code, listed = invoke()
    assert code == 0
    assert listed.index("The newer [one]") < listed.index("The older one")
    documents = json.loads(invoke("--json")[1])
    assert [document["id"] for document in documents] == ["aabb2222", "aaaa1111"]
    code, shown = invoke("aabb")
    assert code == 0
    assert f"Open {LINK}." in shown
    assert f"Link      {LINK}\n" in shown
    assert json.loads(invoke("aaaa1111", "--json")[1]) == {
        "id": "aaaa1111",
        "received_at": "2026-11-01T08:00:00+00:00",
        "to": "rowan@example.org",
        "from": "portal@example.org",
        "subject": "The older one",
        "text": f"Open {LINK}.\n",
        "links": [LINK],
        "file": str(folder / "20261101T080000000000Z-aaaa1111.eml"),
    }


@pytest.mark.parametrize("mail_id", ["aa", "cccc", "../x", ""])
def test_no_single_mail_is_one_sentence_and_exit_code_1(
    folder: Path, invoke: Callable[..., tuple[int, str]], mail_id: str
):
    put(folder, "20261101T080000000000Z", "aaaa1111", "The older one")
    put(folder, "20261102T080000000000Z", "aabb2222", "The newer one")
    code, said = invoke(mail_id)
    assert code == 1
    assert said.count("\n") == 1
    assert find_mail(folder, mail_id) is None
