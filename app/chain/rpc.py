"""The node's RPC: the one home of python-bitcoinrpc, wrapped so that a connection that fails or idles is replaced.

A bare proxy is dead for good after 30 s idle, a time-out or a refusal, and may not be shared between threads. Here each
thread has its own, the cookie is read at each connection, and every answer is typed. That the node is warming up,
unreachable or of another chain is NodeUnavailable with a named state; a transaction that vanished is None.
"""

import http.client
import json
import threading
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bitcoinrpc.authproxy import AuthServiceProxy, JSONRPCException

from app.clock import Clock, from_unix
from app.domain.chain import BlockHeader, Outpoint
from app.errors import NodeUnavailable

IDLE_SECONDS = 20  # the node closes a connection after 30
TIMEOUT_SECONDS = 30
NOT_FOUND = -5
VERIFY_ERROR = -25
VERIFY_REJECTED = -26
ALREADY_IN_CHAIN = -27
WARMING_UP = -28


class RpcError(Exception):
    """The node refused a call: its code and message."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} (code {code})")
        self.code = code
        self.message = message


class _Connection(http.client.HTTPConnection):
    """A connection that starts afresh after idling and after any failure."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)
        self._last_used = Clock.monotonic()

    def request(self, *args: Any, **kwargs: Any) -> None:
        if Clock.monotonic() - self._last_used > IDLE_SECONDS:
            self.close()
        try:
            super().request(*args, **kwargs)
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def getresponse(self) -> http.client.HTTPResponse:
        try:
            response = super().getresponse()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        self._last_used = Clock.monotonic()
        return response


class Rpc:
    """Typed calls to one node. Thread-safe: a proxy per thread."""

    def __init__(
        self, url: str, cookie: Path | None = None, user: str | None = None, password: str | None = None
    ) -> None:
        self._url = urlsplit(url)
        self._cookie = cookie
        self._login = (user or "", password or "")
        self._local = threading.local()

    # calls

    def call(self, method: str, *params: object) -> Any:
        """The result of one call. Raises RpcError, or NodeUnavailable when there is no answer to be had."""
        try:
            return getattr(self._proxy(), method)(*params)
        except JSONRPCException as error:
            self._drop_if_refused(error)
            raise _typed(error) from None
        except (OSError, http.client.HTTPException, json.JSONDecodeError) as error:
            self._local.proxy = None
            raise NodeUnavailable("unreachable", f"the node does not answer at {self._url.netloc}: {error}") from None

    def batch(self, method: str, params: Sequence[Sequence[object]]) -> list[Any | RpcError]:
        """One round trip for many calls; each answer is a result or an RpcError."""
        if not params:
            return []
        calls = [{"version": "1.1", "id": n, "method": method, "params": list(p)} for n, p in enumerate(params)]
        try:
            answers = self._proxy()._batch(calls)
        except (OSError, http.client.HTTPException) as error:
            self._local.proxy = None
            raise NodeUnavailable("unreachable", f"the node does not answer: {error}") from None
        return [_result(answer) for answer in answers]

    def blockchain_info(self) -> dict[str, Any]:
        """getblockchaininfo: chain, blocks, headers, initialblockdownload, pruned, …"""
        info: dict[str, Any] = self.call("getblockchaininfo")
        return info

    def block_hash(self, height: int) -> str | None:
        """The hash at `height` in the active chain; None above the tip."""
        found = self._or_none("getblockhash", height, missing=-8)
        return None if found is None else str(found)

    def best_block_hash(self) -> str:
        return str(self.call("getbestblockhash"))

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
        return bytes.fromhex(self.call("getblock", block_hash, 0))

    def mempool(self) -> list[str]:
        return list(self.call("getrawmempool"))

    def mempool_is_loaded(self) -> bool:
        return bool(self.call("getmempoolinfo")["loaded"])

    def mempool_time(self, txid: str) -> datetime | None:
        """When the node accepted the transaction; None if it is not in the mempool."""
        entry = self._or_none("getmempoolentry", txid)
        return None if entry is None else from_unix(entry["time"])

    def raw_transactions(self, txids: Sequence[str]) -> list[bytes | None]:
        """The bytes of mempool transactions; None for those that vanished."""
        answers = self.batch("getrawtransaction", [[txid] for txid in txids])
        return [None if isinstance(answer, RpcError) else bytes.fromhex(answer) for answer in answers]

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
            self.call("sendrawtransaction", raw.hex())
        except RpcError as error:
            return error
        return None

    def fee_rate_sat_per_vbyte(self, blocks: int = 1) -> int | None:
        """The node's estimate for confirmation within `blocks`; None when it has none."""
        rate: Decimal | None = self.call("estimatesmartfee", max(blocks, 1)).get("feerate")
        return None if rate is None else int(rate * 100_000)

    # how

    def _or_none(self, method: str, *params: object, missing: int = NOT_FOUND) -> Any:
        try:
            return self.call(method, *params)
        except RpcError as error:
            if error.code == missing:
                return None
            raise

    def _proxy(self) -> Any:
        proxy = getattr(self._local, "proxy", None)
        if proxy is None:
            host, port = self._url.hostname or "127.0.0.1", self._url.port or 8332
            user, password = self._credentials()
            address = f"http://{quote(user, safe='')}:{password}@{host}:{port}"
            proxy = AuthServiceProxy(address, connection=_Connection(host, port))
            self._local.proxy = proxy
        return proxy

    def _credentials(self) -> tuple[str, str]:
        if self._cookie is None:
            return self._login
        try:
            user, _, password = self._cookie.read_text(encoding="ascii").strip().partition(":")
        except OSError as error:
            raise NodeUnavailable("unreachable", f"the node's cookie cannot be read: {error.strerror}") from None
        return user, password

    def _drop_if_refused(self, error: JSONRPCException) -> None:
        if error.code in (None, -342, -343, -344):
            self._local.proxy = None


def _typed(error: JSONRPCException) -> Exception:
    code, message = error.code or 0, error.message or str(error)
    if code == WARMING_UP:
        return NodeUnavailable("warming_up", f"the node is starting: {message}")
    if code == -342:
        return NodeUnavailable("refused", "the node refuses our user and password; check SATTLE_NODE_COOKIE")
    if code in (-343, -344):
        return NodeUnavailable("unreachable", f"the node gave no answer: {message}")
    return RpcError(code, message)


def _result(answer: dict[str, Any]) -> Any | RpcError:
    error = answer.get("error")
    return RpcError(error["code"], error["message"]) if error else answer["result"]
