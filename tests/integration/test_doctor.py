"""`flask doctor`: every check is brought to fail by what it is there to find, and says so with a remedy."""

import base64
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from app.checks.shop import deliveries
from app.db.models import Alert, Invoice, Quote, db
from app.db.session import change
from app.domain.events import EventType
from app.domain.findings import Level
from regtest.harness import Harness
from regtest.node import Node
from regtest.ports import free_port
from regtest.state import PROJECT_ROOT
from regtest.waiting import wait_until
from tests.backup_places import NewPlace, Place, places
from tests.conftest import StartSattle
from tests.integration.webhook_bench import WebhookBench

CHECKS = {
    "public URL",
    "data directory",
    "private targets",
    "database",
    "revision",
    "worker",
    "node, as the worker knows it",
    "chain",
    "rates",
    "wallets",
    "deliveries",
    "alerts",
    "backups",
    "sealing key",
    "disk",
    "node",
    "node: chain",
    "node: blocks",
    "node: pruning",
    "node: ZMQ",
    "node: clock",
}

Found = dict[str, dict[str, str]]


def examined(place: Place) -> Found:
    """The findings by check; the exit code must be what they say."""
    done = place.flask("doctor", "--json")
    found = {finding["check"]: finding for finding in json.loads(done.stdout)}
    assert done.exit_code == int(any(finding["level"] == "failed" for finding in found.values()))
    return found


def expect(found: Found, check: str, level: str, says: str, remedy: str) -> None:
    finding = found[check]
    assert finding["level"] == level, finding
    assert says in finding["says"]
    assert remedy in finding["remedy"]
    assert remedy


@pytest.fixture
def new_place(tmp_path: Path) -> Iterator[NewPlace]:
    with places(tmp_path, None) as new:
        yield new


@pytest.fixture
def place(new_place: NewPlace, node: Node) -> Place:
    """A database with a store, beside the shared node; no worker runs."""
    made = new_place(**node_settings(node))
    made.migrate()
    made.open_store()
    return made


@pytest.fixture
def own_node(tmp_path: Path) -> Iterator[Node]:
    """A node to be hurt, not started yet."""
    made = Node(tmp_path / "own-node")
    yield made
    made.stop()


def node_settings(node: Node) -> dict[str, str]:
    return {
        "SATTLE_NODE_URL": node.rpc_url,
        "SATTLE_NODE_COOKIE": str(node.cookie),
        "SATTLE_NODE_ZMQ": node.zmq_url,
        "SATTLE_TEST_CLOCK": str(node.clock_file),
    }


