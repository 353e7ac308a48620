"""Invoice creation through the BitPay API: requests a second, p50, p99 and errors at 1, 8 and 32 clients.

The clients send requests that were signed before the clock started, over kept connections, from one process beside the
server; its own use of the processor is shown. With `--wait`, a further process asks for the database's write lock every
20 ms meanwhile, as the worker does, and says how long it waited.
"""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.load import Clients
from bench.lock_wait import Waiter
from bench.processes import processor_seconds
from bench.signed_client import SignedClient
from bench.table import finish, parser, percentile
from regtest.bitcoind import find_bitcoind
from regtest.harness import Harness
from regtest.node import Node

CLIENTS = (1, 8, 32)
REQUESTS = 1000  # signed in advance, then sent again and again


@dataclass(frozen=True)
class Bench:
    """A running Sattle, who asks it, what they send, and for how long."""

    sattle: Harness
    clients: Clients
    requests: list[bytes]
    seconds: float

    def round(self, clients: int) -> dict[str, object]:
        """The server alone under load."""
        before = processor_seconds(self._server)
        answered = self.clients.load(self.sattle.installation.web_port, self.requests, clients, self.seconds)
        spent = processor_seconds(self._server) - before
        found = answered.latencies_ms
        if not found:
            raise SystemExit(f"no request was answered with 200; the first answer: {answered.errors[0]}")
        return {
            "clients": clients,
            "per second": round(len(found) / answered.seconds, 1),
            "p50 ms": round(percentile(found, 50), 1),
            "p99 ms": round(percentile(found, 99), 1),
            "errors": len(answered.errors),
            "server's CPU ms each": round(1000 * spent / len(found), 2),
            "client's CPU ms each": round(1000 * answered.own_cpu_seconds / len(found), 2),
        }

    def waiting(self, clients: int) -> dict[str, object]:
        """The server under load, and a second process that wants to write."""
        waiter = Waiter(self.sattle.installation.environment())
        waits = waiter.begin(self.seconds)
        row = self.round(clients)
        found = waits.result()
        waiter.close()
        figures = {"p50": percentile(found, 50), "p95": percentile(found, 95), "max": max(found)}
        return row | {f"lock {name} ms": round(value, 1) for name, value in figures.items()}

    @property
    def _server(self) -> int:
        """The pid of gunicorn's first process."""
        if self.sattle.web.pid is None:
            raise RuntimeError("the server has ended")
        return self.sattle.web.pid


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--seconds", type=float, default=5, help="for each number of clients")
    arguments.add_argument("--clients", type=int, nargs="+", default=CLIENTS, metavar="N")
    arguments.add_argument("--wait", action="store_true", help="measure another process's wait for the write lock")
    chosen = arguments.parse_args()
    find_bitcoind()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = stack.enter_context(Node(directory / "node"))
        sattle = stack.enter_context(Harness(node, directory / "sattle"))
        client = SignedClient(sattle.server)
        client.pair(sattle.installation.pairing_code(sattle.new_store().id))
        client.create(10)
        requests = [client.prepared(10, orderId=str(number)) for number in range(REQUESTS)]
        clients = Clients()
        stack.callback(clients.close)
        bench = Bench(sattle, clients, requests, chosen.seconds)
        measure = bench.waiting if chosen.wait else bench.round
        finish([measure(number) for number in chosen.clients], chosen.json)


if __name__ == "__main__":
    main()
