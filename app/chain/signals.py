"""The node's ZMQ: doorbells and raw transactions. A lost signal costs latency, never a payment (chain-tracking B)."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import NamedTuple

import zmq

from app.errors import ConfigError

log = logging.getLogger(__name__)

TOPICS = (b"rawtx", b"hashblock", b"sequence")
HASH_BYTES = 32
NUMBER = slice(HASH_BYTES + 1, HASH_BYTES + 9)  # of an event of the mempool
ADDED = b"A"
REMOVED = b"R"
FRAMES = 3  # topic, body, counter
POLL_MILLISECONDS = 200  # how long `stop` may take; a message wakes the listener at once
WRAP = 2**32
MOST_AT_ONCE = 20_000


class Move(NamedTuple):
    """A transaction entered or left the mempool, otherwise than into a block. `number` counts such events (B3, B4)."""

    txid: bytes  # 32 bytes, in the order in which RPC shows them
    number: int
    entered: bool


@dataclass
class Heard:
    """What was announced since the last look, in order.

    `rang`: look at the chain now. `lost`: messages were lost or the node was restarted; look at everything.
    """

    raw_transactions: list[bytes] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    rang: bool = False
    lost: bool = False


class Bell(NamedTuple):
    """Somebody wants us to look; `lost` as in Heard."""

    lost: bool = False


class Signals:
    """Listens to one or several nodes in a thread that only enqueues.

    Bells that nobody has answered yet are one bell: a reorg of a hundred blocks asks for one look, not for two hundred.
    """

    def __init__(self, *endpoints: str) -> None:
        self._endpoints = endpoints
        self._queue: SimpleQueue[tuple[int, bytes | Move | Bell]] = SimpleQueue()
        self._rung = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._expected: dict[tuple[int, bytes], int] = {}
        self.gaps = 0  # how often messages were lost, a restart of a node included

    def start(self) -> None:
        """Subscribe, then listen. A node that is not there is waited for; ConfigError if an address is no address."""
        context = zmq.Context()
        sockets = [_subscription(context, endpoint) for endpoint in self._endpoints]
        self._thread = threading.Thread(target=self._listen, args=(context, sockets), name="signals", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; what is in the queue stays there."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def ring(self) -> None:
        """Ring the bell ourselves: a process wants attention."""
        if not self._rung.is_set():
            self._rung.set()
            self._queue.put((0, Bell()))

    def take(self, timeout_seconds: float, source: int = 0) -> Heard | None:
        """All that was announced up to now, waiting for the first of it; None when nothing came in time.

        Events of the mempool count only from `source`, the endpoint of the node in use: others have other mempools.
        """
        heard = Heard()
        try:
            self._sort_in(self._queue.get(timeout=timeout_seconds), heard, source)
            for _ in range(MOST_AT_ONCE):
                self._sort_in(self._queue.get_nowait(), heard, source)
        except Empty:
            pass
        return heard if heard != Heard() else None

    def _sort_in(self, item: tuple[int, bytes | Move | Bell], heard: Heard, source: int) -> None:
        origin, signal = item
        if isinstance(signal, Bell):
            self._rung.clear()
            heard.rang = True
            heard.lost |= signal.lost and origin == source
        elif isinstance(signal, Move):
            if origin == source:
                heard.moves.append(signal)
        else:
            heard.raw_transactions.append(signal)

    def _listen(self, context: "zmq.Context[zmq.Socket[bytes]]", sockets: "Sequence[zmq.Socket[bytes]]") -> None:
        poller = zmq.Poller()
        for socket in sockets:
            poller.register(socket, zmq.POLLIN)
        try:
            while not self._stopping.is_set():
                for socket, _ in poller.poll(POLL_MILLISECONDS):
                    self.hear(socket.recv_multipart(), sockets.index(socket))
        finally:
            context.destroy()

    def hear(self, message: Sequence[bytes], source: int = 0) -> None:
        """Enqueue what one message of a node means. What is no message of a node is logged and skipped."""
        if len(message) != FRAMES:
            log.warning("skipped a message of %s frames from %s", len(message), self._endpoints[source])
            return
        topic, body, counter = message
        self._count(source, topic, int.from_bytes(counter, "little"))
        if topic == b"rawtx":
            self._queue.put((source, body))
            return
        label = body[HASH_BYTES : HASH_BYTES + 1]
        if topic == b"sequence" and label in (ADDED, REMOVED):
            number = int.from_bytes(body[NUMBER], "little")
            self._queue.put((source, Move(body[:HASH_BYTES], number, label == ADDED)))
        else:
            self.ring()  # a block was connected or disconnected

    def _count(self, source: int, topic: bytes, counter: int) -> None:
        """Each topic counts its own messages from 0 on; a jump is a loss, a smaller number a restart of the node."""
        expected = self._expected.get((source, topic), counter)
        self._expected[source, topic] = (counter + 1) % WRAP
        if counter != expected:
            self.gaps += 1
            log.warning("%s: message %s instead of %s; looking at everything", topic.decode(), counter, expected)
            self._queue.put((source, Bell(lost=True)))


def _subscription(context: "zmq.Context[zmq.Socket[bytes]]", endpoint: str) -> "zmq.Socket[bytes]":
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)  # no limit: dropping is noticed only at the next message
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
    for topic in TOPICS:
        socket.setsockopt(zmq.SUBSCRIBE, topic)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        context.destroy()
        raise ConfigError(f"SATTLE_NODE_ZMQ: {endpoint!r} cannot be listened to: {error}") from None
    return socket
