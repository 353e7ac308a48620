"""The node's RPC in typed calls. That the node is down, warming up or of another chain is NodeUnavailable with a named
state; a transaction that vanished is None. Where several nodes are given, one is asked until it fails us.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import quote

from app.chain.rpc_line import Line, NodeAddress, RpcError
from app.clock import from_unix
from app.domain.chain import BlockHeader, Outpoint
from app.domain.node_state import NodeState
from app.errors import NodeUnavailable

MISC_ERROR = -1
NOT_FOUND = -5
OUT_OF_RANGE = -8
VERIFY_ERROR = -25
ALREADY_IN_CHAIN = -27
SATS_PER_VBYTE = 100_000  # in one coin per 1,000 vbytes
SATS_PER_COIN = 100_000_000
ANY_FEE = 0  # lifts sendrawtransaction's limit: the fee is the payer's affair
ANY_BURN = 21_000_000

T = TypeVar("T")


@dataclass(frozen=True)
class MempoolEntry:
    """`since`: when the node accepted the transaction. `has_parents`: some of what it spends is unconfirmed."""

    since: datetime
    has_parents: bool


@dataclass(frozen=True)
class MempoolInfo:
    """How many transactions, their virtual bytes and fees together.

    `is_loaded` is False while the node still reads the mempool that it saved when it stopped.
    """

    size: int
    vbytes: int
    fees: Decimal
    is_loaded: bool


@dataclass(frozen=True)
class Unspent:
    """An output that nobody has spent."""

    value_sats: int
    script_pubkey: bytes


class Rpc:
    """Calls to the first of `nodes` that answers, which stays in use until it fails. Thread-safe.

    Every method raises NodeUnavailable when there is no answer to be had, RpcError when the node refuses the call.
    """

    def __init__(self, *nodes: NodeAddress) -> None:
        self._nodes = nodes
        self._local = threading.local()
        self.active = 0  # which of the nodes is in use

    # calls

    def call(self, method: str, *params: object) -> Any:
        """The result of one call; amounts are Decimal."""
        return self._ask(lambda line: line.call(method, params))

    def batch(self, method: str, params: Sequence[Sequence[object]]) -> list[Any | RpcError]:
        """One round trip for many calls; each answer, in order, is a result or an RpcError."""
        if not params:
            return []
        return self._ask(lambda line: line.batch(method, [list(each) for each in params]))

    @property
    def connection(self) -> tuple[int, int]:
        """Changes when another node, or the same one over a new connection, answers this thread."""
        return self.active, self._line(self.active).connects

    def move_on(self) -> None:
        """The node in use is of no use now: the next call goes to the next one."""
        self.active = (self.active + 1) % len(self._nodes)

    def clock_ahead(self, now: Callable[[], datetime]) -> timedelta:
        """How far the clock of the node's machine runs ahead of ours, `now`.

        Only getnettotals tells that time, in milliseconds; the answer was under way for half the call.
        """
        asked = now()
        told = from_unix(0) + timedelta(milliseconds=int(self.call("getnettotals")["timemillis"]))
        return told - (asked + (now() - asked) / 2)

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

    def block_hashes(self, first: int, count: int) -> list[str]:
        """The hashes from height `first` on, as far as the active chain goes."""
        answers = self.batch("getblockhash", [[height] for height in range(first, first + count)])
        return [str(answer) for answer in answers if not isinstance(answer, RpcError)]

    def active_header(self, block_hash: str) -> BlockHeader | None:
        """A header of the active chain; None if the node does not know it or follows another branch."""
        return self.active_headers([block_hash])[0]

    def active_headers(self, hashes: Sequence[str]) -> list[BlockHeader | None]:
        """The same for many, in one round trip."""
        answers = self.batch("getblockheader", [[block_hash] for block_hash in hashes])
        return [_header(_result_or_none(answer)) for answer in answers]

    def blocks(self, hashes: Sequence[str]) -> list[bytes]:
        """Serialised blocks. NodeUnavailable(HISTORY_LOST) when the node has thrown one away."""
        return [_block(answer) for answer in self.batch("getblock", [[block_hash, 0] for block_hash in hashes])]

    def kept_block(self, block_hash: str) -> bytes | None:
        """A serialised block of any branch; None if the node does not have it (any more)."""
        answer = self.batch("getblock", [[block_hash, 0]])[0]
        if isinstance(answer, RpcError) and answer.code in (NOT_FOUND, MISC_ERROR):
            return None
        return _block(answer)

    def unspent(self, outpoints: Sequence[Outpoint]) -> list[Unspent | None]:
        """gettxout, mempool included: what each output holds, None where it is spent or never was."""
        answers = self.batch("gettxout", [[outpoint.txid, outpoint.vout, True] for outpoint in outpoints])
        return [_unspent(_result_or_none(answer)) for answer in answers]

    # the mempool

    def mempool(self) -> tuple[list[str], int]:
        """The txids of the mempool, and the number of the *next* event of the `sequence` announcements (B4)."""
        answer = self.call("getrawmempool", False, True)
        return list(answer["txids"]), int(answer["mempool_sequence"])

    def mempool_info(self) -> MempoolInfo:
        """getmempoolinfo: what a look at the mempool costs at least."""
        info = self.call("getmempoolinfo")
        return MempoolInfo(int(info["size"]), int(info["bytes"]), Decimal(info["total_fee"]), bool(info["loaded"]))

    def mempool_entries(self, txids: Sequence[str]) -> list[MempoolEntry | None]:
        """The places of transactions in the mempool, in one round trip; None for those that have none."""
        answers = self.batch("getmempoolentry", [[txid] for txid in txids])
        return [_entry(_result_or_none(answer)) for answer in answers]

    def mempool_parents(self, txid: str) -> list[str]:
        """The unconfirmed transactions that this one stands on, in all generations; none if it left the mempool."""
        return list(self._or_none("getmempoolancestors", txid) or [])

    def raw_transactions(self, txids: Sequence[str]) -> list[bytes | None]:
        """The bytes of mempool transactions; None for those that vanished."""
        answers = self.batch("getrawtransaction", [[txid] for txid in txids])
        found = [_result_or_none(answer) for answer in answers]
        return [None if raw is None else bytes.fromhex(raw) for raw in found]

    def mempool_spenders(self, outpoints: Sequence[Outpoint]) -> dict[Outpoint, str]:
        """Which mempool transaction spends each outpoint, where one does."""
        asked = [{"txid": outpoint.txid, "vout": outpoint.vout} for outpoint in outpoints]
        answers = self.call("gettxspendingprevout", asked) if asked else []
        return {Outpoint(a["txid"], a["vout"]): a["spendingtxid"] for a in answers if "spendingtxid" in a}

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

    def long_call(self, seconds: float, method: str, *params: object) -> Any:
        """The result of one call that may take so long, over a connection of its own."""
        with closing(Line(self._nodes[self.active], seconds)) as line:
            return line.call(method, params)

    def wallet_call(self, wallet: str, method: str, *params: object) -> Any:
        """The result of a call to one of the node's wallets, over a connection of its own: the rare case."""
        with closing(Line(self._nodes[self.active], path=f"/wallet/{quote(wallet, safe='')}")) as line:
            return line.call(method, params)

    # how

    def _or_none(self, method: str, *params: object, missing: int = NOT_FOUND) -> Any:
        try:
            return self.call(method, *params)
        except RpcError as error:
            if error.code == missing:
                return None
            raise

    def _ask(self, question: Callable[[Line], T]) -> T:
        """Ask the node in use; if it fails us, the others in turn. What the first one said is raised if all fail."""
        first = self.active
        troubles: list[NodeUnavailable] = []
        for step in range(len(self._nodes)):
            index = (first + step) % len(self._nodes)
            try:
                answer = question(self._line(index))
            except NodeUnavailable as trouble:
                troubles.append(trouble)
            else:
                self.active = index
                return answer
        raise troubles[0]

    def _line(self, index: int) -> Line:
        """This thread's line to a node."""
        lines: dict[int, Line] | None = getattr(self._local, "lines", None)
        if lines is None:
            lines = self._local.lines = {}
        if index not in lines:
            lines[index] = Line(self._nodes[index])
        return lines[index]


