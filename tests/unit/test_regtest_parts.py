"""The parts of the harness that need no node: waiting, processes, ports, builds, targets."""

import os
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from dotenv import dotenv_values

from regtest import build, flaskenv, packages
from regtest.bitcoind import cached_bitcoind, find_bitcoind
from regtest.errors import NeverHappened, RegtestError
from regtest.ports import free_port, is_free, port_from, require_free
from regtest.processes import Process, read_pid_file, start_time, stop_recorded, write_pid_file
from regtest.state import State
from regtest.targets import status_url
from regtest.waiting import wait_until
from regtest.watch import Watch

FOREVER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(1000)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(1000)",
]


def test_waiting_returns_what_the_predicate_saw() -> None:
    answers = iter([None, 0, "", "here"])
    assert wait_until(lambda: next(answers), "an answer", 5) == "here"


def test_waiting_in_vain_names_the_thing_the_last_value_and_the_predicate() -> None:
    with pytest.raises(NeverHappened, match=r"waited 0 s for rain; last seen: 0; predicate: .*len\(\[\]\)"):
        wait_until(lambda: len([]), "rain", 0)


def test_waiting_takes_only_the_named_errors_for_not_yet() -> None:
    with pytest.raises(NeverHappened, match="KeyError"):
        wait_until(lambda: {}["x"], "x", 0, ignoring=(KeyError,))
    with pytest.raises(KeyError):
        wait_until(lambda: {}["x"], "x", 5)


def started(process: Process) -> Process:
    process.start()
    wait_until(lambda: "here" in process.log_tail(), "the program to speak")
    return process


@pytest.mark.parametrize(("command", "patience_seconds", "code"), [(FOREVER, 20, -15), (STUBBORN, 0.1, -9)])
def test_a_process_is_asked_to_end_and_made_to_end(
    tmp_path: Path, command: list[str], patience_seconds: float, code: int
) -> None:
    process = started(Process("it", command, log=tmp_path / "log", pid_file=tmp_path / "pid"))
    assert read_pid_file(tmp_path / "pid") == process.pid
    process.stop(timeout_seconds=patience_seconds)
    assert (process.alive, process.exit_code, (tmp_path / "pid").exists()) == (False, code, False)


def test_killing_takes_the_children_along(tmp_path: Path) -> None:
    parent = (
        "import subprocess, sys, time; p = subprocess.Popen(sys.argv[1:]); print('here', p.pid, flush=True); p.wait()"
    )
    process = started(Process("it", [sys.executable, "-c", parent, "sleep", "1000"], log=tmp_path / "log"))
    child = int(process.log_tail().split()[1])
    assert start_time(child) is not None
    process.kill()
    wait_until(lambda: start_time(child) is None, "the child to end")


def test_a_process_that_ended_by_itself_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = Process("it", [sys.executable, "-c", "print('out of paper'); raise SystemExit(3)"], log=tmp_path / "log")
    process.start()
    wait_until(lambda: not process.alive, "the program to end")
    with pytest.raises(RegtestError, match=r"(?s)it ended with code 3.*out of paper"):
        process.require_alive()


def test_a_pid_file_of_another_life_stops_nobody(tmp_path: Path) -> None:
    process = started(Process("it", FOREVER, log=tmp_path / "log"))
    assert process.pid is not None
    stale = tmp_path / "stale.pid"
    stale.write_text(f"{process.pid} 1\n", encoding="ascii")
    assert (stop_recorded(stale), process.alive, stale.exists()) == (False, True, False)
    write_pid_file(tmp_path / "right.pid", process.pid)
    assert stop_recorded(tmp_path / "right.pid") is True
    assert process.exit_code == -15


def test_a_busy_port_is_named_with_its_use_and_the_variable_to_set() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert is_free(port) is False
        with pytest.raises(RegtestError, match=rf"port {port}, wanted for the shop.*SATTLE_SHOP_PORT=\d+ make up"):
            require_free(port, "the shop", "SATTLE_SHOP_PORT")
    assert is_free(free_port()) is True


def test_a_port_from_the_environment_is_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SATTLE_PORT", raising=False)
    assert port_from("SATTLE_PORT", 8000) == 8000
    monkeypatch.setenv("SATTLE_PORT", "9000")
    assert port_from("SATTLE_PORT", 8000) == 9000
    monkeypatch.setenv("SATTLE_PORT", "70000")
    with pytest.raises(RegtestError, match="SATTLE_PORT='70000' is not a port"):
        port_from("SATTLE_PORT", 8000)


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("http://h:8000/i/Ab1", "http://h:8000/i/Ab1/status"),
        ("http://h:8000/i/Ab1/BTC-CHAIN?lang=de", "http://h:8000/i/Ab1/status"),
        ("https://h/pay/i/Ab1#top", "https://h/pay/i/Ab1/status"),
        ("https://h/invoice?id=Ab1&view=modal", "https://h/i/Ab1/status"),
    ],
)
def test_the_status_behind_a_checkout_page(page: str, status: str) -> None:
    assert status_url(page) == status


@pytest.mark.parametrize("page", ["http://h/", "http://h/invoice", "http://h/invoice?id=../x", "http://h/i/"])
def test_other_pages_are_no_checkout_pages(page: str) -> None:
    with pytest.raises(RegtestError, match="is no checkout page"):
        status_url(page)


