"""The web server as it runs in production: gunicorn with the options of app.gunicorn."""

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
import requests

from app.pages.streams import HEARTBEAT_SECONDS
from regtest.installation import GUNICORN
from regtest.ports import free_port
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until
from tests.contract.conftest import Client, Serve

FLASK = ("-m", "flask", "--app", "wsgi")
SECONDS = 10
TARGET = "/invoices?token=x"


def test_what_a_stranger_says_about_the_address_changes_nothing(serve: Serve, client: Client) -> None:
    shop = replace(client, server=serve())
    https = shop.server.replace("http://", "https://") + TARGET
    elsewhere = "https://shop.example" + TARGET
    claims = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "shop.example", "X_Forwarded_Ssl": "on"}
    assert shop.send("GET", TARGET).status_code == 200
    assert shop.send("GET", TARGET, **claims).status_code == 200
    assert shop.send("GET", TARGET, signed_url=https, **claims).status_code == 401
    assert shop.send("GET", TARGET, signed_url=elsewhere, **claims).status_code == 401
    assert shop.send("GET", TARGET, Script_Name="/elsewhere", Path_Info="/health").status_code == 200


def test_signatures_over_what_a_trusted_proxy_says_are_good(serve: Serve, client: Client) -> None:
    shop = replace(client, server=serve(SATTLE_TRUSTED_PROXIES="127.0.0.1"))
    claims = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "shop.example"}
    assert shop.send("GET", TARGET, signed_url="https://shop.example" + TARGET, **claims).status_code == 200
    assert shop.send("GET", TARGET, signed_url="https://pay.example" + TARGET).status_code == 200
    assert shop.send("GET", TARGET, **claims).status_code == 401


def test_there_is_a_process_for_each_core_and_no_control_socket(serve: Serve, tmp_path: Path) -> None:
    url, log = serve(), tmp_path / "gunicorn.log"
    processes = min(len(os.sched_getaffinity(0)), 4)
    wait_until(lambda: log.read_text().count("Booting worker") == processes, f"{processes} processes")
    assert requests.get(f"{url}/health", timeout=SECONDS).status_code == 200
    assert "Using worker: gthread" in log.read_text()
    assert list(tmp_path.rglob("*.ctl")) == []


def test_streams_leave_threads_for_everything_else(serve: Serve, invoice_url: str) -> None:
    url = serve("--workers", "1", SATTLE_STREAMS="3")
    path = f"{url}{invoice_url}/events"
    with ExitStack() as stack:
        lines = [stack.enter_context(requests.get(path, stream=True, timeout=SECONDS)) for _ in range(4)]
        assert [line.status_code for line in lines] == [200, 200, 200, 503]
        assert lines[3].headers["Retry-After"] == "60"
        assert requests.get(f"{url}{invoice_url}/status", timeout=SECONDS).status_code == 200

    def has_room_again() -> bool:
        with requests.get(path, stream=True, timeout=SECONDS) as line:
            return line.status_code == 200

    wait_until(has_room_again, "the closed lines to be noticed")


def test_an_open_stream_does_not_hold_up_the_end(serve: Serve, invoice_url: str, tmp_path: Path) -> None:
    """A process that is told to end would else wait for it half a minute."""
    url = serve("--workers", "1")
    with requests.get(f"{url}{invoice_url}/events", stream=True, timeout=SECONDS) as line:
        words = line.iter_lines()
        assert next(words).startswith(b"retry:")
        began = monotonic()
        found = re.search(r"Listening at: \S+ \((\d+)\)", (tmp_path / "gunicorn.log").read_text())
        assert found
        os.kill(int(found[1]), signal.SIGTERM)
        assert set(words) <= {b"", b"data: look"}
        assert monotonic() - began < HEARTBEAT_SECONDS


def test_a_setting_that_cannot_be_used_is_one_sentence_and_the_end(tmp_path: Path) -> None:
    environment = {**os.environ, "SATTLE_DATA_DIR": str(tmp_path), "SATTLE_PUBLIC_URL": "http://"}
    for program in (
        [*GUNICORN, "--bind", f"127.0.0.1:{free_port()}", "wsgi:app"],
        [*FLASK, "worker"],
    ):
        command = [sys.executable, *program]
        done = subprocess.run(
            command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 3, done.stderr
        assert "Error: SATTLE_PUBLIC_URL='http://' cannot be used: " in done.stderr
        assert "Traceback" not in done.stderr


@pytest.fixture
def invoice_url(client: Client) -> str:
    """The path of an open checkout."""
    return f"/i/{client.create().json()['data']['id']}"


@pytest.mark.parametrize("migrated_url", ["postgresql"], indirect=True)
def test_processes_made_from_one_loaded_application_share_no_connection(serve: Serve) -> None:
    url = serve("--workers", "2", wsgi="tests.contract.preloaded_wsgi:app")
    seen: dict[int, set[int]] = {}

    def both_answered() -> bool:
        answer = requests.get(f"{url}/connection", timeout=SECONDS).json()
        seen.setdefault(answer["process"], set()).add(answer["connection"])
        return len(seen) == 2

    wait_until(both_answered, "both processes to answer")
    one, two = seen.values()
    assert not one & two
