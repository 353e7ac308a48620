"""One kept-alive HTTP connection to the node that never stays broken.

A bare `http.client` connection is dead for good once the node closed it (after 30 s idle), a call timed out or was
refused. This one begins again after each of these, and reads the node's cookie whenever it connects: the node writes a
new one at each start.
"""

import http.client
from collections.abc import Callable, Mapping
from typing import Any

from app.clock import Clock

IDLE_SECONDS = 20.0  # the node hangs up after 30
TIMEOUT_SECONDS = 30.0

Authorization = Callable[[], str]


class NodeConnection(http.client.HTTPConnection):
    """For one thread. `authorization` gives the header's value and is asked at each connect."""

    def __init__(self, host: str, port: int, authorization: Authorization) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._authorization = authorization
        self._header = ""
        self._last_used = 0.0
        self.status = 0  # of the last answer; 0 while there is none
        self.connects = 0

    @property
    def is_open(self) -> bool:
        """Is there a connection from an earlier call? The node may have hung up without our knowing."""
        return self.sock is not None

    def __del__(self) -> None:
        self.close()  # a thread that ends leaves no open connection behind

    def connect(self) -> None:
        """Read the credentials, then connect."""
        self._header = self._authorization()
        super().connect()
        self.connects += 1

    def request(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, Any] | None = None, **rest: Any
    ) -> None:
        """As http.client's, with our own credentials; `url` may be empty."""
        self.status = 0
        if self.is_open and Clock.monotonic() - self._last_used > IDLE_SECONDS:
            self.close()
        try:
            if not self.is_open:
                self.connect()
            ours = {**(headers or {}), "Authorization": self._header}
            super().request(method, url or "/", body, ours, **rest)
        except BaseException:  # whatever interrupts a call: what follows must not read its answer
            self.close()
            raise

    def getresponse(self) -> http.client.HTTPResponse:
        """As http.client's; a failure, a time-out included, closes the connection."""
        try:
            response = super().getresponse()
        except BaseException:
            self.close()
            raise
        self._last_used = Clock.monotonic()
        self.status = response.status
        return response


class EncryptedNodeConnection(NodeConnection, http.client.HTTPSConnection):
    """The same over TLS: nothing is said, credentials least of all, before the certificate was found to be good.

    Which authorities are trusted is OpenSSL's business: the system's, or those of SSL_CERT_FILE.
    """
