"""The node's ZMQ: doorbells and raw transactions. A lost signal costs latency, never a payment (chain-tracking B)."""

import threading
from queue import SimpleQueue

import zmq

TOPICS = (b"rawtx", b"hashblock", b"sequence")
POLL_MILLISECONDS = 200
WRAP = 2**32


class Signals:
    """Listens in a thread that only enqueues. `get` gives transaction bytes, or None for a bell: look now."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="signals", daemon=True)
        self._counters: dict[bytes, int] = {}
        self.gaps = 0  # messages known to be lost, in runs

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def ring(self) -> None:
        """Ring the bell ourselves: the test clock moved, or a process wants attention."""
        self._queue.put(None)

    def get(self, timeout_seconds: float) -> bytes | None:
        """The next raw transaction, or None for a bell. Raises Empty when nothing came in time."""
        return self._queue.get(timeout=timeout_seconds)

    def _listen(self) -> None:
        context = zmq.Context()
        socket = context.socket(zmq.SUB)
        socket.setsockopt(zmq.RCVHWM, 0)
        socket.setsockopt(zmq.LINGER, 0)
        for topic in TOPICS:
            socket.setsockopt(zmq.SUBSCRIBE, topic)
        socket.connect(self._endpoint)
        try:
            while not self._stopping.is_set():
                if socket.poll(POLL_MILLISECONDS):
                    self._take(socket.recv_multipart())
        finally:
            socket.close()
            context.term()

    def _take(self, message: list[bytes]) -> None:
        topic, body, counter = message[0], message[1], int.from_bytes(message[2], "little")
        expected = self._counters.get(topic)
        self._counters[topic] = (counter + 1) % WRAP
        if expected is not None and counter != expected:
            self.gaps += 1  # lost messages, or the node began again
            self._queue.put(None)
        if topic == b"rawtx":
            self._queue.put(body)
        elif topic == b"hashblock" or body[32:33] in (
            b"C",
            b"D",
        ):  # a removal is told by the spender's rawtx, or found by the timer
            self._queue.put(None)
