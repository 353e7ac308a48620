"""The node's RPC: the one home of python-bitcoinrpc, wrapped so that a connection that fails or idles is replaced.

A bare proxy is dead for good after 30 s idle, a time-out or a refusal, may not be shared between threads, and sends
batches that current nodes do not answer as it expects. Here each thread has a connection of its own and every answer is
typed. That the node is down, warming up or of another chain is NodeUnavailable with a named state; a transaction that
vanished is None.
"""

import base64
import http.client
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bitcoinrpc.authproxy import AuthServiceProxy, JSONRPCException

from app.chain.rpc_connection import TIMEOUT_SECONDS, NodeConnection
from app.clock import from_unix
from app.domain.chain import BlockHeader, Outpoint
from app.errors import NodeUnavailable

MISC_ERROR = -1
NOT_FOUND = -5
OUT_OF_RANGE = -8
VERIFY_ERROR = -25
ALREADY_IN_CHAIN = -27
WARMING_UP = -28
NO_ANSWER = (-342, -343)  # python-bitcoinrpc's own: what came back was no JSON, or held no result
SATS_PER_VBYTE = 100_000  # in one coin per 1,000 vbytes
ANY_FEE = 0  # lifts sendrawtransaction's limit: the fee is the payer's affair
ANY_BURN = 21_000_000

T = TypeVar("T")


@dataclass(frozen=True)
class MempoolEntry:
    """`since`: when the node accepted the transaction. `has_parents`: some of what it spends is unconfirmed."""

    since: datetime
    has_parents: bool


