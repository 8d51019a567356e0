"""`afterglow demo` and `stop` for real: contract, faults, and nothing left behind."""

import json
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from afterglow_operator.demo.installation import Installation

from tests.operator.demonstrations import Demonstration, all_gone, eventually

pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("demonstration")]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """One demonstration for the tests that leave it running."""
    demonstration = Demonstration.new(tmp_path_factory.mktemp("demonstration"))
    started = demonstration.start()
    assert started.returncode == 0, started.stdout + started.stderr
    yield demonstration
    demonstration.stop()
    Installation(demonstration.var).reset()


def test_demo_json_keeps_its_promise(running: Demonstration):
    document = running.document
    assert document["base_url"] == f"http://localhost:{running.port}"
    roles = [account["role"] for account in document["accounts"]]
    assert roles.count("admin") >= 1
    assert roles.count("therapist") >= 2
    assert roles.count("client") >= 6
    assert all(set(account) == {"role", "email", "password", "id", "name"} for account in document["accounts"])
    methods = {client["client_id"]: client["token_endpoint_auth_method"] for client in document["clients"]}
    assert sorted(methods.values()) == ["none", "private_key_jwt"]
    assert all(client["redirect_uris"] == ["http://127.0.0.1:8765/callback"] for client in document["clients"])
    assert [client for client in document["clients"] if "private_jwk" in client] == [
        client for client in document["clients"] if client["token_endpoint_auth_method"] == "private_key_jwt"
    ]


def test_what_holds_secrets_is_its_owners_alone(running: Demonstration):
    folders = [running.var, *(running.var / name for name in ("log", "secrets", "gateway", "mail", "secrets/web"))]
    assert [oct(path.stat().st_mode & 0o777) for path in folders] == ["0o700"] * 6
    assert oct((running.var / "demo.json").stat().st_mode & 0o777) == "0o600"
    log = (running.var / "log/supervisor.log").read_text()
    assert not [account for account in running.document["accounts"] if account["password"] in log]


def test_it_listens_on_loopback_only(running: Demonstration):
    listening = [
        connection.laddr.ip
        for process in running.family()
        for connection in process.net_connections(kind="tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 7
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_the_loopback_address_leads_to_the_name(running: Demonstration):
    answer = httpx.get(f"http://127.0.0.1:{running.port}/help")
    assert answer.headers["location"] == f"http://localhost:{running.port}/help"


def test_a_second_start_says_where_the_first_one_is(running: Demonstration):
    second = running.start()
    assert second.returncode == 1
    assert f"running already at http://localhost:{running.port}" in second.stderr
    assert second.stderr.count("\n") == 1
    assert running.is_healthy()


def test_the_doctor_finds_nothing_wrong(running: Demonstration):
    assert eventually(lambda: running.run("doctor", "--json").returncode == 0)
    found = json.loads(running.run("doctor", "--json").stdout)["findings"]
    assert {each["state"] for each in found} == {"ok"}
    assert {each["what"] for each in found} >= {"auth", "web's database", "auth's jobs", "mail server", "gateway"}


def test_whoever_is_invited_finds_the_link_in_a_mail(running: Demonstration):
    def mails() -> list[dict[str, str]]:
        listed = json.loads(running.run("mail", "--json").stdout)
        return [mail for mail in listed if mail["to"] == "noor@example.org" and mail["links"]]

    invited = running.run("people", "invite", "--email", "noor@example.org", "--name", "Noor Aziz")
    assert invited.returncode == 0, invited.stderr
    assert eventually(lambda: bool(mails()))
    [mail] = mails()
    [link] = [link for link in mail["links"] if "token=" in link]
    assert httpx.get(link).status_code == httpx.codes.OK
    again = running.run("people", "invite", "--email", "noor@example.org", "--name", "Noor Aziz")
    assert (again.returncode, again.stdout) == (1, "")


@pytest.mark.parametrize("name", ["portal", "gateway", "postgres", "mail"])
def test_a_killed_program_is_started_again(running: Demonstration, name: str):
    killed = running.running["processes"][name]
    psutil.Process(killed).kill()
    assert eventually(lambda: running.running["processes"][name] != killed)
    assert eventually(running.is_healthy, within=60)


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_repairs(tmp_path: Path):
    demonstration = Demonstration.new(tmp_path)
    assert demonstration.start().returncode == 0
    people = demonstration.document["accounts"]
    family = demonstration.family()
    family[0].kill()
    assert eventually(lambda: all_gone(family))

    again = demonstration.start()
    assert again.returncode == 0, again.stderr
    assert demonstration.is_healthy()
    assert demonstration.document["accounts"] == people

    family = demonstration.family()
    ended = demonstration.stop()
    assert (ended.returncode, "has ended" in ended.stdout) == (0, True)
    assert eventually(lambda: all_gone(family))
    assert "No demonstration is running" in demonstration.stop().stdout

    broken = Installation(demonstration.var)
    (broken.data / "pgdata" / "PG_VERSION").unlink()
    refused = demonstration.start()
    assert refused.returncode == 1
    assert "is broken" in refused.stderr
    assert demonstration.start("--reset").returncode == 0
    demonstration.stop()
    broken.reset()


def test_ctrl_c_leaves_no_process_behind(tmp_path: Path):
    demonstration = Demonstration.new(tmp_path)
    process = subprocess.Popen(
        demonstration.command("demo", "--port", str(demonstration.port)), stdout=subprocess.PIPE, text=True
    )
    try:
        assert eventually(demonstration.is_healthy, within=240)  # a start takes seconds, on a busy machine more
        family = demonstration.family()
        process.send_signal(signal.SIGINT)
        assert process.wait(240) == 0  # after the step that it was in; a terminal tells that one too
    finally:
        process.kill()
    assert eventually(lambda: all_gone(family))
    Installation(demonstration.var).reset()


def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path):
    demonstration = Demonstration.new(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", demonstration.port))
        taken.listen()
        refused = demonstration.start()
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Port {demonstration.port} is in use")
    assert refused.stderr.count("\n") == 1
    assert not Installation(demonstration.var).demo_file.exists()
