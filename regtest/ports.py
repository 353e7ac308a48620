"""Loopback ports: free ones for tests, a clear word about a busy one for `up`."""

import os
import random
import socket

from regtest.errors import RegtestError

FIRST, LAST = 19_000, 28_000  # below the range from which the system takes the ports of clients
_given: set[int] = set()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, never given by this process before.

    A port that the system itself proposes may be some client's a moment later, while a server is stopped and started.
    """
    while True:
        port = random.randrange(FIRST, LAST)  # noqa: S311 - no secret, and other processes should start elsewhere
        if port not in _given and is_free(port):
            _given.add(port)
            return port


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now (a closing connection does not count as busy)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_from(variable: str, default: int) -> int:
    """The port named by an environment variable, or `default`."""
    text = os.environ.get(variable, "").strip() or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise RegtestError(f"{variable}={text!r} is not a port; use a number from 1 to 65535")
    return int(text)


def require_free(port: int, what: str, variable: str) -> None:
    """Raise a RegtestError that names the port, its purpose and the variable to set if somebody listens on it."""
    if not is_free(port):
        raise RegtestError(
            f"port {port}, wanted for {what}, is taken by another program; "
            f"stop that program or choose another port: {variable}={free_port()} make up"
        )