class RpcError(Exception):
    """The node refused a call: its code and message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message


class Rpc:
    """Typed calls to one node at `url`, with its cookie or with user and password. Thread-safe.

    Every method raises NodeUnavailable when there is no answer to be had, RpcError when the node refuses the call.
    """

    def __init__(
        self, url: str, cookie: Path | None = None, user: str | None = None, password: str | None = None
    ) -> None:
        self._url = urlsplit(url)
        self._cookie = cookie
        self._login = f"{user or ''}:{password or ''}"
        self._local = threading.local()

    # calls

    def call(self, method: str, *params: object) -> Any:
        """The result of one call; amounts are Decimal."""
        try:
            return self._ask(lambda proxy: getattr(proxy, method)(*params))
        except JSONRPCException as error:
            raise _typed(error.code or 0, error.message or "") from None

    def batch(self, method: str, params: Sequence[Sequence[object]]) -> list[Any | RpcError]:
        """One round trip for many calls; each answer, in order, is a result or an RpcError."""
        if not params:
            return []
        calls = [{"version": "1.1", "id": n, "method": method, "params": list(p)} for n, p in enumerate(params)]
        answers = self._ask(lambda _: self._post(json.dumps(calls)))
        if not isinstance(answers, list):
            raise NodeUnavailable("unreachable", f"the node at {self._url.netloc} does not answer batches")
        return [_result(answer) for answer in sorted(answers, key=lambda answer: int(answer["id"]))]

    # the chain

    def blockchain_info(self) -> dict[str, Any]:
        """getblockchaininfo: chain, blocks, headers, initialblockdownload, pruned, …"""
        info: dict[str, Any] = self.call("getblockchaininfo")
        return info

    def best_block_hash(self) -> str:
        """The tip of the active chain."""
        return str(self.call("getbestblockhash"))

    def block_hash(self, height: int) -> str | None:
        """The hash at `height` in the active chain; None above the tip."""
        found = self._or_none("getblockhash", height, missing=OUT_OF_RANGE)
        return None if found is None else str(found)

    def active_header(self, block_hash: str) -> BlockHeader | None:
        """A header of the active chain; None if the node does not know it or follows another branch."""
        found = self._or_none("getblockheader", block_hash)
        if found is None or found["confirmations"] < 0:
            return None
        return BlockHeader(
            hash=found["hash"],
            prev_hash=found.get("previousblockhash", ""),
            height=found["height"],
            time=from_unix(found["time"]),
            median_time=from_unix(found["mediantime"]),
        )

    def block(self, block_hash: str) -> bytes:
        """A serialised block. NodeUnavailable("pruned") when the node has thrown it away."""
        try:
            return bytes.fromhex(self.call("getblock", block_hash, 0))
        except RpcError as error:
            if error.code != MISC_ERROR:
                raise
            state = "pruned" if "pruned" in error.message else "syncing"
            raise NodeUnavailable(state, f"the node has no block {block_hash}: {error.message}") from None

    # the mempool

    def mempool(self) -> list[str]:
        """The txids of the mempool."""
        return list(self.call("getrawmempool"))

    def mempool_is_loaded(self) -> bool:
        """False while the node still reads the mempool that it saved when it stopped."""
        return bool(self.call("getmempoolinfo")["loaded"])

    def mempool_entry(self, txid: str) -> MempoolEntry | None:
        """A transaction's place in the mempool; None if it has none."""
        entry = self._or_none("getmempoolentry", txid)
        return None if entry is None else MempoolEntry(from_unix(entry["time"]), entry["ancestorcount"] > 1)

    def mempool_parents(self, txid: str) -> list[str]:
        """The unconfirmed transactions that this one stands on, in all generations; none if it left the mempool."""
        return list(self._or_none("getmempoolancestors", txid) or [])

    def raw_transactions(self, txids: Sequence[str]) -> list[bytes | None]:
        """The bytes of mempool transactions; None for those that vanished."""
        answers = self.batch("getrawtransaction", [[txid] for txid in txids])
        return [_bytes_or_none(answer) for answer in answers]

    def mempool_spenders(self, outpoints: Sequence[Outpoint]) -> dict[Outpoint, str]:
        """Which mempool transaction spends each outpoint, where one does."""
        asked = [{"txid": outpoint.txid, "vout": outpoint.vout} for outpoint in outpoints]
        answers = self.call("gettxspendingprevout", asked) if asked else []
        return {Outpoint(a["txid"], a["vout"]): a["spendingtxid"] for a in answers if "spendingtxid" in a}

    def is_unspent(self, outpoint: Outpoint, *, with_mempool: bool) -> bool:
        """Does the outpoint exist unspent, in the chain or (with_mempool) made by the mempool?"""
        return self.call("gettxout", outpoint.txid, outpoint.vout, with_mempool) is not None

    def broadcast(self, raw: bytes) -> RpcError | None:
        """Offer a transaction again: None when the node has it now, else why it refuses."""
        try:
            self.call("sendrawtransaction", raw.hex(), ANY_FEE, ANY_BURN)
        except RpcError as error:
            return error
        return None

    def fee_rate_sat_per_vbyte(self, blocks: int = 1) -> int | None:
        """The node's estimate for confirmation within `blocks`; None when it has none."""
        rate: Decimal | None = self.call("estimatesmartfee", max(blocks, 1)).get("feerate")
        return None if rate is None else int(rate * SATS_PER_VBYTE)

    # calls that take minutes

    def long_call(self, seconds: float, method: str, *params: object) -> Any:
        """The result of one call that may take so long, over a connection of its own."""
        connection = NodeConnection(self._url.hostname or "127.0.0.1", self._url.port or 8332, self._authorization)
        connection.timeout = seconds
        try:
            proxy = AuthServiceProxy("http://in:connection@node", timeout=seconds, connection=connection)
            return getattr(proxy, method)(*params)
        except JSONRPCException as error:
            if error.code in NO_ANSWER:
                raise _refusal(connection.status) from None
            raise _typed(error.code or 0, error.message or "") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NodeUnavailable("unreachable", f"the node hung up on {method}: {error}") from None
        finally:
            connection.close()

    # how

    def _or_none(self, method: str, *params: object, missing: int = NOT_FOUND) -> Any:
        try:
            return self.call(method, *params)
        except RpcError as error:
            if error.code == missing:
                return None
            raise

    def _ask(self, question: Callable[[AuthServiceProxy], T]) -> T:
        """Ask over this thread's connection; over a new one if it was an old one that had died.

        Every call here may be made twice, sendrawtransaction included.
        """
        connection, proxy = self._line()
        for may_be_stale in (connection.is_open, False):
            try:
                return question(proxy)
            except JSONRPCException as error:
                if error.code not in NO_ANSWER:
                    raise
                connection.close()
                trouble = _refusal(connection.status)
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                trouble = NodeUnavailable("unreachable", f"the node does not answer at {self._url.netloc}: {error}")
                if isinstance(error, TimeoutError):
                    break
            if not may_be_stale:
                break
        raise trouble

    def _line(self) -> tuple[NodeConnection, AuthServiceProxy]:
        if not hasattr(self._local, "line"):
            connection = NodeConnection(self._url.hostname or "127.0.0.1", self._url.port or 8332, self._authorization)
            # The proxy insists on credentials in its address; the connection replaces what it makes of them.
            proxy = AuthServiceProxy("http://in:connection@node", timeout=TIMEOUT_SECONDS, connection=connection)
            self._local.line = connection, proxy
        line: tuple[NodeConnection, AuthServiceProxy] = self._local.line
        return line

    def _post(self, body: str) -> Any:
        connection, _ = self._line()
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        if response.getheader("Content-Type") != "application/json":
            raise JSONRPCException({"code": NO_ANSWER[0], "message": f"HTTP {response.status}"})
        return json.loads(response.read(), parse_float=Decimal)

    def _authorization(self) -> str:
        login = self._login
        if self._cookie is not None:
            try:
                login = self._cookie.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise NodeUnavailable(
                    "unreachable", f"the node's cookie {self._cookie} cannot be read: {error.strerror}"
                ) from None
        return "Basic " + base64.b64encode(login.encode()).decode("ascii")


def _refusal(status: int) -> NodeUnavailable:
    """What an answer without JSON means, by its HTTP status."""
    if status == http.HTTPStatus.UNAUTHORIZED:
        return NodeUnavailable(
            "unauthorized", "the node refuses our credentials; check SATTLE_NODE_COOKIE, or user and password"
        )
    if status == http.HTTPStatus.FORBIDDEN:
        return NodeUnavailable("unauthorized", "the node takes no calls from this machine; check its rpcallowip")
    if status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        return NodeUnavailable("busy", "the node has too much to do; check its rpcworkqueue")
    return NodeUnavailable("unreachable", f"what answers is no Bitcoin node (HTTP {status or 'nothing'})")


def _typed(code: int, message: str) -> NodeUnavailable | RpcError:
    if code == WARMING_UP:
        return NodeUnavailable("warming_up", f"the node is starting: {message}")
    return RpcError(code, message)


def _result(answer: Mapping[str, Any]) -> Any | RpcError:
    error = answer.get("error")
    if not error:
        return answer["result"]
    typed = _typed(error["code"], error["message"])
    if isinstance(typed, NodeUnavailable):
        raise typed
    return typed


def _bytes_or_none(answer: Any | RpcError) -> bytes | None:
    if not isinstance(answer, RpcError):
        return bytes.fromhex(answer)
    if answer.code == NOT_FOUND:
        return None
    raise answer