def test_a_source_with_another_hash_is_not_used(tmp_path: Path) -> None:
    archive = tmp_path / "source.tar.gz"
    archive.write_bytes(b"something else")
    with pytest.raises(RegtestError, match="it was not used"):
        build.check_hash(archive)


def test_a_source_archive_that_names_files_outside_of_itself_is_not_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("x/depend/bitcoin/../../../../evil"))
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(RegtestError, match="outside of itself"):
        build._extract(tmp_path / "evil.tar", into)
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[10/333] Building CXX object a.o", "bitcoind: 10 of 333 steps"),
        ("[333/333] Linking", "bitcoind: 333 of 333 steps"),
        ("[11/333] Building CXX object b.o", None),
        ("ninja: Entering directory", None),
    ],
)
def test_the_builds_progress_is_told_in_steps(line: str, told: str | None) -> None:
    assert build.progress(line) == told


def test_what_a_killed_build_left_behind_is_removed_by_the_next_one(tmp_path: Path) -> None:
    """The first build is killed in the middle; another version's build goes on beside it, and is left alone."""
    program = """
import sys, time
from pathlib import Path
from regtest import build

def compile_forever(scratch, destination, say):
    (scratch / "objects").mkdir()
    (scratch / "objects" / "half").write_bytes(b"x")
    if not (destination.parent / "killed").exists():
        (destination.parent / "killed").touch()
        time.sleep(1000)

build._build_in, build.require = compile_forever, lambda packages: None
build.build(Path(sys.argv[1]) / sys.argv[2], print)
"""

    def left_behind() -> list[str]:
        return sorted(path.name.rpartition("-")[0] for path in tmp_path.glob("build-*"))

    (tmp_path / "build-other-abc").mkdir()
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path), "this"]) as first:
        wait_until((tmp_path / "killed").exists, "the first build to be under way")
        first.kill()
    assert left_behind() == ["build-other", "build-this"]
    subprocess.run([sys.executable, "-c", program, str(tmp_path), "this"], check=True)
    assert left_behind() == ["build-other"]
    subprocess.run([sys.executable, "-c", program, str(tmp_path), "other"], check=True)
    assert left_behind() == []


def test_a_second_build_waits_for_the_first_and_takes_its_result(tmp_path: Path) -> None:
    """Two processes build at once; each counts, and only one may."""
    script = """
import sys, time
from pathlib import Path
from regtest import build
def compile_slowly(scratch, destination, say):
    (scratch.parent / "builds").open("a").write("x")
    time.sleep(0.1)
    (destination / "bin").mkdir(parents=True)
    (destination / "bin" / "bitcoind").touch()
build._build_in, build.require = compile_slowly, lambda packages: None
build.build(Path(sys.argv[1]) / "result", print)
"""
    both = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path)]) for _ in range(2)]
    assert [process.wait(30) for process in both] == [0, 0]
    assert (tmp_path / "builds").read_text(encoding="ascii") == "x"


def test_a_program_that_is_no_bitcoind_is_refused_or_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "path" / "bitcoind"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'Bitcoin Core version v22.0.0'\n", encoding="ascii")
    old.chmod(0o755)
    monkeypatch.setenv("BITCOIND", str(old))
    with pytest.raises(RegtestError, match="28 or newer"):
        find_bitcoind()
    monkeypatch.delenv("BITCOIND")
    monkeypatch.setenv("PATH", str(old.parent), prepend=os.pathsep)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cached = cached_bitcoind()
    cached.parent.mkdir(parents=True)
    cached.touch()
    said: list[str] = []
    assert find_bitcoind(said.append) == cached
    assert "passed over" in said[0]


def test_missing_debian_packages_are_named_with_the_command_when_not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(RegtestError, match=r"sudo apt-get install --yes --no-install-recommends no-such-package-here$"):
        packages.require(["dpkg", "no-such-package-here"])


def test_the_state_remembers_status_and_last_payment(tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    assert (state.read_status(), state.last_payment) == ({}, None)
    state.prepare()
    state.write_status({"ready": False})
    state.remember_payment("ab")
    assert (state.read_status(), state.last_payment) == ({"ready": False}, "ab")


def test_a_program_that_ends_is_reported_and_started_again_but_not_for_ever(tmp_path: Path) -> None:
    program = Process("it", [sys.executable, "-c", "print('last words')"], log=tmp_path / "log")
    said: list[str] = []
    watch = Watch([program], said.append)
    program.start()

    def given_up() -> bool:
        try:
            watch.look()
        except RegtestError as error:
            return "it was started again 3 times" in str(error)
        return False

    wait_until(given_up, "the watch to give up")
    assert said.count("it was started again") == 3
    assert "last words" in said[0]


def test_what_up_leaves_for_flask_is_read_as_written_and_only_its_own_file_is_touched(tmp_path: Path) -> None:
    path = tmp_path / ".flaskenv"
    settings = {"SATTLE_DATA_DIR": "/a b/it's \\ here", "SATTLE_NETWORK": "regtest"}
    flaskenv.write(path, settings)
    assert dotenv_values(path) == settings
    flaskenv.remove(path)
    assert not path.exists()
    path.write_text("SATTLE_NETWORK=mainnet\n", encoding="ascii")
    flaskenv.remove(path)
    with pytest.raises(RegtestError, match="was not written by `make up`"):
        flaskenv.write(path, settings)
    assert path.read_text(encoding="ascii") == "SATTLE_NETWORK=mainnet\n"
