"""From the node's ZMQ `rawtx` to the payment committed, by the worker's own process.

Zero is the moment a subscription of our own heard the transaction; the end is the moment when another connection, which
asks every 0.2 ms, sees the payment's row.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import zmq

from bench.chain.coins import Signed
from bench.chain.ground import Ground
from bench.chain.place import Place
from bench.table import percentile
from regtest.waiting import wait_until

POLL_SECONDS = 0.0002
PATIENCE_SECONDS = 20
REST_SECONDS = 0.02  # between two payments: each is measured alone
WARM_UP = 30  # the first ones of a process fill its caches
SEEN = "SELECT count(*) FROM payments WHERE network = 'regtest' AND txid = "


def payments(ground: Ground, database: str, invoices: int, count: int) -> dict[str, object]:
    """Pay `count` invoices one after another while `invoices` others are open."""
    with ground.place(database, invoices) as place:
        place.coins.make(count + WARM_UP)
        with _heard(place) as heard, place.working(), _watch(place) as watch:
            found = [_one(place, heard, watch) for _ in range(count + WARM_UP)][WARM_UP:]
    return {
        "database": database,
        "open invoices": invoices,
        "payments": len(found),
        "p50 ms": round(percentile(found, 50), 2),
        "p95 ms": round(percentile(found, 95), 2),
        "max ms": round(max(found), 2),
    }


def _one(place: Place, heard: dict[bytes, float], watch: "Watch") -> float:
    """Milliseconds that one payment took."""
    paid = place.coins.pay(place.product.new_invoice(place.store_id).script_pubkey)
    time.sleep(REST_SECONDS)
    sender = threading.Thread(target=place.coins.send, args=(paid,))
    sender.start()
    seen = watch.wait(paid)
    sender.join()
    wait_until(lambda: paid.raw in heard, "the announcement of the payment")
    return (seen - heard[paid.raw]) * 1000


class Watch:
    """A connection to the database that only looks."""

    def __init__(self, url: str) -> None:
        self._sqlite = sqlite3.connect(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        self._postgresql = None if self._sqlite else psycopg.connect(url, autocommit=True)

    def wait(self, paid: Signed) -> float:
        """The monotonic time at which the payment was there."""
        ends = time.perf_counter() + PATIENCE_SECONDS
        while not self._sees(paid.txid):
            if time.perf_counter() > ends:
                raise RuntimeError(f"no payment {paid.txid} within {PATIENCE_SECONDS} seconds")
            time.sleep(POLL_SECONDS)
        return time.perf_counter()

    def _sees(self, txid: str) -> bool:
        if self._sqlite is not None:
            row = self._sqlite.execute(f"{SEEN} ?", (txid,)).fetchone()
        else:
            assert self._postgresql is not None
            row = self._postgresql.execute(f"{SEEN} %s", (txid,), prepare=True).fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        """Close the connection."""
        for connection in (self._sqlite, self._postgresql):
            if connection is not None:
                connection.close()


@contextmanager
def _watch(place: Place) -> Iterator[Watch]:
    watch = Watch(place.installation.environment()["DATABASE_URL"])
    try:
        yield watch
    finally:
        watch.close()


@contextmanager
def _heard(place: Place) -> Iterator[dict[bytes, float]]:
    """When each raw transaction was first announced. Blocks are mined until the subscription is known to work."""
    times: dict[bytes, float] = {}
    stopping = threading.Event()

    def listen() -> None:
        socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        socket.subscribe(b"rawtx")
        socket.connect(place.node.zmq_url)
        while not stopping.is_set():
            if socket.poll(100):
                arrived = time.perf_counter()
                times.setdefault(socket.recv_multipart()[1], arrived)
        socket.close()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        wait_until(lambda: place.node.mine() and times, "an announcement of the node", every_seconds=0.2)
        yield times
    finally:
        stopping.set()
        listener.join()
