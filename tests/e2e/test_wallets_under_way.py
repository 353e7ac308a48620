"""Wallets with web, worker and commands as real processes: scans that survive a kill, and a restore from a backup."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from regtest.harness import Harness
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until
from tests.account_keys import fresh_key
from tests.conftest import StartSattle

MANY = 60_000  # indexes: the node derives them for some seconds, long enough to be killed in


def flask(sattle: Harness, *arguments: str) -> "subprocess.Popen[str]":
    """A command that runs beside the test."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    environment = sattle.installation.environment()
    return subprocess.Popen(
        command, cwd=PROJECT_ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wallet(sattle: Harness, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = sattle.installation.flask_json("wallet", "gap", str(number))
    return found


def test_a_command_has_the_worker_scan_and_tells_what_was_found(start_sattle: StartSattle) -> None:
    sattle = start_sattle()
    key = fresh_key()
    sattle.installation.flask("store", "create", "shop")
    added = sattle.installation.flask_json("wallet", "add", "shop", f"wsh(sortedmulti(1,{key}/0/*,{fresh_key()}/0/*))")
    sattle.node.payer.pay(added["addresses"][4], 12_345)
    sattle.node.mine()
    done = sattle.installation.flask_json("wallet", "scan", str(added["id"]))
    assert (done["state"], done["reason"], done["found_outputs"]) == ("done", "command", 1)
    found = wallet(sattle)
    assert (found["next_index"], found["strays"]) == (5, 1)
    (stray,) = found["stray_outputs"]
    assert (stray["address"], stray["value_sats"]) == (added["addresses"][4], 12_345)
    assert "goes on from index 5" in sattle.installation.flask("wallet", "scan", str(added["id"]))


@pytest.mark.slow
def test_without_a_worker_a_scan_is_kept_for_the_next_one(start_sattle: StartSattle) -> None:
    sattle = start_sattle()
    assert sattle.store
    wait_until(lambda: wallet(sattle)["scan"]["state"] == "done", "the scan of the new wallet")
    sattle.worker.stop()
    told = flask(sattle, "wallet", "scan", "1")
    assert told.communicate()[1] == (
        "Error: no worker runs, and the worker does the scan: it will, once `flask worker` is started\n"
    )
    assert told.returncode == 1
    assert wallet(sattle)["scan"]["state"] == "waiting"
    sattle.worker.start()
    wait_until(lambda: wallet(sattle)["scan"]["state"] == "done", "the scan that was asked for")


@pytest.mark.slow
def test_a_scan_whose_worker_was_killed_begins_again_and_no_payment_waits_for_it(start_sattle: StartSattle) -> None:
    sattle = start_sattle()
    assert sattle.store
    wait_until(lambda: wallet(sattle)["scan"]["state"] == "done", "the scan of the new wallet")
    sattle.installation.flask("wallet", "skip", "1", str(MANY), "--yes")
    asking = flask(sattle, "wallet", "scan", "1", "--json")
    wait_until(lambda: wallet(sattle)["scan"]["state"] == "running", "the scan to run")
    sattle.worker.kill()
    order = sattle.order()
    sattle.worker.start()
    sattle.pay(order)
    wait_until(lambda: sattle.invoice(order)["invoice"]["status"] == "Processing", "the payment to be seen")
    sattle.node.mine()
    told, progress = asking.communicate()
    assert asking.returncode in (0, 1), progress
    if asking.returncode == 0:
        assert json.loads(told)["state"] == "done"
    else:  # it looked just when there was no worker
        assert "no worker runs" in progress
    wait_until(lambda: wallet(sattle)["scan"]["state"] == "done", "the scan to be done by the next worker", 90)
    assert wallet(sattle)["next_index"] == MANY + 1


@pytest.mark.slow
def test_a_restored_backup_gives_no_address_twice_and_finds_the_payments_made_since(start_sattle: StartSattle) -> None:
    sattle = start_sattle()
    database = sattle.installation.directory / "sattle.db"
    before = [sattle.destination(sattle.order()) for _ in range(3)]
    backup = database.with_name("yesterday.db")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    since = sattle.order()
    sattle.pay(since)
    lost = [sattle.destination(since), sattle.destination(sattle.order())]
    sattle.node.mine()
    wait_until(lambda: sattle.invoice(since)["invoice"]["status"] == "Settled", "the payment to settle")
    for process in (sattle.web, sattle.worker):
        process.stop()
    put_back(backup, database)
    sattle.worker.start()
    sattle.start_web()
    wait_until(lambda: wallet(sattle)["strays"] == 1, "the payment made since the backup")
    found = wallet(sattle)
    (stray,) = found["stray_outputs"]
    assert (stray["address"], stray["address_index"]) == (lost[0], 3)
    assert found["restore_noticed_at"] is not None
    later = [sattle.destination(sattle.order()) for _ in range(3)]
    assert len({*before, *lost, *later}) == 8
    assert "restored from a backup" in sattle.installation.flask("wallet", "list")


def put_back(backup: Path, database: Path) -> None:
    for left in ("-wal", "-shm"):
        database.with_name(database.name + left).unlink(missing_ok=True)
    shutil.copy(backup, database)
