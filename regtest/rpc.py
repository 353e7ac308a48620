"""A small JSON-RPC client for the harness, on purpose not the product's: the two can be compared."""

import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from regtest.errors import NodeUnreachable, RpcError


class Rpc:
    """Calls a node, or one wallet of it. The cookie is read at each call, so a restarted node needs no new client."""

    def __init__(self, url: str, cookie: Path, *, wallet: str | None = None, timeout_seconds: float = 60) -> None:
        self.url = url
        self.cookie = cookie
        self._address = url if wallet is None else f"{url}/wallet/{wallet}"
        self._timeout_seconds = timeout_seconds
        self._local = threading.local()

    def wallet(self, name: str) -> "Rpc":
        """The same node seen through one of its wallets."""
        return Rpc(self.url, self.cookie, wallet=name, timeout_seconds=self._timeout_seconds)

    def __call__(self, method: str, *params: object) -> Any:
        """The node's result; amounts are Decimal. Raises RpcError or NodeUnreachable."""
        request = {"jsonrpc": "1.0", "id": method, "method": method, "params": params}
        try:
            response = self._session().post(
                self._address, json=request, auth=self._credentials(), timeout=self._timeout_seconds
            )
        except requests.RequestException as error:
            raise NodeUnreachable(f"no answer from the node at {self.url} to {method}: {error}") from error
        return _result(method, response)

    def _credentials(self) -> tuple[str, str]:
        try:
            user, _, password = self.cookie.read_text(encoding="ascii").strip().partition(":")
        except FileNotFoundError as error:
            raise NodeUnreachable(f"the node is not running: it has written no cookie {self.cookie}") from error
        return user, password

    def _session(self) -> requests.Session:
        """One connection per thread: sessions are not made to be shared."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False
        return session


def _result(method: str, response: requests.Response) -> Any:
    """The `result` of an answer. Core answers 404 or 500 with a JSON body for errors of the call itself."""
    try:
        body = response.json(parse_float=Decimal)
    except requests.JSONDecodeError as error:
        raise NodeUnreachable(f"{method}: the node answered HTTP {response.status_code}, not JSON") from error
    if body.get("error"):
        raise RpcError(method, body["error"]["code"], body["error"]["message"])
    return body["result"]
