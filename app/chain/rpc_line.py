"""A thread's line to one node: the one home of python-bitcoinrpc, wrapped so that what failed or idled is replaced.

A bare proxy is dead for good after 30 s idle, a time-out or a refusal, may not be shared between threads, and sends
batches that current nodes do not answer as it expects (docs/adr/0004).
"""

import base64
import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bitcoinrpc.authproxy import AuthServiceProxy, JSONRPCException

from app.chain.rpc_connection import TIMEOUT_SECONDS, EncryptedNodeConnection, NodeConnection
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable

RPC_PORT = 8332
HTTPS_PORT = 443
WARMING_UP = -28
NO_ANSWER = (-342, -343)  # python-bitcoinrpc's own: what came back was no JSON, or held no result

T = TypeVar("T")


@dataclass(frozen=True)
class NodeAddress:
    """Where a node takes calls, and how we log in: by its cookie file, or with user and password."""

    url: str
    cookie: Path | None = None
    user: str | None = None
    password: str | None = None

    @property
    def host(self) -> str:
        """Fit to be shown: without credentials."""
        return f"{urlsplit(self.url).hostname}:{self.port}"

    @property
    def port(self) -> int:
        """Without one in the address it is the node's own on mainnet; behind TLS, which a proxy does, that of https."""
        return urlsplit(self.url).port or (HTTPS_PORT if self.is_encrypted else RPC_PORT)

    @property
    def is_encrypted(self) -> bool:
        return self.url.startswith("https://")


class RpcError(Exception):
    """The node refused a call: its code and message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message


class Line:
    """For one thread; `path` names one of the node's wallets.

    Every method raises NodeUnavailable when there is no answer to be had.
    """

    def __init__(self, node: NodeAddress, timeout_seconds: float = TIMEOUT_SECONDS, path: str = "") -> None:
        self._node = node
        connection = EncryptedNodeConnection if node.is_encrypted else NodeConnection
        self._connection = connection(urlsplit(node.url).hostname or "127.0.0.1", node.port, self._authorization)
        self._connection.timeout = timeout_seconds
        # The proxy insists on credentials in its address; the connection replaces what it makes of them.
        self._proxy = AuthServiceProxy(
            f"http://in:connection@node{path}", timeout=timeout_seconds, connection=self._connection
        )

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    @property
    def connects(self) -> int:
        """How often this line was connected anew."""
        return self._connection.connects

    def call(self, method: str, params: tuple[object, ...]) -> Any:
        """The result of one call; amounts are Decimal. RpcError when the node refuses it."""
        try:
            return self._ask(lambda: getattr(self._proxy, method)(*params))
        except JSONRPCException as error:
            raise typed(error.code or 0, error.message or "") from None

    def batch(self, method: str, params: list[list[object]]) -> list[Any | RpcError]:
        """One round trip for many calls; each answer, in order, is a result or an RpcError."""
        calls = [{"version": "1.1", "id": n, "method": method, "params": p} for n, p in enumerate(params)]
        answers = self._ask(lambda: self._post(json.dumps(calls)))
        if not isinstance(answers, list):
            raise NodeUnavailable(NodeState.UNREACHABLE, f"the node at {self._node.host} does not answer batches")
        return [_result(answer) for answer in sorted(answers, key=lambda answer: int(answer["id"]))]

    def _ask(self, question: Callable[[], T]) -> T:
        """Ask; once more over a new connection if the old one had died.

        Every call that we make may be made twice, sendrawtransaction included.
        """
        connection = self._connection
        for may_be_stale in (connection.is_open, False):
            try:
                return question()
            except JSONRPCException as error:
                if error.code not in NO_ANSWER:
                    raise
                connection.close()
                trouble = _refusal(self._node, connection.status)
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                trouble = NodeUnavailable(
                    NodeState.UNREACHABLE, f"the node does not answer at {self._node.host}: {error}"
                )
                if isinstance(error, TimeoutError):
                    break
            if not may_be_stale:
                break
        raise trouble

    def _post(self, body: str) -> Any:
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        if response.getheader("Content-Type") != "application/json":
            raise JSONRPCException({"code": NO_ANSWER[0], "message": f"HTTP {response.status}"})
        return json.loads(response.read(), parse_float=Decimal)

    def _authorization(self) -> str:
        login = f"{self._node.user or ''}:{self._node.password or ''}"
        if self._node.cookie is not None:
            try:
                login = self._node.cookie.read_text(encoding="utf-8").strip()
            except OSError as error:
                reason = f"the node's cookie {self._node.cookie} cannot be read: {error.strerror}"
                raise NodeUnavailable(NodeState.UNREACHABLE, reason) from None
        return "Basic " + base64.b64encode(login.encode()).decode("ascii")


def typed(code: int, message: str) -> NodeUnavailable | RpcError:
    """A node that is starting is a state; any other error is a refusal of the call."""
    if code == WARMING_UP:
        return NodeUnavailable(NodeState.WARMING_UP, f"the node is starting: {message}")
    return RpcError(code, message)


def _refusal(node: NodeAddress, status: int) -> NodeUnavailable:
    """What an answer without JSON means, by its HTTP status."""
    if status == http.HTTPStatus.UNAUTHORIZED:
        return NodeUnavailable(NodeState.UNAUTHORIZED, f"the node at {node.host} refuses our credentials")
    if status == http.HTTPStatus.FORBIDDEN:
        return NodeUnavailable(NodeState.UNAUTHORIZED, f"the node at {node.host} takes no calls from this machine")
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        return NodeUnavailable(NodeState.BUSY, f"the node at {node.host} has too much to do")
    return NodeUnavailable(
        NodeState.UNREACHABLE, f"what answers at {node.host} is no Bitcoin node (HTTP {status or 'nothing'})"
    )


def _result(answer: dict[str, Any]) -> Any | RpcError:
    error = answer.get("error")
    if not error:
        return answer["result"]
    trouble = typed(error["code"], error["message"])
    if isinstance(trouble, NodeUnavailable):
        raise trouble
    return trouble
