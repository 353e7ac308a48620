"""The measurements run, and say what they measured. How fast anything was is nobody's business here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.load import is_whole
from bench.table import percentile
from regtest.state import PROJECT_ROOT

MEASUREMENTS = {"payment", "real-block", "full-block", "catch-up", "idle", "memory", "mempool"}


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A measurement as its user starts it."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_everything_about_the_explorer_is_measured_on_both_databases(bitcoind: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = run("bench.explorer", "--smoke", "--json", str(figures))
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert set(found) == MEASUREMENTS
    for name, rows in found.items():
        assert {row["database"] for row in rows} == {"sqlite", "postgresql"}
        assert f"\n{name}: " in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_invoice_creation_is_measured_with_another_writer_waiting(bitcoind: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = run("bench.create_invoice", "--seconds", "1", "--clients", "2", "--wait", "--json", str(figures))
    assert done.returncode == 0, done.stderr
    rows = json.loads(figures.read_text(encoding="utf-8"))
    assert [(row["database"], row["API"], row["clients"], row["errors"]) for row in rows] == [
        (database, api, 2, 0) for database in ("sqlite", "postgresql") for api in ("bitpay", "greenfield")
    ]
    for row in rows:
        assert row["per second"] > 0
        assert row["lock max ms"] >= row["lock p95 ms"] >= row["lock p50 ms"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_watchers_are_measured_by_stream_and_by_poll(bitcoind: Path, tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    done = run("bench.streams", "--seconds", "1", "--watchers", "40", "--database", "sqlite", "--json", str(figures))
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(figures.read_text(encoding="utf-8"))
    assert (row["watchers"], row["errors"]) == (40, 0)
    assert 0 < row["streams"] <= 32
    assert row["stream max ms"] >= row["stream p50 ms"] > 0
    assert row["poll max ms"] >= row["poll p50 ms"] > 0


def test_a_measurement_that_does_not_exist_is_named_with_those_that_do() -> None:
    done = run("bench.explorer", "speed")
    assert done.returncode == 2
    assert "speed: choose from payment, real-block," in done.stderr


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 2), (51, 3), (75, 3), (99, 4), (100, 4)])
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(percent: float, expected: float) -> None:
    assert percentile([4, 1, 3, 2], percent) == expected


def test_an_answer_is_whole_when_its_body_has_come() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\nabc"
    assert is_whole(whole)
    assert not any(is_whole(whole[:end]) for end in range(len(whole)))
