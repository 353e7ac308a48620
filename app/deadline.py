"""Requests that end when their time is up, however slowly the other side answers."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool


class Deadline:
    """Cuts the sockets it was told of when time is up: with a time-out per read alone, a dripping answer never ends.

    `connected` is set once a connection stands, TLS's handshake included: from then on something may have been sent.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self.passed = False
        self.connected = False

    def watch(self, opened: socket.socket) -> None:
        """Cut this one, too. Raises TimeoutError when time is up already: looking up the name may have taken it."""
        with self._lock:
            if self.passed:
                opened.close()
                raise TimeoutError("time is up")
            self._sockets.append(opened.dup())  # TLS takes the descriptor over before it shakes hands

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            for opened in self._sockets:
                with contextlib.suppress(OSError):  # closed already by the other side
                    opened.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()


class _Http(HTTPConnection):
    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        new = super()._new_conn()
        self.deadline.watch(new)
        return new

    def connect(self) -> None:
        super().connect()
        self.deadline.connected = True


class _Https(HTTPSConnection):
    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        new = super()._new_conn()
        self.deadline.watch(new)
        return new

    def connect(self) -> None:
        super().connect()
        self.deadline.connected = True


class DeadlineAdapter(HTTPAdapter):
    """For one request: its connections answer to the deadline, and nothing is tried twice."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """The pool for this one request."""
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _Https if pool.scheme == "https" else _Http

        def connection(**options: Any) -> HTTPConnection:
            made = kind(**options)
            made.deadline = self._deadline
            return made

        vars(pool)["ConnectionCls"] = connection
        return pool
