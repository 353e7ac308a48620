"""A small HTTP server whose connections can be broken at any moment."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

POLL_SECONDS = 0.02  # how long it may take to stop


class HungUp(Exception):
    """The connection ends without an answer."""


@dataclass(frozen=True)
class Request:
    """A JSON-RPC request over HTTP, one call or a batch. `credentials`: the Authorization header, if there was one."""

    path: str
    body: bytes
    credentials: dict[str, str]
    calls: list[dict[str, Any]]
    is_batch: bool

    @property
    def methods(self) -> list[str]:
        """The methods called, in order."""
        return [str(call.get("method")) for call in self.calls]


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    content_type: str
    body: bytes


class Server(ThreadingHTTPServer):
    """Listens on a port of 127.0.0.1. `line` is called for each connection and gives what answers its requests."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, line: Callable[[], Callable[[Request], Answer]]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.line = line
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Answer, from threads of our own."""
        threading.Thread(target=self.serve_forever, args=(POLL_SECONDS,), name="rpc-proxy", daemon=True).start()

    def stop(self) -> None:
        """Refuse connections and break the open ones."""
        self.shutdown()
        self.server_close()
        with self._lock:
            broken = list(self._open)
        for connection in broken:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A broken connection is what we are here for."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together
    server: Server

    def setup(self) -> None:
        super().setup()
        self._answer = self.server.line()

    def do_POST(self) -> None:  # the name that http.server wants
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self._answer(self._request(body))
        except HungUp:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    def _request(self, body: bytes) -> Request:
        said = json.loads(body)
        credentials = self.headers.get("Authorization")
        return Request(
            self.path,
            body,
            {"Authorization": credentials} if credentials else {},
            said if isinstance(said, list) else [said],
            isinstance(said, list),
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing to say."""
