"""From the node accepting a payment to the IPN arriving at the shop, beside the node's own ZMQ latency.

Zero is the moment sendrawtransaction was called: the node announces a transaction before that call returns, so the time
of the return would flatter. The IPN endpoint is a bare HTTP server in this process.
"""

import contextlib
import http.server
import json
import tempfile
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

import zmq

from bench.signed_client import SignedClient
from bench.table import finish, parser, percentile
from regtest.bitcoind import find_bitcoind
from regtest.harness import Harness
from regtest.node import Node


class Receiver(http.server.ThreadingHTTPServer):
    """Notes when each invoice's first paidInFull IPN came."""

    def __init__(self) -> None:
        self.seen: SimpleQueue[tuple[str, float]] = SimpleQueue()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/ipn"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        arrived = time.perf_counter()
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if "event" not in body and body["status"] == "paid":
            self.server.seen.put((body["id"], arrived))  # type: ignore[attr-defined] # a Receiver

    def log_message(self, *_: object) -> None:
        """Quiet."""


def listen(endpoint: str, times: dict[str, float], stopping: threading.Event) -> None:
    """Note when each raw transaction first arrived by ZMQ, keyed by its bytes as hex."""
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
    socket.subscribe(b"rawtx")
    socket.connect(endpoint)
    while not stopping.is_set():
        if socket.poll(100):
            arrived = time.perf_counter()
            times.setdefault(socket.recv_multipart()[1].hex(), arrived)
    socket.close()


def measure(payments: int) -> list[dict[str, object]]:
    """Pay `payments` invoices one after another; returns a row for ZMQ and one for the IPN, in milliseconds."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = stack.enter_context(Node(directory / "node"))
        sattle = stack.enter_context(Harness(node, directory / "sattle"))
        receiver = Receiver()
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        stack.callback(receiver.shutdown)
        heard: dict[str, float] = {}
        stopping = threading.Event()
        stack.callback(stopping.set)
        threading.Thread(target=listen, args=(node.zmq_url, heard, stopping), daemon=True).start()
        client = SignedClient(sattle.server)
        client.pair(sattle.installation.pairing_code(sattle.new_store().id))
        zmq_ms, ipn_ms = [], []
        for _ in range(payments):
            invoice = client.create(10, notificationURL=receiver.url, fullNotifications=True)
            raw = node.payer.prepare([(invoice["bitcoinAddress"], 20_000)])
            began = time.perf_counter()
            node.payer.send(raw)
            invoice_id, arrived = receiver.seen.get(timeout=20)
            if invoice_id != invoice["id"]:
                raise RuntimeError(f"the IPN of {invoice_id} came instead of that of {invoice['id']}")
            ipn_ms.append((arrived - began) * 1000)
            zmq_ms.append((heard[raw] - began) * 1000)
        return [_row("node -> ZMQ rawtx", zmq_ms), _row("node -> IPN at the shop", ipn_ms)]


def _row(what: str, values: list[float]) -> dict[str, object]:
    figures = {"p50 ms": percentile(values, 50), "p95 ms": percentile(values, 95), "max ms": max(values)}
    return {"what": what, "n": len(values), **{key: round(value, 1) for key, value in figures.items()}}


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--payments", type=int, default=50)
    chosen = arguments.parse_args()
    find_bitcoind()
    try:
        finish(measure(chosen.payments), chosen.json)
    except Empty:
        raise SystemExit("no IPN came within 20 seconds; the logs of the harness say why") from None


if __name__ == "__main__":
    main()
