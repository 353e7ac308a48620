"""Before the node's ZMQ: passes each message on as it came, counter included, unless a fault says otherwise."""

import heapq
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic

import zmq

from regtest.ports import free_port
from regtest.proxy.faults import ALL, Fault, Faults
from regtest.waiting import wait_until

POLL_MILLISECONDS = 10
SUBSCRIBED = b"\x01"

Frames = tuple[bytes, ...]
Act = Callable[[Frames], Sequence[tuple[float, Frames]]]
"""What becomes of a message: what is sent, each after so many seconds."""


class ZmqProxy:
    """Publishes at `url` what the node publishes. Each verb takes a topic (or "*") and lasts until `mend`."""

    def __init__(self, node_url: str) -> None:
        self.url = f"tcp://127.0.0.1:{free_port()}"
        self.passed: Counter[str] = Counter()
        self._node_url = node_url
        self._faults: Faults[Act] = Faults()
        self._waiting: list[tuple[float, int, Frames]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._wanted = True  # whether we are to publish
        self._publishing = False
        self._listeners = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen to the node and publish."""
        self._thread = threading.Thread(target=self._run, name="zmq-proxy", daemon=True)
        self._thread.start()
        wait_until(lambda: self._publishing, f"the proxy to publish at {self.url}")

    def stop(self) -> None:
        """End; the address is free then."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    # Verbs

    def cut(self) -> None:
        """Break the connections and refuse new ones. What the node says meanwhile is lost."""
        self._wanted = False
        wait_until(lambda: not self._publishing, "the proxy to be silent")

    def mend(self) -> None:
        """Publish again, and forget every fault. Listeners come back by themselves after a moment: `wait_heard`."""
        self._faults.clear()
        self._wanted = True
        wait_until(lambda: self._publishing, f"the proxy to publish at {self.url} again")

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens now."""
        return self._listeners > 0

    def wait_heard(self) -> None:
        """Return when somebody listens, for instance again after the cable was cut."""
        wait_until(lambda: self.is_heard, f"somebody to listen at {self.url}")

    def lose(self, topic: str = ALL, *, nth: int | None = None, times: int | None = None, every: int = 1) -> None:
        """Lose messages: all, the nth, the first `times`, or every so many. The next one's counter shows the gap."""
        self._strike(topic, lambda _frames: [], nth, times, every)

    def repeat(self, topic: str = ALL, copies: int = 2, *, nth: int | None = None, every: int = 1) -> None:
        """Send messages several times."""
        self._strike(topic, lambda frames: [(0, frames)] * copies, nth, None, every)

    def delay(self, topic: str = ALL, *, seconds: float, nth: int | None = None, every: int = 1) -> None:
        """Send messages later; those of other topics overtake them."""
        self._strike(topic, lambda frames: [(seconds, frames)], nth, None, every)

    def say(self, topic: str, body: bytes, counter: int) -> None:
        """Publish something that the node never said."""
        self._later(0, (topic.encode(), body, (counter % 2**32).to_bytes(4, "little")))

    # How

    def _strike(self, topic: str, act: Act, nth: int | None, times: int | None, every: int) -> None:
        self._faults.add(Fault(topic, act, nth, times, every))

    def _later(self, seconds: float, frames: Frames) -> None:
        with self._lock:
            heapq.heappush(self._waiting, (monotonic() + seconds, next(self._numbers), frames))

    def _run(self) -> None:
        with zmq.Context() as context, context.socket(zmq.SUB) as node:
            node.setsockopt(zmq.RCVHWM, 0)
            node.setsockopt(zmq.LINGER, 0)
            node.subscribe(b"")
            node.connect(self._node_url)
            while not self._stopping.is_set():
                self._publish(context, node)

    def _publish(self, context: "zmq.Context[zmq.Socket[bytes]]", node: "zmq.Socket[bytes]") -> None:
        """Pass messages on until the cable is cut; lose them until it is mended."""
        while not self._wanted and not self._stopping.is_set():
            self._hear(node, lambda _frames: None)
        with context.socket(zmq.XPUB) as out:
            out.setsockopt(zmq.SNDHWM, 0)
            out.setsockopt(zmq.LINGER, 0)
            if not self._bind(out):
                return
            self._publishing = True
            while self._wanted and not self._stopping.is_set():
                self._hear(node, self._pass)
                self._send(out)
                self._welcome(out)
        self._listeners = 0
        with self._lock:
            self._waiting.clear()
        self._publishing = False

    def _bind(self, out: "zmq.Socket[bytes]") -> bool:
        """False when the socket that we closed a moment ago has not let go of the address yet."""
        with suppress(zmq.ZMQError):
            out.bind(self.url)
            return True
        return False

    def _hear(self, node: "zmq.Socket[bytes]", pass_on: Callable[[Frames], None]) -> None:
        if node.poll(POLL_MILLISECONDS):
            with suppress(zmq.Again):
                while True:
                    pass_on(tuple(node.recv_multipart(zmq.NOBLOCK)))

    def _pass(self, frames: Frames) -> None:
        topic = frames[0].decode()
        results: list[tuple[float, Frames]] = [(0, frames)]
        for act in self._faults.striking(topic):
            results = [
                (waited + more, changed) for waited, message in results for more, changed in partial(act, message)()
            ]
        self.passed[topic] += len(results)
        for seconds, message in results:
            self._later(seconds, message)

    def _send(self, out: "zmq.Socket[bytes]") -> None:
        with self._lock:
            while self._waiting and self._waiting[0][0] <= monotonic():
                out.send_multipart(heapq.heappop(self._waiting)[2])

    def _welcome(self, out: "zmq.Socket[bytes]") -> None:
        with suppress(zmq.Again):
            while True:
                self._listeners += 1 if out.recv(zmq.NOBLOCK).startswith(SUBSCRIBED) else -1