def _result_or_none(answer: Any | RpcError) -> Any:
    """One answer of a batch; None when the node does not know what was asked about."""
    if not isinstance(answer, RpcError):
        return answer
    if answer.code == NOT_FOUND:
        return None
    raise answer


def _block(answer: Any | RpcError) -> bytes:
    if not isinstance(answer, RpcError):
        return bytes.fromhex(answer)
    if answer.code != MISC_ERROR:
        raise answer
    state = NodeState.HISTORY_LOST if "pruned" in answer.message else NodeState.SYNCING
    raise NodeUnavailable(state, f"the node has not all blocks: {answer.message}")


def _header(found: dict[str, Any] | None) -> BlockHeader | None:
    if found is None or found["confirmations"] < 0:
        return None
    return BlockHeader(
        hash=found["hash"],
        prev_hash=found.get("previousblockhash", ""),
        height=found["height"],
        time=from_unix(found["time"]),
        median_time=from_unix(found["mediantime"]),
    )


def _entry(found: dict[str, Any] | None) -> MempoolEntry | None:
    return None if found is None else MempoolEntry(from_unix(found["time"]), found["ancestorcount"] > 1)


def _unspent(found: dict[str, Any] | None) -> Unspent | None:
    if found is None:
        return None
    return Unspent(int(found["value"] * SATS_PER_COIN), bytes.fromhex(found["scriptPubKey"]["hex"]))
