"""Invoice creation through the BitPay API: requests a second, p50, p99 and errors at 1, 8 and 32 clients.

A closed loop: each client sends its next request when the last is answered. The clients are threads of one process
on the same machine, and take their share of its cores.
"""

import contextlib
import tempfile
import threading
import time
from pathlib import Path

import requests

from bench.signed_client import SignedClient
from bench.table import finish, parser, percentile
from regtest.bitcoind import find_bitcoind
from regtest.harness import Harness
from regtest.node import Node

CLIENTS = (1, 8, 32)


def load(client: SignedClient, server: str, seconds: float, found: list[float], errors: list[str]) -> None:
    """One client's loop."""
    mine = SignedClient(server)
    mine.share_key(client)
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        began = time.perf_counter()
        try:
            mine.create(10)
        except requests.RequestException as error:
            errors.append(str(error))
        else:
            found.append((time.perf_counter() - began) * 1000)


def measure(seconds: float) -> list[dict[str, object]]:
    """A row for each number of clients."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        node = stack.enter_context(Node(directory / "node"))
        sattle = stack.enter_context(Harness(node, directory / "sattle"))
        client = SignedClient(sattle.server)
        client.pair(sattle.installation.pairing_code(sattle.new_store().id))
        client.create(10)
        return [_round(client, sattle.server, clients, seconds) for clients in CLIENTS]


def _round(client: SignedClient, server: str, clients: int, seconds: float) -> dict[str, object]:
    found: list[float] = []
    errors: list[str] = []
    threads = [threading.Thread(target=load, args=(client, server, seconds, found, errors)) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "clients": clients,
        "per second": round(len(found) / seconds, 1),
        "p50 ms": round(percentile(found, 50), 1),
        "p99 ms": round(percentile(found, 99), 1),
        "errors": len(errors),
    }


def main() -> None:
    arguments = parser(__doc__ or "")
    arguments.add_argument("--seconds", type=float, default=5, help="for each number of clients")
    chosen = arguments.parse_args()
    find_bitcoind()
    finish(measure(chosen.seconds), chosen.json)


if __name__ == "__main__":
    main()