def doctor_of(sattle: Harness) -> Found:
    """The same for a running installation."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "doctor", "--json"],
        env={**sattle.web.environment, "PATH": "/usr/bin:/bin"},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {finding["check"]: finding for finding in json.loads(done.stdout)}


# an installation that is well


def test_an_installation_that_is_well_is_told_so(start_sattle: StartSattle, tmp_path: Path) -> None:
    sattle = start_sattle()
    assert sattle.store
    backup = tmp_path / "sattle.backup"
    sattle.installation.flask("backup", str(backup))
    sattle.installation.flask("backup", "verify")
    wait_until(lambda: {f["level"] for f in doctor_of(sattle).values()} == {"ok"}, "all to be well")
    assert set(doctor_of(sattle)) == CHECKS
    assert all(line.startswith("ok ") for line in sattle.installation.flask("doctor").splitlines())


def test_it_runs_on_postgresql(postgresql: Any, node: Node, tmp_path: Path) -> None:
    with places(tmp_path, lambda: postgresql) as new:
        place = new(**node_settings(node))
        place.migrate()
        place.open_store()
        expect(examined(place), "worker", "failed", "no worker runs", "flask worker")
        worker = place.program("worker")
        worker.start()
        try:
            wait_until(lambda: examined(place)["chain"]["level"] == "ok", "the worker to look at the chain")
            found = examined(place)
            assert {check for check, finding in found.items() if finding["level"] != "ok"} == {"backups"}
        finally:
            worker.kill()
        wait_until(lambda: examined(place)["worker"]["level"] == "failed", "the lead to be free")


# settings


def test_settings_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    for wrong, sentence in (
        ({"SATTLE_NETWORK": "moon"}, "Error: SATTLE_NETWORK='moon' is not known; use one of"),
        ({"SATTLE_DATA_DIR": "/proc/nothing"}, "Error: SATTLE_DATA_DIR=/proc/nothing cannot be made"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", "doctor"],
            env={"FLASK_SKIP_DOTENV": "1", "SATTLE_DATA_DIR": str(tmp_path), **wrong},
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(sentence)
        assert len(done.stderr.splitlines()) == 1


def test_settings_that_endanger_money_are_told(new_place: NewPlace) -> None:
    mainnet = new_place(
        SATTLE_NETWORK="mainnet", SATTLE_ALLOW_PRIVATE_TARGETS="1", SATTLE_NODE_URL="http://127.0.0.1:1"
    )
    found = examined(mainnet)
    expect(found, "public URL", "failed", "http://127.0.0.1:8000 is not encrypted", "https://")
    expect(found, "private targets", "failed", "private addresses", "unset SATTLE_ALLOW_PRIVATE_TARGETS")
    testnet = new_place(SATTLE_NETWORK="testnet", SATTLE_NODE_URL="http://127.0.0.1:1")
    found = examined(testnet)
    expect(found, "public URL", "warning", "is not encrypted", "https://")
    assert found["private targets"]["level"] == "ok"
    for url in ("https://pay.example", "http://abcdef.onion"):
        good = new_place(SATTLE_NETWORK="mainnet", SATTLE_PUBLIC_URL=url, SATTLE_NODE_URL="http://127.0.0.1:1")
        assert examined(good)["public URL"]["level"] == "ok"


def test_a_data_directory_that_cannot_be_written_to_is_told(new_place: NewPlace, tmp_path: Path) -> None:
    place = new_place(SATTLE_DATA_DIR="/proc", DATABASE_URL=f"sqlite:///{tmp_path / 'elsewhere.db'}")
    expect(examined(place), "data directory", "failed", "SATTLE_DATA_DIR=/proc", "write there")


# the database


def test_a_database_that_does_not_answer_is_told_without_its_password(new_place: NewPlace, node: Node) -> None:
    place = new_place(DATABASE_URL="postgresql://shop:secret@127.0.0.1:1/sattle", **node_settings(node))
    found = examined(place)
    expect(found, "database", "failed", "127.0.0.1", "DATABASE_URL")
    assert "secret" not in json.dumps(found)
    assert found["node"]["level"] == "ok", "what does not need the database is told all the same"
    assert "worker" not in found


def test_a_database_at_another_revision_is_told(new_place: NewPlace, node: Node) -> None:
    place = new_place(**node_settings(node))
    expect(examined(place), "revision", "failed", "never migrated", "flask db upgrade")
    place.migrate("0001")
    expect(examined(place), "revision", "failed", "at revision 0001, the newest is", "flask db upgrade")
    place.migrate()
    assert examined(place)["revision"]["level"] == "ok"
    with place.app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    expect(examined(place), "revision", "failed", "9999, of a newer Sattle", "that version")


# the worker and what it stored


def test_no_worker_and_no_look_at_the_chain_are_told(place: Place) -> None:
    found = examined(place)
    expect(found, "worker", "failed", "no worker runs", "flask worker")
    expect(found, "node, as the worker knows it", "warning", "no worker has looked", "worker")
    expect(found, "chain", "warning", "never looked at", "worker")


def test_a_worker_whose_node_is_gone_is_told(place: Place, own_node: Node, new_place: NewPlace) -> None:
    own_node.start()
    own_node.prepare()
    place = new_place(**node_settings(own_node))
    place.migrate()
    place.open_store()
    worker = place.program("worker")
    worker.start()
    try:
        wait_until(lambda: examined(place)["chain"]["level"] == "ok", "the worker to look at the chain")
        own_node.stop()
        own_node.advance(15 * 60)
        wait_until(
            lambda: examined(place)["node, as the worker knows it"]["level"] == "failed", "the node to be missed"
        )
        found = examined(place)
    finally:
        worker.kill()
    assert found["worker"]["level"] == "ok"
    expect(found, "node, as the worker knows it", "failed", "unreachable", "SATTLE_NODE_URL")
    expect(found, "chain", "failed", "15 minutes ago, at block 101", "worker's log")
    expect(found, "node", "failed", "cookie", "SATTLE_NODE_URL")


# the node


def test_a_node_that_cannot_be_asked_is_told(new_place: NewPlace, node: Node) -> None:
    settings = node_settings(node)
    elsewhere = new_place(**settings | {"SATTLE_NODE_URL": f"http://127.0.0.1:{free_port()}"})
    expect(examined(elsewhere), "node", "failed", "does not answer", "SATTLE_NODE_URL")
    settings.pop("SATTLE_NODE_COOKIE")
    stranger = new_place(**settings | {"SATTLE_NODE_USER": "me", "SATTLE_NODE_PASSWORD": "wrong"})
    found = examined(stranger)
    expect(found, "node", "failed", "refuses our credentials", "SATTLE_NODE_PASSWORD")
    assert "wrong" not in json.dumps(found["node"])


def test_a_node_of_another_chain_is_told(new_place: NewPlace, node: Node) -> None:
    settings = node_settings(node)
    settings.pop("SATTLE_TEST_CLOCK")
    place = new_place(**settings, SATTLE_NETWORK="signet", SATTLE_PUBLIC_URL="https://pay.example")
    expect(examined(place), "node: chain", "failed", "'regtest', and we need 'signet'", "SATTLE_NETWORK")


def test_a_node_without_wallet_and_with_all_it_needs_is_well(new_place: NewPlace, own_node: Node) -> None:
    own_node.start("-disablewallet")
    found = examined(new_place(**node_settings(own_node)))
    assert {finding["level"] for check, finding in found.items() if check.startswith("node")} == {"ok"}


def test_announcements_that_are_missing_or_could_be_lost_are_told(new_place: NewPlace, own_node: Node) -> None:
    own_node.start("-zmqpubrawtxhwm=1000")
    settings = node_settings(own_node)
    expect(examined(new_place(**settings)), "node: ZMQ", "warning", "overflow rawtx", "zmqpubrawtxhwm=100000")
    other = new_place(**settings | {"SATTLE_NODE_ZMQ": "tcp://127.0.0.1:1"})
    expect(examined(other), "node: ZMQ", "failed", "rawtx, hashblock, sequence at tcp://127.0.0.1:1", "zmqpubsequence")
    by_name = new_place(**settings | {"SATTLE_NODE_ZMQ": own_node.zmq_url.replace("127.0.0.1", "localhost")})
    assert examined(by_name)["node: ZMQ"]["level"] == "warning"


def test_a_node_that_has_headers_without_blocks_is_told(new_place: NewPlace, node: Node, own_node: Node) -> None:
    own_node.start()
    for height in range(1, 21):
        own_node.rpc("submitheader", node.rpc("getblockheader", node.rpc("getblockhash", height), False))
    expect(examined(new_place(**node_settings(own_node))), "node: blocks", "warning", "0 of 20 blocks", "wait")


def test_a_node_that_keeps_few_blocks_is_told(new_place: NewPlace, own_node: Node) -> None:
    own_node.start("-fastprune", "-prune=1")
    own_node.prepare()
    own_node.mine(500)
    place = new_place(**node_settings(own_node))
    assert examined(place)["node: pruning"]["level"] == "ok"
    own_node.rpc("pruneblockchain", 250)
    kept = own_node.height() - own_node.rpc("getblockchaininfo")["pruneheight"] + 1
    expect(examined(place), "node: pruning", "warning", f"the last {kept} blocks", "prune=")


def test_an_old_node_another_genesis_and_a_wrong_clock_are_told(new_place: NewPlace, node: Node) -> None:
    """No such node is at hand: a proxy lets ours say what they would."""
    answers: dict[str, Callable[[Any], Any]] = {
        "getnetworkinfo": lambda said: said | {"version": 270_100, "subversion": "/Satoshi:27.1.0/"},
        "getblockhash": lambda said: said[::-1],
        "getnettotals": lambda said: said | {"timemillis": said["timemillis"] - 6_000},
    }
    with altered(node, answers) as url:
        found = examined(new_place(**node_settings(node) | {"SATTLE_NODE_URL": url}))
    expect(found, "node", "failed", "Satoshi:27.1.0; 28 is the oldest", "update")
    expect(found, "node: chain", "failed", "which is not ours", "SATTLE_NETWORK")
    expect(found, "node: clock", "failed", "behind ours", "NTP")
    assert examined(new_place(**node_settings(node)))["node: clock"]["level"] == "ok"


@contextmanager
def altered(node: Node, answers: dict[str, Callable[[Any], Any]]) -> Iterator[str]:
    """The address of a proxy before the node that changes the results of some calls."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            login = base64.b64encode(node.cookie.read_bytes()).decode()
            behind = http.client.HTTPConnection("127.0.0.1", node.rpc_port)
            behind.request("POST", "/", body, {"Authorization": f"Basic {login}"})
            answer = json.loads(behind.getresponse().read())
            behind.close()
            alter = answers.get(json.loads(body)["method"])
            told = json.dumps(answer | {"result": alter(answer["result"])} if alter else answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


# selling


def test_a_missing_and_an_old_rate_are_told(place: Place) -> None:
    with place.app.app_context(), change() as session:
        session.delete(session.get_one(Quote, ("fixed", "BTC_EUR")))
    expect(examined(place), "rates", "failed", "no quote of fixed for BTC_EUR is known yet", "worker")
    with place.app.app_context():
        old = place.services.clock.now() - timedelta(minutes=6)
        with change() as session:
            session.add(Quote(source="kraken", pair="BTC_EUR", rate=Decimal(1), at=old))
    on_kraken = Place(place.directory, place.url, **place.environment | {"SATTLE_RATE_SOURCE": "kraken"})
    expect(examined(on_kraken), "rates", "failed", "quote of kraken for BTC_EUR is", "rate source")
    on_kraken.close()


def test_a_store_without_a_wallet_and_no_store_are_told(place: Place, new_place: NewPlace, node: Node) -> None:
    place.told("store", "create", "moneyless")
    expect(examined(place), "wallets", "failed", "1 of 2 (moneyless)", "flask wallet add")
    fresh = new_place(**node_settings(node))
    fresh.migrate()
    expect(examined(fresh), "wallets", "warning", "no store yet", "flask store create")


def test_deliveries_that_wait_and_that_failed_are_told(start_sattle: StartSattle, own_node: Node) -> None:
    own_node.start()
    own_node.prepare()
    sattle = start_sattle(own_node)
    requests.post(f"{sattle.shop.url}/api/ipn-mode", json={"mode": "down"}, timeout=5).raise_for_status()
    order = sattle.order()
    wait_until(lambda: attempts(sattle, order.invoice_id) > 0, "the first attempt")
    sattle.advance(3700)
    host = sattle.shop.url.removeprefix("http://")
    expect(doctor_of(sattle), "deliveries", "warning", f"more than an hour: 1, to {host}", "invoice show")
    sattle.advance(73 * 3600)
    wait_until(lambda: doctor_of(sattle)["deliveries"]["level"] == "failed", "the delivery to fail for good")
    expect(doctor_of(sattle), "deliveries", "failed", f"in the last 7 days: 1, to {host}", "shop answers")


def test_deliveries_that_a_webhook_did_not_get_are_told_with_its_id(tmp_path: Path, migrated_url: str) -> None:
    bench = WebhookBench(tmp_path, migrated_url)
    webhook_id, _ = bench.webhook("http://user:a-secret@127.0.0.1:9/hook", automatic_redelivery=False)
    bench.start()
    invoice = bench.happen(EventType.CONFIRMED)
    wait_until(bench.all_are(invoice, "failed"), "the one try to fail")
    with bench.app.app_context():
        found = deliveries(bench.app.extensions["sattle"])
    bench.stop()
    assert (found.level, found.says) == (Level.FAILED, "failed for good in the last 7 days: 1, to 127.0.0.1:9")
    assert f"flask webhook deliveries {webhook_id}" in found.remedy
    assert "flask webhook redeliver" in found.remedy


def attempts(sattle: Harness, invoice_id: str) -> int:
    return sum(len(delivery["attempts"]) for delivery in sattle.invoice(invoice_id)["deliveries"])


def test_settled_money_that_was_lost_is_told_until_a_person_has_seen_it(place: Place) -> None:
    assert examined(place)["alerts"]["level"] == "ok"
    place.sell()
    now = place.services.clock.now()
    with place.app.app_context(), change() as session:
        invoice_id = session.query(Invoice).one().id
        alert = Alert(invoice_id=invoice_id, kind="settled_payment_lost", outpoint="ab-0", message="", raised_at=now)
        session.add(alert)
    expect(examined(place), "alerts", "failed", f"1 ({invoice_id})", "flask invoice alerts")
    with place.app.app_context(), change() as session:
        session.get_one(Alert, 1).ended_at = now
    expect(examined(place), "alerts", "warning", "ended by themselves and that nobody has seen: 1", "acknowledge")
    place.flask("invoice", "acknowledge", "1")
    assert examined(place)["alerts"]["level"] == "ok"


# upkeep


def test_missing_unproved_and_old_backups_are_told(new_place: NewPlace, node: Node, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    place = new_place(**node_settings(node) | {"SATTLE_TEST_CLOCK": str(clock)})
    place.migrate()
    expect(examined(place), "backups", "warning", "there is no backup", "flask backup FILE")
    place.told("backup", tmp_path / "sattle.backup")
    expect(examined(place), "backups", "warning", "no backup was proved", "flask backup verify")
    place.told("backup", "verify")
    assert examined(place)["backups"]["level"] == "ok"
    clock.write_text(str(49 * 3600), encoding="ascii")
    expect(examined(place), "backups", "warning", "the newest backup is 49 hours old", "no longer runs")


def test_a_full_disk_is_told(place: Place, tmp_path: Path) -> None:
    """A file system of one megabyte, in a mount namespace of its own."""
    small = tmp_path / "small"
    small.mkdir()
    inside = f"mount -t tmpfs -o size=1m tmpfs {small} && exec {sys.executable} -m flask --app wsgi doctor --json"
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if subprocess.run([*command, f"mount -t tmpfs tmpfs {small}"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a small file system")
    done = subprocess.run(
        [*command, inside],
        env={**place.environment, "SATTLE_DATA_DIR": str(small), "PATH": "/usr/bin:/bin", "FLASK_SKIP_DOTENV": "1"},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {finding["check"]: finding for finding in json.loads(done.stdout)}
    expect(found, "disk", "failed", f"MB are free for {small}", "make room")
    assert done.returncode == 1
