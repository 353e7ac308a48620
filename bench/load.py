"""Load from a process of its own, so that what is measured is the server.

A closed loop on kept connections: each client sends its next request when the last is answered. The requests are made
before the clock starts, and one process plays all clients over raw sockets, for some 0.1 ms of processor time each.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle

CHUNK_BYTES = 65536
GIVE_UP_SECONDS = 30
OK = b"HTTP/1.1 200"


@dataclass
class Answered:
    """How long the requests took, those alone that were answered with 200; what the others were answered, if at all."""

    latencies_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    own_cpu_seconds: float = 0.0


class _Client:
    """One connection and the answer that comes over it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.is_closed = False
        self._answer = b""
        self._sent_at = 0.0

    def send(self, request: bytes) -> None:
        self._answer = b""
        self._sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self, into: Answered) -> bool:
        """Take what has come; True when the answer is whole."""
        piece = self.socket.recv(CHUNK_BYTES)
        self._answer += piece
        self.is_closed = not piece
        if piece and not is_whole(self._answer):
            return False
        if piece and self._answer.startswith(OK):
            into.latencies_ms.append((time.perf_counter() - self._sent_at) * 1000)
        else:
            into.errors.append(self._answer[:200].decode("latin-1") or "the connection was closed")
        return True


def is_whole(answer: bytes) -> bool:
    """Has an HTTP answer with Content-Length arrived to its end?"""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(body) >= int(length.partition(b":")[2])


def post(path: str, host: str, headers: dict[str, str], body: bytes) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


class Clients:
    """The process that plays the clients."""

    def __init__(self) -> None:
        self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._pool.submit(time.perf_counter).result()  # started and ready

    def load(self, port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Answered:
        """Have `clients` send `requests`, over and over, for `seconds`."""
        return self._pool.submit(_load, port, list(requests), clients, seconds).result()

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()


def _load(port: int, requests: list[bytes], clients: int, seconds: float) -> Answered:
    answered = Answered()
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            client = _Client(port)
            selector.register(client.socket, selectors.EVENT_READ, client)
        began, cpu = time.perf_counter(), time.process_time()
        _run(selector, cycle(requests), answered, began + seconds)
        answered.seconds = time.perf_counter() - began
        answered.own_cpu_seconds = time.process_time() - cpu
    return answered


def _run(selector: selectors.BaseSelector, requests: Iterator[bytes], answered: Answered, ends: float) -> None:
    waiting = 0
    for key in list(selector.get_map().values()):
        key.data.send(next(requests))
        waiting += 1
    while waiting:
        ready = selector.select(GIVE_UP_SECONDS)
        if not ready:
            answered.errors += ["no answer came"] * waiting
            return
        for key, _ in ready:
            if not key.data.receive(answered):
                continue
            if time.perf_counter() < ends and not key.data.is_closed:
                key.data.send(next(requests))
            else:
                selector.unregister(key.fileobj)
                waiting -= 1
