"""A scan and the moods of a node: busy with somebody else's, stopped half-way, gone, unwilling. Nothing else waits."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from app.chain.derivation import parse_account_key
from app.chain.networks import network_named
from app.chain.rpc import Rpc
from app.chain.rpc_line import NodeAddress
from app.chain.scan import Scanner
from app.errors import NodeUnavailable
from regtest.node import Node
from regtest.waiting import wait_until
from tests.account_keys import TPUBS, fresh_key
from tests.integration.scan_bench import Bench
from tests.till import Till

SECONDS_OF_WORK = 60_000  # indexes that the node derives before it looks at a coin: it takes some seconds
DESCRIPTOR = parse_account_key(TPUBS[0], "regtest").descriptor


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Node(tmp_path / "node") as node:
        till = Till(tmp_path / "data", node=node)
        yield Bench(till, node)
        till.rest()


def is_scanning(node: Node) -> bool:
    return node.rpc("scantxoutset", "status") is not None


def occupy(node: Node) -> threading.Thread:
    """Somebody else has the node scan."""
    wanted = [{"desc": f"wpkh({fresh_key()}/0/*)", "range": SECONDS_OF_WORK}]
    somebody = threading.Thread(target=lambda: node.rpc("scantxoutset", "start", wanted))
    somebody.start()
    wait_until(lambda: is_scanning(node), "somebody's scan to begin")
    return somebody


def test_a_scan_waits_while_the_node_scans_for_somebody_else(bench: Bench) -> None:
    store = bench.store()
    somebody = occupy(bench.node)
    waiting = bench.work(1)
    assert (waiting["state"], waiting["message"]) == ("waiting", "the node is scanning for somebody else")
    assert is_scanning(bench.node)
    assert bench.till.index(store) == 0
    bench.pay((0, 20_000))
    bench.sync()
    somebody.join()
    assert bench.work(1)["state"] == "done"


@pytest.mark.slow
def test_a_scan_of_our_own_holds_up_neither_payments_nor_invoices(bench: Bench) -> None:
    store = bench.store()
    bench.set_next_index(SECONDS_OF_WORK)
    ours = threading.Thread(target=lambda: bench.work(1))
    ours.start()
    wait_until(lambda: is_scanning(bench.node), "our scan to begin")
    invoice_id = bench.till.invoice(store)
    bench.node.payer.pay(bench.till.address(invoice_id), 20_000)
    bench.sync()
    assert bench.status(invoice_id) == ("Processing", "None")
    assert bench.row(1)["state"] == "running"
    assert is_scanning(bench.node)
    ours.join()
    assert bench.row(1)["state"] == "done"


@pytest.mark.slow
def test_a_node_that_stops_during_a_scan_is_asked_again(bench: Bench) -> None:
    bench.pay((3, 10_000))
    bench.store()
    bench.set_next_index(SECONDS_OF_WORK)
    ours = threading.Thread(target=lambda: bench.work(1))
    ours.start()
    wait_until(lambda: is_scanning(bench.node), "our scan to begin")
    bench.node.kill()
    ours.join()
    waiting = bench.row(1)
    assert (waiting["state"], waiting["progress_percent"]) == ("waiting", 0)
    bench.node.start()
    done = bench.work(1)
    assert (done["state"], done["found_outputs"]) == ("done", 1)


@pytest.mark.slow
def test_a_worker_that_stops_leaves_somebody_elses_scan_alone(bench: Bench) -> None:
    somebody = occupy(bench.node)
    bench.scanner.stop()
    assert is_scanning(bench.node)
    somebody.join()


class Play:
    """A node that plays the answers to scantxoutset that a real one gives at moments which no test can time."""

    def __init__(self, start: dict[str, Any]) -> None:
        play = self
        self.asked: list[str] = []
        self.status: object = None
        self.may_end = threading.Event()
        self.may_end.set()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                play.asked.append(asked["params"][0])
                if asked["params"][0] == "start":
                    play.may_end.wait(20)
                told = start if asked["params"][0] == "start" else {"result": play.status, "error": None}
                body = json.dumps({**told, "id": asked["id"]}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

        self.scanner = Scanner(Rpc(NodeAddress(self.url, user="u", password="p")), network_named("regtest"))

    def scan(self) -> NodeUnavailable:
        with pytest.raises(NodeUnavailable) as caught:
            self.scanner.scan(DESCRIPTOR, 0, 10, lambda _: None)
        return caught.value

    def __enter__(self) -> "Play":
        return self

    def __exit__(self, *_: object) -> None:
        self.may_end.set()
        self.server.shutdown()
        self.server.server_close()


ABORTED = {"result": {"success": False, "unspents": []}, "error": None}
NOT_FOUND = {"code": -32601, "message": "Method not found"}


def test_an_aborted_scan_is_tried_again() -> None:
    with Play(ABORTED) as play:
        trouble = play.scan()
    assert (trouble.state, str(trouble)) == ("scanning", "somebody aborted the scan on the node")


def test_a_worker_that_stops_has_the_node_stop_its_scan() -> None:
    with Play(ABORTED) as play:
        play.scanner.abort()
        assert play.asked == []
        play.may_end.clear()
        ours = threading.Thread(target=play.scan)
        ours.start()
        wait_until(lambda: "start" in play.asked, "our scan to begin")
        play.scanner.abort()
        assert "abort" in play.asked
        play.may_end.set()
        ours.join()


@pytest.mark.parametrize(
    ("error", "state"),
    [
        ({"code": -8, "message": 'Scan already in progress, use action "abort" or "status"'}, "scanning"),
        ({"code": -28, "message": "Loading block index…"}, "warming_up"),
        (NOT_FOUND, "refused"),
        ({"code": -5, "message": "the descriptor is wrong"}, "refused"),
    ],
)
def test_a_refusal_is_a_named_state(error: dict[str, object], state: str) -> None:
    with Play({"result": None, "error": error}) as play:
        assert play.scan().state == state


def test_progress_is_told_as_the_node_tells_it() -> None:
    told: list[int] = []
    with Play(ABORTED) as play:
        play.may_end.clear()
        play.status = {"progress": 37}

        def tell(percent: int) -> None:
            told.append(percent)
            play.may_end.set()

        with pytest.raises(NodeUnavailable):
            play.scanner.scan(DESCRIPTOR, 0, 10, tell)
    assert told == [37]


def test_an_answer_that_got_lost_is_not_awaited_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.chain.scan.SILENT_POLLS", 0)
    with Play(ABORTED) as play:
        play.may_end.clear()
        assert str(play.scan()) == "the node's answer to the scan got lost"


def test_a_node_that_refuses_for_good_is_not_asked_for_ever(bench: Bench) -> None:
    bench.store()
    with Play({"result": None, "error": NOT_FOUND}) as play:
        bench.scanner._scanner = play.scanner
        failed = bench.work(1)
        assert (failed["state"], "Method not found" in failed["message"]) == ("failed", True)
        bench.work(1)
        assert play.asked.count("start") == 1
