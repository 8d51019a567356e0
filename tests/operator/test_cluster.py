"""PostgreSQL as our child: made, kept, repaired, and refused in one sentence where it cannot be."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from afterglow_operator.errors import OperatorError
from afterglow_operator.ports import free_ports
from afterglow_operator.postgres import Cluster, temporary_cluster

MakeCluster = Callable[..., Cluster]


async def ask(cluster: Cluster, question: str) -> object:
    connection = await asyncpg.connect(cluster.admin_url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def is_one_sentence(text: str) -> bool:
    return "\n" not in text and text[0].isupper() and text.endswith(".") and "Traceback" not in text


def runs(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], patience: float = 10.0) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_it_is_postgresql_18_as_the_services_need_it(cluster: Cluster) -> None:
    assert str(await ask(cluster, "SHOW server_version")).startswith("18.")
    assert await ask(cluster, "SHOW server_encoding") == "UTF8"
    assert await ask(cluster, "SELECT datlocale FROM pg_database WHERE datname = 'template1'") == "C.UTF-8"
    assert await ask(cluster, "SHOW data_checksums") == "on"
    assert await ask(cluster, "SHOW listen_addresses") == "127.0.0.1"
    assert await ask(cluster, "SHOW unix_socket_directories") == ""


async def test_a_password_is_needed_and_only_we_can_read_it(cluster: Cluster) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(cluster.url("postgres", "postgres", "wrong"))
    password = (cluster.data / "password").stat()
    assert (password.st_mode & 0o777, password.st_uid) == (0o600, os.geteuid())


def test_it_never_runs_as_root(cluster: Cluster) -> None:
    assert cluster.process is not None
    assert Path(f"/proc/{cluster.process.pid}").stat().st_uid != 0
    assert cluster.pgdata.stat().st_uid != 0
    assert cluster.pgdata.stat().st_mode & 0o077 == 0


def test_it_listens_on_loopback_only(cluster: Cluster) -> None:
    with socket.create_connection(("127.0.0.1", cluster.port), timeout=5):
        pass
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", cluster.port), timeout=5)


async def test_data_outlive_a_stop(cluster: Cluster, make_cluster: MakeCluster) -> None:
    await ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    process = cluster.process
    cluster.stop()
    assert process is not None
    assert process.returncode == 0
    again = make_cluster()
    again.start()
    assert await ask(again, "SELECT answer FROM kept") == 42


def test_stopping_what_does_not_run_is_harmless(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.stop()
    with pytest.raises(OperatorError, match="has not been started"):
        _ = cluster.port


async def test_a_killed_server_starts_again_with_all_it_had_acknowledged(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(durable=True)
    cluster.start()
    await ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert cluster.process is not None
    cluster.process.kill()
    cluster.process.wait()
    assert (cluster.pgdata / "postmaster.pid").exists()
    cluster.start()
    assert await ask(cluster, "SELECT answer FROM kept") == 42


async def test_a_killed_server_starts_again_on_its_own_port(make_cluster: MakeCluster) -> None:
    (port,) = free_ports(1)
    cluster = make_cluster(port=port)
    cluster.start()
    connection = await asyncpg.connect(cluster.admin_url)
    assert cluster.process is not None
    cluster.process.kill()
    cluster.process.wait()
    cluster.start()
    assert await ask(cluster, "SELECT 1") == 1
    assert cluster.port == port
    connection.terminate()


async def test_a_server_that_lost_its_supervisor_is_ended_first(cluster: Cluster, make_cluster: MakeCluster) -> None:
    assert cluster.process is not None
    orphan = cluster.process
    again = make_cluster()
    again.start()
    assert orphan.wait(5) == 0
    assert await ask(again, "SELECT 1") == 1


def test_the_number_of_another_program_in_the_pid_file_is_left_alone(
    cluster: Cluster, make_cluster: MakeCluster
) -> None:
    cluster.stop()
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        (cluster.pgdata / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster.pgdata}\n0\n1\n\n\n\n")
        again = make_cluster()
        again.start()
        assert again.process is not None
        assert runs(again.process.pid)
        assert stranger.poll() is None
        stranger.kill()


async def test_a_creation_that_was_killed_leaves_nothing_half_made(home: Path, make_cluster: MakeCluster) -> None:
    unfinished = home / "cluster/pgdata.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")
    (home / "cluster").chmod(0o711)
    cluster = make_cluster()
    cluster.start()
    assert await ask(cluster, "SELECT 1") == 1
    assert not unfinished.exists()


def test_a_port_in_use_is_one_sentence(make_cluster: MakeCluster) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OperatorError, match=f"Port {port}.*in use") as problem:
            make_cluster(port=port).start()
    assert is_one_sentence(str(problem.value))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: (data / "PG_VERSION").write_text("17\n"), "made by PostgreSQL 17"),
        (lambda data: (data / "PG_VERSION").unlink(), "PG_VERSION is missing"),
        (lambda data: (data / "global/pg_control").unlink(), "does not start"),
        (lambda data: (data / "global/pg_control").write_bytes(b"\0" * 8192), "does not start"),
    ],
)
def test_a_broken_data_folder_is_one_sentence(
    cluster: Cluster, make_cluster: MakeCluster, damage: Callable[[Path], object], words: str
) -> None:
    cluster.stop()
    damage(cluster.pgdata)
    with pytest.raises(OperatorError, match=words) as problem:
        make_cluster().start()
    assert is_one_sentence(str(problem.value))
    assert "RESET=1" in str(problem.value)


@pytest.mark.parametrize("closed", [0o700, 0o710])
def test_a_folder_that_the_servers_user_cannot_enter_is_one_sentence(
    home: Path, closed: int, make_cluster: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever runs the tests: what matters is that the server would run as somebody else.
    monkeypatch.setattr("afterglow_operator.postgres.cluster.unprivileged", lambda *_: object())
    home.chmod(closed)
    with pytest.raises(OperatorError, match=f"cannot enter {home}") as problem:
        make_cluster().start()
    assert is_one_sentence(str(problem.value))


SUPERVISOR = """
import sys, time
from pathlib import Path
from afterglow_operator.postgres import Cluster
cluster = Cluster(Path(sys.argv[1]), durable=False)
cluster.start()
print(cluster.process.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_in_order_when_its_supervisor_is_killed(home: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(home / "cluster")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        server = int(supervisor.stdout.readline())
        assert runs(server)
        supervisor.send_signal(signal.SIGKILL)
    wait_until(lambda: not runs(server))
    assert "database system is shut down" in (home / "cluster/log").read_text()
    assert not (home / "cluster/pgdata/postmaster.pid").exists()


def test_a_temporary_cluster_goes_away() -> None:
    with temporary_cluster() as cluster:
        assert cluster.process is not None
        assert runs(cluster.process.pid)
        folder, process = cluster.data, cluster.process.pid
    assert not folder.exists()
    assert not runs(process)
