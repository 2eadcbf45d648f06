"""Starting and stopping, and what is said where that is not possible."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marquee.trino import TrinoServer, TrinoUnavailableError, artifacts
from marquee.trino import server as server_module
from tests.python.conftest import deployment_in


@pytest.fixture
def stopped(tmp_path: Path) -> TrinoServer:
    return TrinoServer.on_free_port(deployment_in(tmp_path).paths)


@pytest.mark.slow
def test_starting_twice_is_starting_once(server: TrinoServer):
    process_id = server.process_id()
    assert process_id is not None
    assert server.start() == 0
    assert server.process_id() == process_id


@pytest.mark.slow
def test_a_taken_port_is_named(server: TrinoServer, stopped: TrinoServer):
    taken = TrinoServer(stopped.paths, server.port)
    with pytest.raises(TrinoUnavailableError, match=f"{server.port}. Set MARQUEE_TRINO_PORT"):
        taken.start()


@pytest.mark.slow
def test_only_this_machine_can_reach_it(server: TrinoServer):
    listening = Path(f"/proc/{server.process_id()}/net/tcp6").read_text()
    port = f"{server.port:04X}"
    addresses = {line.split()[1] for line in listening.splitlines()[1:] if f":{port} " in line}
    assert addresses
    assert all(address.startswith("0000000000000000FFFF00000100007F") for address in addresses)


def test_without_maven_the_message_says_how_to_get_it(stopped: TrinoServer, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TrinoUnavailableError, match=r"Maven is missing.*apt-get install maven"):
        stopped.start()
    assert stopped.process_id() is None


def test_a_failing_maven_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text("#!/bin/sh\necho '[ERROR] Unknown host'; exit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:{os.environ['PATH']}")
    with pytest.raises(TrinoUnavailableError, match=r"could not fetch.*Unknown host"):
        artifacts.fetch(artifacts.SQLITE_JDBC)
    assert [*(tmp_path / "cache" / "marquee").iterdir()] == []


def test_a_changed_file_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    maven = tmp_path / "bin" / "mvn"
    maven.parent.mkdir()
    name = artifacts.SQLITE_JDBC.file_name
    maven.write_text(
        f'#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) echo x > "${{a#*=}}/{name}";; '
        "esac; done\n"
    )
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", f"{maven.parent}:{os.environ['PATH']}")
    with pytest.raises(TrinoUnavailableError, match=r"expected f8dce4.*nothing was installed"):
        artifacts.fetch(artifacts.SQLITE_JDBC)
    assert [*(tmp_path / "cache" / "marquee").iterdir()] == []


def test_too_little_memory_is_said_before_anything_starts(stopped: TrinoServer, monkeypatch):
    monkeypatch.setattr(server_module, "NEEDED_GIGABYTES", 1e6)
    with pytest.raises(TrinoUnavailableError, match="GB of free memory"):
        stopped.start()


@pytest.mark.parametrize("port", ["0", "80a", "70000", "-1"])
def test_a_wrong_port_is_named(stopped: TrinoServer, monkeypatch, port: str):
    monkeypatch.setenv("MARQUEE_TRINO_PORT", port)
    with pytest.raises(TrinoUnavailableError, match="MARQUEE_TRINO_PORT is"):
        TrinoServer.from_environment(stopped.paths)


def test_a_process_of_somebody_else_is_never_ended(stopped: TrinoServer):
    """After a crash the number in the file may belong to another program."""
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        stopped.folder.mkdir(parents=True)
        (stopped.folder / "server.pid").write_text(f"{other.pid}\n")
        assert not stopped.stop()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@pytest.mark.parametrize(
    ("user", "password"),
    [("", "long enough password"), ("a:b", "long enough password"), ("a", "x")],
)
def test_names_and_passwords_that_can_not_be_used(stopped: TrinoServer, user: str, password: str):
    with pytest.raises(ValueError, match=r"is not the name|at least"):
        stopped.set_password(user, password)
    assert not stopped.passwords.exists()


def test_a_second_password_replaces_the_first(stopped: TrinoServer):
    stopped.set_password("ann", "the first password")
    stopped.set_password("bob", "bob's own password")
    first = stopped.passwords.read_text()
    stopped.set_password("ann", "the second password")
    lines = stopped.passwords.read_text().splitlines()
    assert [line.partition(":")[0] for line in lines] == ["bob", "ann"]
    assert lines[0] in first
