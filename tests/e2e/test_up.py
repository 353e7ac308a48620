"""`make up` as a newcomer and a script meet it: one command, everything wired, and nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from dotenv import dotenv_values

from regtest.ports import free_port, is_free
from regtest.processes import read_pid_file
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until


@dataclass
class Demo:
    """One `up` with a state directory and ports of its own; `environment` is the shell that it was typed in."""

    directory: Path
    environment: Mapping[str, str]
    process: subprocess.Popen[str] | None = None

    def regtest(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run([sys.executable, "-m", "regtest", *arguments])

    def flask(self, *arguments: str) -> Any:
        """A server's command as a person types it while `up` runs: the settings come from what `up` left for Flask."""
        settings = {name: value or "" for name, value in dotenv_values(self.directory / ".flaskenv").items()}
        done = self._run([sys.executable, "-m", "flask", "--app", "wsgi", *arguments], settings)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _run(self, command: list[str], more: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **(more or {})}
        return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT_ROOT, env=environment, check=False)

    def status(self) -> dict[str, Any]:
        done = self.regtest("status", "--json")
        assert done.returncode == 0
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    @contextmanager
    def up(self) -> Iterator[dict[str, Any]]:
        """Run `up` until it is ready; in the end send it Ctrl-C if it still runs."""
        command = [sys.executable, "-m", "regtest", "up"]
        with (self.directory / "up.log").open("w") as log:
            self.process = subprocess.Popen(
                command, stderr=log, env=dict(self.environment), cwd=PROJECT_ROOT, text=True
            )
        try:
            yield wait_until(self._ready, "`up` to be ready", 90, every_seconds=0.5)
        finally:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.regtest("down")

    def _ready(self) -> dict[str, Any] | None:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        status = self.status()
        return status if status["ready"] else None

    def said(self) -> str:
        return (self.directory / "up.log").read_text(encoding="utf-8")

    def running(self) -> list[str]:
        return [path.stem for path in (self.directory / "pids").glob("*.pid") if read_pid_file(path)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, bitcoind: Path) -> Demo:
    directory = tmp_path_factory.mktemp("demo")
    ports = {name: str(free_port()) for name in ("SATTLE_PORT", "SATTLE_SHOP_PORT", "SATTLE_NODE_PORT")}
    ours = {"SATTLE_STATE_DIR": str(directory), "SATTLE_MINER_SECONDS": "0", "BITCOIND": str(bitcoind)}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SATTLE_", "DATABASE_URL"))}
    return Demo(directory, {**inherited, **ports, **ours, "FLASK_SKIP_DOTENV": "1"})


def offered(shop: str) -> list[str]:
    """The ways to pay that the storefront offers for its first product, in their order."""
    page = requests.get(shop, timeout=10)
    assert page.status_code == 200
    return re.findall(r'<option value="(\w+)"', page.text.partition("</form>")[0])


def test_before_the_start_status_says_not_ready(demo: Demo) -> None:
    assert demo.status()["ready"] is False


def test_one_command_brings_up_everything_and_says_where_it_is_and_ctrl_c_stops_it(demo: Demo) -> None:
    with demo.up() as status:
        assert status == {
            "ready": True,
            "server": f"http://127.0.0.1:{demo.environment['SATTLE_PORT']}",
            "shop": f"http://127.0.0.1:{demo.environment['SATTLE_SHOP_PORT']}",
            "node_rpc": f"http://127.0.0.1:{demo.environment['SATTLE_NODE_PORT']}",
            "node_cookie": str(demo.directory / "node" / "regtest" / ".cookie"),
            "network": "regtest",
            "height": 101,
        }
        assert offered(status["shop"]) == ["btcpaygf_default", "btcpay"]
        assert requests.get(f"{status['shop']}/api/greenfield", timeout=10).json()["webhook_id"]
        assert [store["name"] for store in demo.flask("store", "list", "--json")] == ["demo"]
        assert demo.flask("store", "pair", "demo", "--json")["pairingCode"]
        assert "Sattle is ready." in demo.said()
        assert "sign in at" in demo.said()
        (merchant,) = demo.flask("user", "list", "--json")
        assert merchant["email"] in demo.said()
        assert [(store["name"], store["role"]) for store in merchant["stores"]] == [("demo", "Owner")]
        assert json.loads(demo.regtest("mine", "2").stdout)["height"] == 103
        assert {"web", "worker", "shop", "node", "payer"} <= set(demo.running())
    assert demo.process is not None
    assert (demo.process.returncode, demo.running(), demo.status()["ready"]) == (0, [], False)
    assert [is_free(int(status[name].rpartition(":")[2])) for name in ("server", "shop", "node_rpc")] == [True] * 3
    assert not (demo.directory / ".flaskenv").exists()


def test_down_stops_what_a_killed_orchestrator_left_behind(demo: Demo) -> None:
    with demo.up():
        assert demo.process is not None
        demo.process.kill()
        demo.process.wait(10)
        assert "web" in demo.running()
        assert demo.regtest("down").returncode == 0
        assert demo.running() == []


def test_a_busy_port_is_named_with_the_variable_to_set(demo: Demo) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(demo.environment["SATTLE_SHOP_PORT"])))
        taken.listen()
        refused = demo.regtest("up")
    assert refused.returncode == 1
    assert f"port {demo.environment['SATTLE_SHOP_PORT']}, wanted for the shop" in refused.stderr
    assert "SATTLE_SHOP_PORT=" in refused.stderr
    assert demo.running() == []


@pytest.fixture(scope="module")
def up_again(demo: Demo) -> Iterator[dict[str, Any]]:
    """The demo, up once more for the tests that follow: what status says."""
    with demo.up() as status:
        yield status


def test_a_later_start_keeps_chain_and_store_and_builds_nothing(demo: Demo, up_again: dict[str, Any]) -> None:
    assert up_again["height"] == 103
    assert [store["name"] for store in demo.flask("store", "list", "--json")] == ["demo"]
    assert "building" not in demo.said()


def test_a_second_up_in_the_same_place_is_refused_and_harms_nobody(demo: Demo, up_again: dict[str, Any]) -> None:
    second = demo.regtest("up")
    assert (second.returncode, "running already" in second.stderr) == (1, True)
    assert demo.status() == up_again


def test_a_program_that_dies_is_reported_and_started_again(demo: Demo, up_again: dict[str, Any]) -> None:
    for name in ("worker", "web", "node"):
        before = read_pid_file(demo.directory / "pids" / f"{name}.pid")
        assert before is not None
        os.kill(before, signal.SIGKILL)
        wait_until(lambda name=name: f"{name} was started again" in demo.said(), f"{name} to be started again")
    wait_until(lambda: demo.status().get("height") == up_again["height"], "the node with the chain it had")
