"""The node's ZMQ: doorbells and raw transactions. A lost signal costs latency, never a payment (chain-tracking B)."""

import logging
import threading
from collections.abc import Sequence
from queue import SimpleQueue

import zmq

from app.errors import ConfigError

log = logging.getLogger(__name__)

TOPICS = (b"rawtx", b"hashblock", b"sequence")
CONNECTED = b"C"
DISCONNECTED = b"D"
HASH_BYTES = 32
FRAMES = 3  # topic, body, counter
POLL_MILLISECONDS = 200  # how long `stop` may take; a message wakes the listener at once
WRAP = 2**32


class Signals:
    """Listens in a thread that only enqueues. `get` gives transaction bytes, or None for a bell: look now.

    Bells that nobody has answered yet are one bell: a reorg of a hundred blocks asks for one look, not for two hundred.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._rung = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._expected: dict[bytes, int] = {}
        self.gaps = 0  # how often messages were lost, a restart of the node included

    def start(self) -> None:
        """Subscribe, then listen. A node that is not there is waited for; ConfigError if the address is no address."""
        context = zmq.Context()
        socket = context.socket(zmq.SUB)
        socket.setsockopt(zmq.RCVHWM, 0)  # no limit: dropping is noticed only at the next message
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
        for topic in TOPICS:
            socket.setsockopt(zmq.SUBSCRIBE, topic)
        try:
            socket.connect(self._endpoint)
        except zmq.ZMQError as error:
            context.destroy()
            raise ConfigError(f"SATTLE_NODE_ZMQ: {self._endpoint!r} cannot be listened to: {error}") from None
        self._thread = threading.Thread(target=self._listen, args=(context, socket), name="signals", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; what is in the queue stays there."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def ring(self) -> None:
        """Ring the bell ourselves: the test clock moved, or a process wants attention."""
        if not self._rung.is_set():
            self._rung.set()
            self._queue.put(None)

    def get(self, timeout_seconds: float) -> bytes | None:
        """The next raw transaction, or None for a bell. Raises Empty when nothing came in time."""
        signal = self._queue.get(timeout=timeout_seconds)
        if signal is None:
            self._rung.clear()
        return signal

    def _listen(self, context: "zmq.Context[zmq.Socket[bytes]]", socket: "zmq.Socket[bytes]") -> None:
        try:
            while not self._stopping.is_set():
                if socket.poll(POLL_MILLISECONDS):
                    self.take(socket.recv_multipart())
        finally:
            socket.close()
            context.term()

    def take(self, message: Sequence[bytes]) -> None:
        """Enqueue what one message of the node means. What is no message of a node is logged and skipped."""
        if len(message) != FRAMES:
            log.warning("skipped a message of %s frames from %s", len(message), self._endpoint)
            return
        topic, body, counter = message
        self._count(topic, int.from_bytes(counter, "little"))
        if topic == b"rawtx":
            self._queue.put(body)
        elif topic == b"hashblock" or body[HASH_BYTES : HASH_BYTES + 1] in (CONNECTED, DISCONNECTED):
            self.ring()  # what enters the mempool, rawtx tells; what leaves it, its replacement's rawtx or the timer

    def _count(self, topic: bytes, counter: int) -> None:
        """Each topic counts its own messages from 0 on; a jump is a loss, a smaller number a restart of the node."""
        expected = self._expected.get(topic, counter)
        self._expected[topic] = (counter + 1) % WRAP
        if counter != expected:
            self.gaps += 1
            log.warning("%s: message %s instead of %s; looking at everything", topic.decode(), counter, expected)
            self.ring()
